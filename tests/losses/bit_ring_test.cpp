// The ring on bit planes against the definition, pixel by pixel.
#include <rts/core/philox_formula.hpp>
#include <rts/losses/bit_ring.hpp>

#include <vector>

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;
using kernels::RingShape;
using kernels::RingSide;

namespace {
struct Tile {
  int height, width, classes;
  std::vector<std::uint8_t> label, valid;
};

Tile random_tile(Random& random, int height, int width, int classes) {
  Tile t{height, width, classes, {}, {}};
  const auto n = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  const double change = random.uniform(0.01, 0.5), lost = random.chance(0.5) ? 0.0 : random.uniform(0, 0.3);
  std::uint8_t value = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (random.chance(change)) value = static_cast<std::uint8_t>(random.below(static_cast<std::uint32_t>(classes)));
    t.label.push_back(random.chance(lost / 2) ? 255 : value);
    t.valid.push_back(random.chance(lost / 2) ? 0 : 1);
  }
  return t;
}

std::vector<std::uint8_t> by_definition(const Tile& t, int width, bool euclidean, RingSide side) {
  std::vector<std::uint8_t> ring(t.label.size(), 0);
  const auto at = [&](int y, int x) { return static_cast<std::size_t>(y) * static_cast<std::size_t>(t.width) + static_cast<std::size_t>(x); };
  const auto known = [&](std::size_t i) { return t.valid[i] && t.label[i] != 255; };
  for (int y = 0; y < t.height; ++y)
    for (int x = 0; x < t.width; ++x) {
      if (!known(at(y, x))) continue;
      if (side == RingSide::inside && t.label[at(y, x)] == 0) continue;
      if (side == RingSide::outside && t.label[at(y, x)] != 0) continue;
      for (int v = std::max(0, y - width); v <= std::min(t.height - 1, y + width); ++v)
        for (int u = std::max(0, x - width); u <= std::min(t.width - 1, x + width); ++u)
          if (known(at(v, u)) && t.label[at(v, u)] != t.label[at(y, x)] && (!euclidean || (v - y) * (v - y) + (u - x) * (u - x) <= width * width)) ring[at(y, x)] = 1;
    }
  return ring;
}

std::vector<std::uint8_t> packed(const Tile& t, int width, bool euclidean, RingSide side, kernels::RingWorkspace& space, kernels::Isa isa) {
  std::vector<std::uint8_t> ring(t.label.size(), 9);
  kernels::boundary_ring(t.label.data(), t.valid.data(), t.height, t.width, t.classes, RingShape(width, euclidean), side, space, ring.data(), isa);
  return ring;
}
}  // namespace

TEST_CASE("no wrong pixel on 10,000 random tiles") {
  kernels::RingWorkspace space;
  std::vector<kernels::Isa> sets{kernels::Isa::baseline};
  if (kernels::best_isa() != kernels::Isa::baseline) sets.push_back(kernels::Isa::avx2);
  if (kernels::best_isa() == kernels::Isa::avx512) sets.push_back(kernels::Isa::avx512);
  int wrong = 0;
  for (std::uint64_t i = 0; i < 10000; ++i) {
    Random random(7, 3, i);
    const bool wide = i % 500 == 0, line = i % 97 == 0;
    const int height = wide ? 3 : line ? 1
                                       : 1 + static_cast<int>(random.below(40)),
              width = wide ? 4097 + static_cast<int>(random.below(200)) : 1 + static_cast<int>(random.below(150));
    const Tile t = random_tile(random, height, width, random.chance(0.7) ? 2 : 2 + static_cast<int>(random.below(9)));
    const int ring = 1 + static_cast<int>(random.below(i % 50 == 0 ? 40 : 7));
    const bool euclidean = random.chance(0.6);
    const auto side = static_cast<RingSide>(random.below(3));
    const auto want = by_definition(t, ring, euclidean, side);
    const auto got = packed(t, ring, euclidean, side, space, sets[i % sets.size()]);
    if (want != got) {
      ++wrong;
      if (wrong == 1) MESSAGE("first at tile " << i << ": " << height << " x " << width << ", classes " << t.classes << ", width " << ring << ", euclidean " << euclidean << ", side " << static_cast<int>(side));
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("widths on both sides of the packed limit agree with the definition") {
  kernels::RingWorkspace space;
  Random random(7, 4, 0);
  const Tile t = random_tile(random, 90, 130, 2);
  for (const int width : {31, 32, 33, 60})
    for (const bool euclidean : {true, false}) CHECK(packed(t, width, euclidean, RingSide::both, space, kernels::best_isa()) == by_definition(t, width, euclidean, RingSide::both));
}

TEST_CASE("one class, or no valid pixel, has no ring") {
  kernels::RingWorkspace space;
  Tile t{20, 70, 2, std::vector<std::uint8_t>(1400, 1), std::vector<std::uint8_t>(1400, 1)};
  CHECK(packed(t, 3, true, RingSide::both, space, kernels::best_isa()) == std::vector<std::uint8_t>(1400, 0));
  t.valid.assign(1400, 0);
  t.label[5] = 0;
  CHECK(packed(t, 3, true, RingSide::both, space, kernels::best_isa()) == std::vector<std::uint8_t>(1400, 0));
}
