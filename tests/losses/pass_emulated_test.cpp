// The code of the CUDA pass, run on the CPU a thread for a thread, against the composition in double precision: the logic of ring,
// counts, sums and gradients. What a GPU adds (its arithmetic, its memory, its speed) is tests/losses/pass_gpu_test.cu.
#include "../emulation/cuda_emulation.hpp"

#include <rts/losses/pass.cuh>

#include <rts/losses/cuda_arguments.hpp>
#include <rts/losses/pass_of.hpp>

#include <ATen/ATen.h>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;
using losses::Term;

namespace {

constexpr double emulated_tolerance = 2e-5, bf16_tolerance = 4e-3, fp16_tolerance = 1e-3;

template <class L, class Boundary>
void compare(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, double tolerance) {
  const losses::PassNumbers n = losses::numbers_of<L, Boundary>(std::vector<double>(static_cast<std::size_t>(logits.size(1) == 1 ? 2 : logits.size(1)), 1.5));
  losses::PassResult got{at::empty({}, at::kFloat), at::full_like(logits, std::nan(""))};
  const losses::PassContext context{.loss_scale = at::full({}, 2.0f), .accumulation = 4};
  kernels::CudaPass p = losses::cuda_arguments(logits, labels, valid, n, context, got);
  const at::Tensor memory = at::zeros({static_cast<std::int64_t>(kernels::device::Workspace::bytes(p))}, at::kByte);
  p.workspace = memory.mutable_data_ptr();
  using S = typename L::pointwise;
  constexpr bool R = L::regions;
  using kernels::LogitType;
  const auto body = [&]<LogitType T>() {
    if (p.planes == 1) emulation::run_block([&] { kernels::device::one_launch<S, R, false, T>(p); });
    else emulation::run_block([&] { kernels::device::one_launch<S, R, true, T>(p); });
  };
  if (p.type == LogitType::fp32) body.template operator()<LogitType::fp32>();
  else if (p.type == LogitType::fp16) body.template operator()<LogitType::fp16>();
  else body.template operator()<LogitType::bf16>();
  const losses::PassResult want = losses::composed_pass(logits.to(at::kDouble), labels, valid, n, {.loss_scale = at::full({}, 2.0), .accumulation = 4});
  INFO(c10::str(std::string(L::name), " ", std::string(Boundary::name), " ", logits.sizes(), " ", logits.scalar_type()));
  CHECK(got.value.item<double>() == doctest::Approx(want.value.item<double>()).epsilon(emulated_tolerance));
  CHECK((got.gradient.to(at::kDouble) - want.gradient).abs().max().item<double>() <= tolerance * want.gradient.abs().max().item<double>() + (logits.scalar_type() == at::kHalf ? 6e-8 : 0));
}

template <class L>
void settings(std::int64_t channels) {
  const std::int64_t classes = channels == 1 ? 2 : channels, h = 96, w = 64;
  const at::Tensor smooth = at::avg_pool2d(at::rand({2, 1, h, w}), {5, 5}, {1, 1}, {2, 2}).squeeze(1);
  at::Tensor labels = ((smooth - 0.3) * 2.5 * static_cast<double>(classes)).floor().clamp(0, classes - 1).to(at::kByte);
  labels.masked_fill_(at::rand(labels.sizes()).lt(0.02), 255);
  const at::Tensor valid = at::rand(labels.sizes()).gt(0.04).to(at::kByte), logits = at::randn({2, channels, h, w}) * 3;
  compare<L, boundary::None>(logits, labels, valid, emulated_tolerance);
  compare<L, boundary::Ignore<{.width = 3}>>(logits, labels, valid, emulated_tolerance);
  compare<L, boundary::Ignore<{.width = 1, .metric = boundary::Metric::chessboard, .side = boundary::Side::inside}>>(logits, labels, valid, emulated_tolerance);
  compare<L, boundary::Ignore<{.width = 7, .side = boundary::Side::outside}>>(logits.to(at::kBFloat16), labels, valid, bf16_tolerance);
  compare<L, boundary::Ignore<{.width = 2}>>(logits.to(at::kHalf), labels, valid, fp16_tolerance);
}

}  // namespace

TEST_CASE("one logit") {
  at::manual_seed(31);
  settings<losses::Focal<>>(1);
  settings<losses::Focal<{.gamma = 1.5, .alpha = 0.6}>>(1);
  settings<losses::BinaryCrossEntropy<{.weights = losses::ClassWeights::linear}>>(1);
  settings<losses::Tversky<>>(1);
  settings<losses::Sum<Term<1.0, losses::Focal<>>, Term<0.5, losses::Dice<{.per = losses::Per::batch}>>, Term<0.3, losses::FocalTversky<>>>>(1);
}
TEST_CASE("several classes") {
  at::manual_seed(32);
  for (const std::int64_t classes : {2, 5}) {
    settings<losses::Focal<>>(classes);
    settings<losses::CrossEntropy<{.weights = losses::ClassWeights::inverse_frequency}>>(classes);
    settings<losses::Tversky<>>(classes);
    settings<losses::Sum<Term<1.0, losses::Focal<>>, Term<0.5, losses::Dice<{.per = losses::Per::batch}>>, Term<0.3, losses::FocalTversky<>>>>(classes);
  }
}
