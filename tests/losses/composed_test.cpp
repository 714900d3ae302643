// The composed pass: the ring on bit planes equals that of tensor operators, focal loss and gradient equal a double-precision reference.
#include <rts/losses/composed.hpp>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#undef CHECK  // torch has a macro of this name
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;

namespace {
constexpr double focal_tolerance = 2e-6;  // absolute, of values and gradients times their count, fp32
}

TEST_CASE("the packed ring equals the composed one") {
  at::manual_seed(1);
  for (const int classes : {2, 5})
    for (const int width : {1, 3, 7})
      for (const auto metric : {boundary::Metric::euclidean, boundary::Metric::chessboard})
        for (const auto side : {boundary::Side::both, boundary::Side::inside, boundary::Side::outside}) {
          at::Tensor labels = at::avg_pool2d(at::rand({3, 1, 70, 135}), {5, 5}, {1, 1}, {2, 2}).squeeze(1).sub(0.4).mul(5 * classes).clamp(0, classes - 1).to(at::kByte);
          labels.masked_fill_(at::rand(labels.sizes()).lt(0.02), 255);
          const at::Tensor valid = at::rand(labels.sizes()).gt(0.03).to(at::kByte);
          CHECK(at::equal(losses::boundary_ring(labels, valid, width, metric, side), losses::boundary_ring_composed(labels, valid, width, metric, side)));
        }
}

TEST_CASE("focal value and gradient equal the formula in double precision") {
  at::manual_seed(2);
  const at::Tensor logits = at::randn({2, 1, 33, 47}) * 4;
  at::Tensor labels = at::rand({2, 33, 47}).lt(0.2).to(at::kByte);
  labels.masked_fill_(at::rand(labels.sizes()).lt(0.1), 255);
  const at::Tensor valid = at::rand(labels.sizes()).gt(0.1).to(at::kByte);
  for (const double gamma : {0.0, 1.0, 2.0, 3.0, 0.5})
    for (const int ring : {0, 2}) {
      const losses::PassNumbers numbers{.gamma = gamma, .alpha = 0.3, .ring_width = ring};
      const losses::PassResult got = losses::focal_composed(logits, labels, valid, numbers, {});
      at::Tensor mask = valid.to(at::kBool) & labels.ne(255);
      if (ring) mask = mask & ~losses::boundary_ring_composed(labels, valid, ring, numbers.ring_metric, numbers.ring_side);
      const at::Tensor z = logits.to(at::kDouble).requires_grad_(true);
      const at::Tensor p = at::sigmoid(z.squeeze(1)), y = labels.eq(1);
      const at::Tensor pt = at::where(y, p, 1 - p), weight = at::where(y, at::full({}, 0.3, at::kDouble), at::full({}, 0.7, at::kDouble));
      const at::Tensor loss = -weight * at::pow(1 - pt, gamma) * at::log(pt);
      const at::Tensor value = at::where(mask, loss, at::zeros({}, at::kDouble)).sum() / mask.sum();
      const at::Tensor gradient = torch::autograd::grad({value}, {z}).front();
      CHECK(std::abs(got.value.item<double>() - value.item<double>()) < focal_tolerance);
      CHECK((got.gradient.to(at::kDouble) - gradient).abs().max().item<double>() * mask.sum().item<double>() < focal_tolerance * 10);
      CHECK(got.gradient.squeeze(1).masked_select(~mask).abs().sum().item<double>() == 0);
    }
}

TEST_CASE("an empty mask gives zero, extreme logits stay finite") {
  const at::Tensor logits = at::tensor({-100.f, 100.f, -100.f, 100.f}).view({1, 1, 2, 2});
  const at::Tensor labels = at::tensor({0, 0, 1, 1}, at::kByte).view({1, 2, 2}), none = at::zeros({1, 2, 2}, at::kByte);
  const losses::PassResult empty = losses::focal_composed(logits, labels, none, {}, {});
  CHECK(empty.value.item<double>() == 0);
  CHECK(empty.gradient.abs().sum().item<double>() == 0);
  const losses::PassResult far = losses::focal_composed(logits, labels, at::ones({1, 2, 2}, at::kByte), {}, {});
  CHECK(std::isfinite(far.value.item<double>()));
  CHECK(far.gradient.isfinite().all().item<bool>());
  CHECK(far.value.item<double>() == doctest::Approx((0.75 * 100 + 0.25 * 100) / 4));
}
