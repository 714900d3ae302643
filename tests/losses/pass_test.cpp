// The fused pass against the composition in double precision, for every policy, dtype, target, boundary and number of classes;
// its bits over threads, layouts and runs; what it keeps for backward; and what it says to bad input.
#include <rts/core/error.hpp>
#include <rts/losses/pass_of.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/Allocator.h>
#include <c10/core/GradMode.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>

#undef CHECK  // torch has a macro of this name
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;
using losses::Term;

namespace {

// pass_tolerance: of the value, relative; of the gradient, relative to its largest element. Stored bf16 and fp16 gradients round.
constexpr double value_tolerance = 2e-5, gradient_tolerance = 2e-5, bf16_tolerance = 4e-3, fp16_tolerance = 1e-3;

struct Case {
  at::Tensor logits, labels, valid;
};

Case random_case(std::int64_t images, std::int64_t channels, std::int64_t h, std::int64_t w, double spread = 4) {
  Case c;
  const std::int64_t classes = channels == 1 ? 2 : channels;
  c.logits = at::randn({images, channels, h, w}) * spread;
  const at::Tensor smooth = at::avg_pool2d(at::rand({images, 1, h, w}), {5, 5}, {1, 1}, {2, 2}).squeeze(1);
  c.labels = ((smooth - 0.3) * 2.5 * static_cast<double>(classes)).floor().clamp(0, classes - 1).to(at::kByte);
  c.labels.masked_fill_(at::rand(c.labels.sizes()).lt(0.03), 255);
  c.valid = at::rand(c.labels.sizes()).gt(0.05).to(at::kByte);
  return c;
}

struct Deviation {
  double value, gradient;
};
Deviation deviation(const losses::PassResult& got, const losses::PassResult& want) {
  const double v = want.value.item<double>(), g = want.gradient.abs().max().item<double>();
  return {std::abs(got.value.item<double>() - v) / std::max(1e-12, std::abs(v)), (got.gradient.to(at::kDouble) - want.gradient).abs().max().item<double>() / std::max(1e-30, g)};
}

std::vector<double> weights_for(std::int64_t channels) {
  std::vector<double> w;
  for (std::int64_t c = 0; c < (channels == 1 ? 2 : channels); ++c) w.push_back(0.3 + 0.7 * static_cast<double>(c));
  return w;
}

template <class L, class Boundary, class Targets>
void compare(const Case& c, at::ScalarType type, double value_bound, double gradient_bound) {
  const losses::PassNumbers n = losses::numbers_of<L, Boundary, Targets>(weights_for(c.logits.size(1)));
  const at::Tensor logits = c.logits.to(type);
  const losses::PassResult got = losses::pass<L>(logits, c.labels, c.valid, n);
  const losses::PassResult want = losses::composed_pass(logits.to(at::kDouble), c.labels, c.valid, n, {});
  const Deviation d = deviation(got, want);
  INFO(c10::str(std::string(L::name), " ", std::string(Boundary::name), " ", std::string(Targets::name), " ", c.logits.sizes(), " ", c10::toString(type), ": value off by ", d.value, ", gradient by ", d.gradient));
  CHECK((got.gradient.scalar_type() == type));
  CHECK(d.value <= value_bound);
  CHECK(d.gradient <= gradient_bound);
}

template <class L, class Boundary = boundary::None, class Targets = targets::Hard>
void everywhere() {
  for (const std::int64_t channels : {1, 2, 5, 10}) {
    if (channels == 1 ? !L::binary : !L::multi_class) continue;
    for (const auto& [h, w] : {std::pair<std::int64_t, std::int64_t>{37, 53}, {32, 64}}) {
      const Case c = random_case(2, channels, h, w);
      compare<L, Boundary, Targets>(c, at::kFloat, value_tolerance, gradient_tolerance);
      compare<L, Boundary, Targets>(c, at::kBFloat16, value_tolerance, bf16_tolerance);
      compare<L, Boundary, Targets>(c, at::kHalf, value_tolerance, fp16_tolerance);
    }
  }
}
template <class L>
void every_setting() {
  everywhere<L>();
  everywhere<L, boundary::Ignore<{.width = 2}>>();
  everywhere<L, boundary::Weight<{.width = 4, .at_border = 0.2}>>();
  everywhere<L, boundary::None, targets::Gaussian<{.sigma = 1.2}>>();
  everywhere<L, boundary::Ignore<{.width = 1}>, targets::DistanceSoft<{.width = 3}>>();
  everywhere<L, boundary::Weight<{.width = 3, .at_border = 2, .metric = boundary::Metric::chessboard}>, targets::Smoothed<{.epsilon = 0.1}>>();
}

using FocalDice = losses::Sum<Term<1.0, losses::Focal<>>, Term<0.5, losses::Dice<>>>;
using Mixed = losses::Sum<Term<0.7, losses::Focal<{.gamma = 1.5, .alpha = 0.6}>>, Term<0.4, losses::BalancedFocal<{.gamma = 0}>>, Term<1.5, losses::Tversky<{.per = losses::Per::batch}>>, Term<0.2, losses::FocalTversky<>>>;

/// The instruction sets this machine has.
std::vector<kernels::Isa> sets() {
  std::vector<kernels::Isa> all{kernels::Isa::baseline};
  if (kernels::best_isa() != kernels::Isa::baseline) all.push_back(kernels::Isa::avx2);
  if (kernels::best_isa() == kernels::Isa::avx512) all.push_back(kernels::Isa::avx512);
  return all;
}

}  // namespace

TEST_CASE("focal") {
  at::manual_seed(11);
  every_setting<losses::Focal<{.gamma = 0, .alpha = 0.25}>>();
  every_setting<losses::Focal<{.gamma = 1, .alpha = 0.4}>>();
  every_setting<losses::Focal<{.gamma = 2, .alpha = 0.25}>>();
  every_setting<losses::Focal<{.gamma = 3, .alpha = 0.75}>>();
  every_setting<losses::Focal<{.gamma = 0.5, .alpha = 0.25}>>();
  every_setting<losses::Focal<{.gamma = 5, .alpha = 0.5}>>();
}
TEST_CASE("cross entropy and class weights") {
  at::manual_seed(12);
  every_setting<losses::CrossEntropy<>>();
  every_setting<losses::CrossEntropy<{.weights = losses::ClassWeights::inverse_frequency}>>();
  every_setting<losses::BinaryCrossEntropy<>>();
  every_setting<losses::BinaryCrossEntropy<{.weights = losses::ClassWeights::square_root}>>();
  every_setting<losses::BalancedFocal<>>();
}
TEST_CASE("region losses") {
  at::manual_seed(13);
  every_setting<losses::Tversky<>>();
  every_setting<losses::Tversky<{.alpha = 0.7, .beta = 0.3, .epsilon = 0, .per = losses::Per::batch}>>();
  every_setting<losses::Dice<>>();
  every_setting<losses::FocalTversky<>>();
  every_setting<losses::FocalTversky<{.gamma = 1.5, .per = losses::Per::batch}>>();
}
TEST_CASE("sums") {
  at::manual_seed(14);
  every_setting<FocalDice>();
  every_setting<Mixed>();
}
TEST_CASE("Lovasz against its definition") {
  at::manual_seed(15);
  const Case c = random_case(1, 1, 9, 11);
  const auto n = losses::numbers_of<losses::Lovasz>();
  const losses::PassResult got = losses::pass<losses::Lovasz>(c.logits.to(at::kDouble), c.labels, c.valid, n);
  std::vector<std::pair<double, bool>> errors;  // hinge error, truth
  for (std::int64_t i = 0; i < c.labels.numel(); ++i) {
    const int label = c.labels.flatten()[i].item<int>();
    if (label == 255 || c.valid.flatten()[i].item<int>() == 0) continue;
    errors.push_back({1 - c.logits.flatten()[i].item<double>() * (label == 1 ? 1 : -1), label == 1});
  }
  std::sort(errors.begin(), errors.end(), [](auto a, auto b) { return a.first > b.first; });
  double truths = 0, hits = 0, misses = 0, before = 0, want = 0;
  for (const auto& e : errors) truths += e.second;
  for (const auto& e : errors) {
    hits += e.second, misses += !e.second;
    const double jaccard = 1 - (truths - hits) / (truths + misses);
    want += std::max(0.0, e.first) * (jaccard - before);
    before = jaccard;
  }
  CHECK(got.value.item<double>() == doctest::Approx(want).epsilon(1e-9));
  const Case m = random_case(2, 4, 15, 13);
  CHECK(losses::pass<losses::Lovasz>(m.logits, m.labels, m.valid, n).gradient.isfinite().all().item<bool>());
}

TEST_CASE("the composition equals the formula written out") {
  at::manual_seed(16);
  const Case c = random_case(2, 1, 21, 17);
  const at::Tensor z = c.logits.to(at::kDouble).requires_grad_(true), y = c.labels.eq(1), known = c.valid.to(at::kBool) & c.labels.ne(255);
  const at::Tensor p = at::sigmoid(z.squeeze(1)), zero = at::zeros({}, at::kDouble);
  for (const double gamma : {0.0, 1.0, 2.0, 3.0, 0.5}) {
    losses::PassNumbers n{.loss = {.points = {{.formula = {static_cast<float>(gamma)}, .focal = true, .alpha = 0.3}}}};
    const at::Tensor pt = at::where(y, p, 1 - p), weight = at::where(y, at::full({}, 0.3, at::kDouble), at::full({}, 0.7, at::kDouble));
    const at::Tensor value = at::where(known, -weight * at::pow(1 - pt, gamma) * at::log(pt), zero).sum() / known.sum();
    const losses::PassResult want{value.detach(), torch::autograd::grad({value}, {z}, {}, true).front()};
    const Deviation d = deviation(losses::composed_pass(c.logits.to(at::kDouble), c.labels, c.valid, n, {}), want);
    CHECK(d.value < 1e-10);
    CHECK(d.gradient < 1e-10);
  }
  const at::Tensor w = known.to(at::kDouble), t = y.to(at::kDouble) * w;
  const at::Tensor tp = (p * t).sum({1, 2}), fn = ((1 - p) * t).sum({1, 2}), fp = (p * (w - t)).sum({1, 2});
  const at::Tensor value = (1 - (tp + 1) / (tp + 0.3 * fn + 0.7 * fp + 1)).mean();
  const losses::PassResult want{value.detach(), torch::autograd::grad({value}, {z}).front()};
  const Deviation d = deviation(losses::composed_pass(c.logits.to(at::kDouble), c.labels, c.valid, losses::numbers_of<losses::Tversky<>>(), {}), want);
  CHECK(d.value < 1e-10);
  CHECK(d.gradient < 1e-10);
}

TEST_CASE("torch's own losses agree") {
  at::manual_seed(17);
  const Case c = random_case(2, 5, 33, 31);
  const at::Tensor target = at::where(c.valid.to(at::kBool) & c.labels.ne(255), c.labels.to(at::kLong), at::full({}, -100, at::kLong));
  const auto w = weights_for(5);
  const at::Tensor z = c.logits.to(at::kDouble).requires_grad_(true);
  const at::Tensor value = at::cross_entropy_loss(z, target, at::tensor(w, at::kDouble), at::Reduction::Mean, -100);
  const losses::PassResult want{value.detach(), torch::autograd::grad({value}, {z}).front()};
  using L = losses::CrossEntropy<{.weights = losses::ClassWeights::inverse_frequency}>;
  const Deviation d = deviation(losses::pass<L>(c.logits, c.labels, c.valid, losses::numbers_of<L>(w)), want);
  CHECK(d.value < value_tolerance);
  CHECK(d.gradient < gradient_tolerance);
}

TEST_CASE("the same bits in three runs, with 1 and 2 threads, in three layouts; across instruction sets within the tolerance") {
  at::manual_seed(18);
  const int threads = at::get_num_threads();
  const auto same = [&]<class L>(L, std::int64_t channels) {
    const Case c = random_case(3, channels, 70, 130);
    const auto n = losses::numbers_of<L, boundary::Ignore<>>(weights_for(channels));
    const losses::PassResult first = losses::pass<L>(c.logits, c.labels, c.valid, n);
    const at::Tensor strided = at::empty({3, channels, 70, 140}).narrow(3, 4, 130).copy_(c.logits);
    for (const int k : {1, 2, 1}) {
      at::set_num_threads(k);
      for (const at::Tensor& z : {c.logits, c.logits.contiguous(at::MemoryFormat::ChannelsLast), strided}) {
        const losses::PassResult r = losses::pass<L>(z, c.labels, c.valid, n);
        CHECK(at::equal(r.value, first.value));
        CHECK(at::equal(r.gradient, first.gradient));
        CHECK(r.gradient.strides() == at::empty_like(z).strides());
      }
    }
    at::set_num_threads(threads);
    const losses::PassResult want = losses::composed_pass(c.logits.to(at::kDouble), c.labels, c.valid, n, {});
    for (const kernels::Isa isa : sets()) {
      kernels::active_isa() = isa;
      const Deviation d = deviation(losses::pass<L>(c.logits, c.labels, c.valid, n), want);
      CHECK(d.value < value_tolerance);
      CHECK(d.gradient < gradient_tolerance);
    }
    kernels::active_isa() = kernels::best_isa();
  };
  same(losses::Focal<>{}, 1);
  same(Mixed{}, 1);
  same(Mixed{}, 5);
}

TEST_CASE("an empty batch, nothing left, one class alone, extreme logits") {
  const auto focal = losses::numbers_of<losses::Focal<>>();
  const auto run = [&](const at::Tensor& z, const at::Tensor& y, const at::Tensor& v) {
    const auto a = losses::pass<losses::Focal<>>(z, y, v, focal);
    const auto b = losses::pass<FocalDice>(z, y, v, losses::numbers_of<FocalDice>());
    CHECK(b.gradient.isnan().any().item<bool>() == false);
    return std::pair{a, b};
  };
  const auto [empty, empty_sum] = run(at::empty({0, 1, 8, 8}), at::empty({0, 8, 8}, at::kByte), at::empty({0, 8, 8}, at::kByte));
  CHECK(empty.value.item<double>() == 0);
  CHECK(empty_sum.value.item<double>() == 0);
  const at::Tensor z = at::randn({2, 1, 40, 40}), ones = at::ones({2, 40, 40}, at::kByte);
  for (const at::Tensor& labels : {at::full({2, 40, 40}, 255, at::kByte), at::zeros({2, 40, 40}, at::kByte)}) {
    const auto [none, none_sum] = run(z, labels, labels.eq(255).to(at::kByte));
    CHECK(none.value.item<double>() == 0);
    CHECK(none.gradient.abs().sum().item<double>() == 0);
    CHECK(none_sum.value.item<double>() == 0);
    CHECK(none_sum.gradient.abs().sum().item<double>() == 0);
  }
  for (const int label : {0, 1}) {
    const at::Tensor labels = at::full({2, 40, 40}, label, at::kByte);
    const auto [got, sum] = run(z, labels, ones);
    CHECK(deviation(got, losses::composed_pass(z.to(at::kDouble), labels, ones, focal, {})).gradient < gradient_tolerance);
    CHECK(std::isfinite(sum.value.item<double>()));
  }
  // +-100: finite and exact; +-inf: the value says it, the gradient stays finite; NaN outside the mask stays outside
  const double inf = std::numeric_limits<double>::infinity();
  const at::Tensor far = at::tensor({-100.f, 100.f, -100.f, 100.f}).view({1, 1, 2, 2}), y = at::tensor({0, 0, 1, 1}, at::kByte).view({1, 2, 2}), v = at::ones({1, 2, 2}, at::kByte);
  const auto [f, fs] = run(far, y, v);
  CHECK(f.value.item<double>() == doctest::Approx((0.75 * 100 + 0.25 * 100) / 4));
  CHECK(f.gradient.isfinite().all().item<bool>());
  const auto [i, is] = run(far * inf, y, v);
  CHECK(i.value.item<double>() == inf);
  CHECK(i.gradient.flatten()[1].item<double>() == doctest::Approx(0.75 / 4));
  CHECK(i.gradient.flatten()[2].item<double>() == doctest::Approx(-0.25 / 4));
  CHECK(i.gradient.flatten()[0].item<double>() == 0);
  const at::Tensor hole = at::where(v.unsqueeze(1).eq(1), far, far).clone();
  hole.flatten()[0] = std::nan("");
  const at::Tensor masked = v.clone();
  masked.flatten()[0] = 0;
  const auto [m, ms] = run(hole, y, masked);
  CHECK(m.gradient.isfinite().all().item<bool>());
  CHECK(std::isfinite(m.value.item<double>()));
  CHECK(std::isnan(losses::pass<losses::Focal<>>(hole, y, v, focal).value.item<double>()));
  const auto c2 = losses::pass<losses::CrossEntropy<>>(at::tensor({100.f, -100.f}).view({1, 2, 1, 1}), at::ones({1, 1, 1}, at::kByte), at::ones({1, 1, 1}, at::kByte), losses::numbers_of<losses::CrossEntropy<>>());
  CHECK(c2.value.item<double>() == doctest::Approx(200));
}

TEST_CASE("99.9 % easy negatives still count") {
  at::manual_seed(19);
  at::Tensor z = at::full({1, 1, 512, 512}, -12.0) - at::rand({1, 1, 512, 512}) * 8, labels = at::rand({1, 512, 512}).lt(0.001).to(at::kByte);
  const at::Tensor valid = at::ones({1, 512, 512}, at::kByte);
  for (const double positives : {1.0, 0.0}) {
    if (positives == 0) labels.zero_();
    const auto n = losses::numbers_of<losses::Focal<{.gamma = 0, .alpha = 0.25}>>();
    const auto got = losses::pass<losses::Focal<{.gamma = 0, .alpha = 0.25}>>(z, labels, valid, n);
    const auto want = losses::composed_pass(z.to(at::kDouble), labels, valid, n, {});
    CHECK(want.value.item<double>() > 0);
    const Deviation d = deviation(got, want);
    CHECK(d.value < value_tolerance);
    CHECK(((got.gradient.to(at::kDouble) - want.gradient).abs() / want.gradient.abs()).max().item<double>() < gradient_tolerance);  // each pixel
  }
}

TEST_CASE("scale and accumulation touch the gradient alone") {
  at::manual_seed(20);
  const Case c = random_case(2, 3, 20, 24);
  const auto n = losses::numbers_of<FocalDice>();
  const auto one = losses::pass<FocalDice>(c.logits, c.labels, c.valid, n), scaled = losses::pass<FocalDice>(c.logits, c.labels, c.valid, n, {.loss_scale = at::full({}, 1024.0f), .accumulation = 4});
  CHECK(at::equal(one.value, scaled.value));
  CHECK(at::allclose(scaled.gradient, one.gradient * 256, 1e-5, 0));
  // a gradient too small for fp16 survives because the scale is applied before rounding
  const auto half = losses::pass<FocalDice>(c.logits.to(at::kHalf) * 4, c.labels, c.valid, n, {.loss_scale = at::full({}, 65536.0f)});
  const auto plain = losses::pass<FocalDice>(c.logits.to(at::kHalf) * 4, c.labels, c.valid, n);
  CHECK(half.gradient.ne(0).sum().item<std::int64_t>() > plain.gradient.ne(0).sum().item<std::int64_t>());
}

namespace {
/// Bytes that the CPU allocator has given out and not taken back.
struct Ledger : c10::MemoryReportingInfoBase {
  std::int64_t bytes = 0;
  void reportMemoryUsage(void*, std::int64_t size, std::size_t, std::size_t, c10::Device) override { bytes += size; }
  bool memoryProfilingEnabled() const override { return true; }
};
}  // namespace

TEST_CASE("autograd keeps the gradient alone, and gives it") {
  at::manual_seed(21);
  Case c = random_case(2, 1, 64, 64);
  const at::Tensor z = c.logits.requires_grad_(true);
  const auto ledger = std::make_shared<Ledger>();
  at::Tensor value;
  {
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, ledger);
    value = losses::mean<FocalDice, boundary::Ignore<>>(z, c.labels, c.valid);
  }
  CHECK(ledger->bytes == z.numel() * 4 + static_cast<std::int64_t>(value.storage().nbytes()));
  (value * 3).backward();
  const auto want = losses::pass<FocalDice>(z.detach(), c.labels, c.valid, losses::numbers_of<FocalDice, boundary::Ignore<>>());
  CHECK(at::allclose(z.grad(), want.gradient * 3, 1e-6, 0));
  CHECK_THROWS_WITH_AS(torch::autograd::grad({losses::mean<FocalDice>(z, c.labels, c.valid)}, {z}, {}, true, /*create_graph=*/true), doctest::Contains("RTS-L57"), std::exception);
}

TEST_CASE("unreduced losses take any upstream gradient") {
  at::manual_seed(22);
  Case c = random_case(2, 4, 16, 18);
  const at::Tensor z = c.logits.to(at::kDouble).requires_grad_(true), upstream = at::rand({2, 16, 18}, at::kDouble);
  const auto n = losses::numbers_of<losses::Focal<>, boundary::Ignore<{.width = 1}>>();
  const at::Tensor each = losses::pixel_losses(z, c.labels, c.valid, n);
  const at::Tensor got = torch::autograd::grad({(each * upstream).sum()}, {z}).front();
  at::Tensor want = at::zeros_like(z);
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t y = 3; y < 5; ++y)
      for (std::int64_t x = 3; x < 6; ++x) {  // each pixel of a patch by its own derivative
        const double h = 1e-5;
        for (std::int64_t k = 0; k < 4; ++k) {
          const auto moved = [&](double by) {
            at::Tensor m = z.detach().clone();
            m.index({i, k, y, x}) += by;
            return (losses::pixel_losses(m, c.labels, c.valid, n) * upstream).sum().item<double>();
          };
          CHECK(got.index({i, k, y, x}).item<double>() == doctest::Approx((moved(h) - moved(-h)) / (2 * h)).epsilon(1e-5).scale(1e-3));
        }
      }
  CHECK_THROWS_WITH_AS(losses::pixel_losses(z, c.labels, c.valid, losses::numbers_of<losses::Dice<>>()), doctest::Contains("RTS-L56"), Error);
}

TEST_CASE("class weights: the guide's forms and the off-road table") {
  const auto guide = [](losses::ClassWeights how) { return losses::class_weights_of(how, {9900, 100}); };
  CHECK(guide(losses::ClassWeights::linear) == std::vector<double>{1, 99});
  CHECK(guide(losses::ClassWeights::square_root)[1] == doctest::Approx(std::sqrt(99.0)));
  CHECK(guide(losses::ClassWeights::logarithm)[1] == doctest::Approx(std::log(99.0)));
  // Sky, landscape, dry grass, lush bushes, background, ground clutter, trees, rocks, dry bushes, logs
  const auto w = losses::class_weights_of(losses::ClassWeights::inverse_frequency, {132501218, 85243863, 66295865, 21002552, 20439451, 15382574, 12536643, 4199770, 3864657, 275319}, 5);
  const char* printed[] = {"0.0104", "0.0161", "0.0208", "0.0655", "0.0673", "0.0895", "0.1098", "0.3278", "0.3562", "5.0000"};
  for (std::size_t i = 0; i < w.size(); ++i) {
    char text[16];
    std::snprintf(text, sizeof text, "%.4f", w[i]);
    CHECK(std::string(text) == printed[i]);
  }
  CHECK_THROWS_WITH_AS(losses::class_weights_of(losses::ClassWeights::linear, {100, 0}), doctest::Contains("class 1 has no pixel"), Error);
  CHECK_THROWS_WITH_AS(losses::class_weights_of(losses::ClassWeights::logarithm, {100, 200}), doctest::Contains("RTS-L54"), Error);
}

TEST_CASE("bit planes say the same as bytes") {
  at::manual_seed(23);
  for (const std::int64_t width : {64, 70, 200}) {
    Case c = random_case(2, 1, 20, width);
    c.valid = (c.valid.to(at::kBool) & c.labels.ne(255)).to(at::kByte);
    c.labels = c.labels * c.valid;
    const auto pack = [&](const at::Tensor& bytes) {
      at::Tensor words = at::zeros({2, 20, (width + 63) / 64}, at::kLong);
      auto* to = words.mutable_data_ptr<std::int64_t>();
      for (std::int64_t i = 0; i < bytes.numel(); ++i)
        if (bytes.const_data_ptr<std::uint8_t>()[i]) to[i / width * words.size(2) + i % width / 64] |= static_cast<std::int64_t>(std::uint64_t{1} << (i % width % 64));
      return words;
    };
    const auto n = losses::numbers_of<FocalDice, boundary::Ignore<{.width = 1}>>();
    const auto bytes = losses::pass<FocalDice>(c.logits, c.labels, c.valid, n), bits = losses::pass<FocalDice>(c.logits, pack(c.labels), pack(c.valid), n);
    CHECK(at::equal(bytes.value, bits.value));
    CHECK(at::equal(bytes.gradient, bits.gradient));
  }
}

TEST_CASE("bad input is named") {
  const at::Tensor z = at::zeros({2, 1, 6, 7}), y = at::zeros({2, 6, 7}, at::kByte), v = at::ones({2, 6, 7}, at::kByte);
  const auto focal = losses::numbers_of<losses::Focal<>>();
  const auto run = [&](const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid) { return losses::pass<losses::Focal<>>(logits, labels, valid, focal); };
  CHECK_THROWS_WITH_AS(run(z, y.narrow(1, 0, 5), v), doctest::Contains("RTS-L51"), Error);
  CHECK_THROWS_WITH_AS(run(z.to(at::kInt), y, v), doctest::Contains("RTS-L51"), Error);
  CHECK_THROWS_WITH_AS(run(z, y.to(at::kLong), v), doctest::Contains("RTS-L51"), Error);
  CHECK_THROWS_WITH_AS(run(z, y, v.to(at::kFloat)), doctest::Contains("RTS-L51"), Error);
  CHECK_THROWS_WITH_AS(run(z.to(at::kMeta), y, v), doctest::Contains("RTS-L51"), Error);
  at::Tensor wrong = y.clone();
  wrong.index({1, 4, 5}).fill_(7);
  CHECK_THROWS_WITH_AS(run(z, wrong, v), doctest::Contains("image 1 of the batch, row 4, column 5"), Error);
  at::Tensor hidden = v.clone();
  hidden.index({1, 4, 5}).fill_(0);
  CHECK_NOTHROW(run(z, wrong, hidden));  // an unknown label where nothing is known is nobody's business
  using Weighted = losses::BinaryCrossEntropy<{.weights = losses::ClassWeights::linear}>;
  for (const std::vector<double>& w : {std::vector<double>{}, {1.0}, {1.0, -2.0}, {1.0, std::nan("")}, {1.0, 2.0, 3.0}})
    CHECK_THROWS_WITH_AS(losses::pass<Weighted>(z, y, v, losses::numbers_of<Weighted>(w)), doctest::Contains("RTS-L53"), Error);
}
