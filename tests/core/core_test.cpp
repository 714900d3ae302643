// Orders, metrics, ring, splits: the small things everything else stands on, against brute force.
#include <rts/data/split.hpp>
#include <rts/data/statistics.hpp>
#include <rts/losses/composed.hpp>
#include <rts/recipe.hpp>
#include <rts/samplers/order.hpp>

#include <ATen/ATen.h>

#include <cmath>
#include <numeric>
#include <set>

#undef CHECK  // torch has a macro of this name
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;

TEST_CASE("an epoch's negatives are distinct and carry on over epochs") {
  std::vector<std::uint32_t> positives(7), negatives(50);
  std::iota(positives.begin(), positives.end(), 0u);
  std::iota(negatives.begin(), negatives.end(), 100u);
  const std::vector<double> ratios{1, 5, 5, 20};
  std::set<std::uint32_t> seen;
  for (int epoch = 1; epoch <= 4; ++epoch) {
    const samplers::Order order = samplers::epoch_order(positives, negatives, ratios, epoch, 4, 0.5, 42);
    REQUIRE(order.samples.size() % 4 == 0);
    std::set<std::uint32_t> drawn;
    for (std::size_t i = 0; i < order.samples.size(); ++i) {
      CHECK((order.samples[i] < 100) == (i % 4 < 2));
      if (order.samples[i] >= 100) CHECK(drawn.insert(order.samples[i]).second);
    }
    if (epoch <= 2)
      for (const auto n : drawn) CHECK(seen.insert(n).second);
    CHECK(order.drawn.pool_exhausted == (epoch == 4));
  }
}

TEST_CASE("the curriculum ramps over five epochs and scales") {
  const auto r = samplers::Curriculum<samplers::slump_ratios>::ratios(300);
  CHECK(r.size() == 300);
  CHECK(r[0] == 1);
  CHECK(r[9] == 1);
  CHECK(r[10] == doctest::Approx(1.8));
  CHECK(r[14] == 5);
  CHECK(r[299] == 20);
  constexpr auto short_table = samplers::slump_ratios.scaled_to(60);
  static_assert(short_table.gapless() && short_table.last_epoch() == 60);
}

TEST_CASE("the ring equals its definition") {
  at::manual_seed(5);
  const at::Tensor y = (at::rand({1, 23, 31}) > 0.93).to(at::kByte), v = (at::rand({1, 23, 31}) > 0.05).to(at::kByte);
  for (const auto metric : {boundary::Metric::euclidean, boundary::Metric::chessboard})
    for (const int width : {1, 2, 3, 5}) {
      const at::Tensor ring = losses::boundary_ring(y, v, width, metric, boundary::Side::both);
      for (int r = 0; r < 23; ++r)
        for (int c = 0; c < 31; ++c) {
          bool want = false;
          for (int a = 0; a < 23; ++a)
            for (int b = 0; b < 31; ++b) {
              const int dy = std::abs(a - r), dx = std::abs(b - c);
              const bool near = metric == boundary::Metric::euclidean ? dy * dy + dx * dx <= width * width : std::max(dy, dx) <= width;
              want |= near && v[0][a][b].item<int>() && v[0][r][c].item<int>() && y[0][a][b].item<int>() != y[0][r][c].item<int>();
            }
          if (ring[0][r][c].item<bool>() != want) FAIL("pixel " << r << "," << c << " width " << width);
        }
      if (width > 2) break;
    }
}

TEST_CASE("the focal pass: value, empty mask, scale on the gradient only") {
  at::manual_seed(1);
  const at::Tensor z = at::randn({2, 1, 8, 8}), y = (at::rand({2, 8, 8}) > 0.5).to(at::kByte), v = at::ones({2, 8, 8}, at::kByte);
  const losses::PassNumbers n{.loss = losses::Focal<>::numbers()};
  const auto r = losses::composed_pass(z, y, v, n, {});
  double want = 0;
  for (std::int64_t i = 0; i < z.numel(); ++i) {
    const double p = 1 / (1 + std::exp(-z.flatten()[i].item<double>()));
    const bool one = y.flatten()[i].item<int>() == 1;
    const double pt = one ? p : 1 - p;
    want -= (one ? 0.25 : 0.75) * (1 - pt) * (1 - pt) * std::log(pt) / static_cast<double>(z.numel());
  }
  CHECK(r.value.item<double>() == doctest::Approx(want).epsilon(1e-5));
  const auto scaled = losses::composed_pass(z, y, v, n, {.loss_scale = at::full({}, 8.0f)});
  CHECK(scaled.value.item<float>() == r.value.item<float>());
  CHECK(at::allclose(scaled.gradient, r.gradient * 8));
  const auto none = losses::composed_pass(z, y, at::zeros_like(v), n, {});
  CHECK(none.value.item<double>() == 0);
  CHECK(none.gradient.abs().max().item<double>() == 0);
}

TEST_CASE("Welford merges in any order") {
  data::Moments all, a, b;
  for (int i = 0; i < 1000; ++i) {
    const double x = 1e6 + std::sin(i);
    all.add(x);
    (i % 3 ? a : b).add(x);
  }
  b.merge(a);
  CHECK(b.mean == doctest::Approx(all.mean).epsilon(1e-14));
  CHECK(b.std() == doctest::Approx(all.std()).epsilon(1e-9));
}

TEST_CASE("footprints: overlap, distance, across the antimeridian") {
  const auto square = [](double lon, double lat) {
    data::Footprint f;
    const double d = 0.01;
    const double x[4] = {lon, lon + d, lon + d, lon}, y[4] = {lat, lat, lat - d, lat - d};
    for (std::size_t i = 0; i < 4; ++i) f.corners[i] = data::earth_centred(x[i], y[i]);
    return f;
  };
  CHECK(data::distance(square(179.995, 70), square(-179.999, 70)) < 0);
  CHECK(data::distance(square(10, 70), square(10.005, 70.002)) < 0);
  CHECK(data::distance(square(10, 0), square(10.02, 0)) == doctest::Approx(1113.2).epsilon(0.01));
}
