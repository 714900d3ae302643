// What calibration finds where the answer is known, and what an operating point refuses.
#include <rts/calibration/calibrate.hpp>
#include <rts/core/error.hpp>
#include <rts/core/philox_formula.hpp>

#include <ATen/ATen.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;
using namespace rts::calibration;
using metrics::Evaluation;

namespace {

constexpr double fit_tolerance = 0.03;  // of 400,000 random labels

/// Tiles whose labels follow sigmoid(slope x logit + intercept).
Evaluation made(double slope, double intercept) {
  Evaluation e(true);
  Random r(8, 1, 0);
  for (int k = 0; k < 25; ++k) {
    at::Tensor z = at::empty({1, 1, 128, 128}), y = at::empty({1, 128, 128}, at::kByte);
    for (std::int64_t i = 0; i < 128 * 128; ++i) {
      const double v = r.uniform(-4, 3);
      z.mutable_data_ptr<float>()[i] = static_cast<float>(v);
      y.mutable_data_ptr<std::uint8_t>()[i] = r.chance(1 / (1 + std::exp(-(slope * v + intercept))));
    }
    e.add(Logits<tasks::Binary>(z), Labels<tasks::Binary>(y), ValidMask(at::ones({1, 128, 128}, at::kByte)), {});
  }
  return e;
}

}  // namespace

TEST_CASE("temperature and Platt find what the labels were made with") {
  const Evaluation e = made(0.5, 0);
  const Fit t = fit_temperature(Predictions<Split::Validation>{e}, 0);
  CHECK(t.temperature() == doctest::Approx(2).epsilon(fit_tolerance));
  CHECK(t.nll_after < t.nll_before);
  CHECK(t.error_after < 0.2 * t.error_before);
  const Evaluation shifted = made(1.7, -0.8);
  const Fit p = fit_platt(Predictions<Split::Validation>{shifted}, 0);
  CHECK(p.slope == doctest::Approx(1.7).epsilon(fit_tolerance));
  CHECK(p.intercept == doctest::Approx(-0.8).epsilon(fit_tolerance));
  CHECK(p.nll_after <= fit_temperature(Predictions<Split::Validation>{shifted}, 0).nll_after);
}
TEST_CASE("a temperature at its bound is an error") {
  CHECK_THROWS_WITH_AS(fit_temperature(Predictions<Split::Validation>{made(0, 0)}, 0), doctest::Contains("RTS-P51"), Error);
}
TEST_CASE("thresholds reach their precision, or say that they do not") {
  const Evaluation e = made(1, 0);
  const Threshold t = choose_threshold(Predictions<Split::Validation>{e}, 0, 0.8);
  REQUIRE(t.reached);
  CHECK(t.precision >= 0.8);
  const metrics::Curve c = e.curve(0);
  CHECK(c.precision_at(metrics::key_of(static_cast<float>(t.logit))) == doctest::Approx(t.precision));
  CHECK(c.precision_at(metrics::key_of(static_cast<float>(t.logit - 0.1))) < 0.8);
  CHECK(!choose_threshold(Predictions<Split::Validation>{e}, 0, 0.9999).reached);
}
TEST_CASE("object thresholds come from objects") {
  // A sure object of 6 x 6 pixels, and a false one that is less sure, in a tile each; the false one goes above 0.5.
  Sweep sweep({.threshold = 0, .pixel_size = 1});
  Evaluation e(true);
  for (const bool positive : {true, false}) {
    std::vector<float> z(400, -5.0f);
    std::vector<std::uint8_t> y(400, 0), ok(400, 1);
    for (int i = 5; i < 11; ++i)
      for (int j = 5; j < 11; ++j) z[static_cast<std::size_t>(i * 20 + j)] = positive ? 3.0f : 0.6f, y[static_cast<std::size_t>(i * 20 + j)] = positive;
    sweep.add(z.data(), y.data(), ok.data(), 20, 20);
    e.add(Logits<tasks::Binary>(at::from_blob(z.data(), {1, 1, 20, 20}).clone()), Labels<tasks::Binary>(at::from_blob(y.data(), {1, 20, 20}, at::kByte).clone()), ValidMask(at::ones({1, 20, 20}, at::kByte)), {});
  }
  const Threshold t = choose_threshold(Predictions<Split::Validation>{e}, sweep, 0, 0.8);
  REQUIRE(t.reached);
  CHECK(t.logit > 0.6);
  CHECK(t.logit < 0.8);
  CHECK(t.recall == 1);
  CHECK(choose_threshold(Predictions<Split::Validation>{e}, sweep, 0, 0.5).logit < 0.6);
}
TEST_CASE("an operating point knows what it is for") {
  OperatingPoint p;
  p.binding = {"f00d", "w1", "red,green,blue", "n1", 3, 512, 512, 0.25, "cosine", "1", "standard", 1, 8, 50};
  p.threshold = 0.37, p.ratio = 200, p.objective = "object precision 0.8 at IoU 0.3", p.slope = 0.7, p.by_region = {{"yamal", 0.4}};
  const auto path = std::filesystem::temp_directory_path() / ("rts-point-" + std::to_string(::getpid()) + ".json");
  write_operating_point(path, p);
  const OperatingPoint back = read_operating_point(path);
  CHECK(back.binding.differences(p.binding).empty());
  CHECK(back.threshold == p.threshold);
  CHECK(back.by_region == p.by_region);
  require_same(back, p.binding, path);
  Binding other = p.binding;
  other.weights = "w2", other.overlap = 0.5;
  CHECK_THROWS_WITH_AS(require_same(back, other, path), doctest::Contains("weights: w1, here w2; overlap: 0.25, here 0.5"), Error);
  p.threshold.reset();
  write_operating_point(path, p);
  CHECK(!read_operating_point(path).threshold);
  std::ofstream(path) << "{}";
  CHECK_THROWS_WITH_AS(read_operating_point(path), doctest::Contains("RTS-P52"), Error);
  std::filesystem::remove(path);
}
