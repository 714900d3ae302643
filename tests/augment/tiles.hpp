#pragma once
// Tiles made up for tests of augmentation, and the fused chain's result for one.
#include <rts/augment/fused.hpp>

#include <cmath>
#include <vector>

namespace {

using namespace rts;
using namespace rts::augment;

struct Tile {
  Frame frame;
  PixelType type;
  std::vector<std::byte> image;
  std::vector<std::uint8_t> label, valid;
  TileIn in() const { return {type, image.data(), label.data(), valid.data()}; }
};

BandSet make_bands(int n) {
  BandSet s;
  for (int b = 0; b < n; ++b) s.bands.push_back({1, 100.0f + 3 * static_cast<float>(b), 1 / 40.0f});
  if (n >= 3) s.colours = {0, 1, 2};
  return s;
}

enum class Kind { noise,
                  ramp,
                  blobs };

Tile make(Frame f, PixelType type, int bands, Kind kind, bool holes) {
  Tile t{f, type, {}, {}, {}};
  const auto area = static_cast<std::size_t>(f.height * f.width);
  t.label.resize(area), t.valid.assign(area, 1);
  t.image.resize(area * static_cast<std::size_t>(bands) * bytes_of(type));
  Random random(3, 1, 0);
  for (int y = 0; y < f.height; ++y)
    for (int x = 0; x < f.width; ++x) {
      const auto i = static_cast<std::size_t>(y * f.width + x);
      t.label[i] = std::sin(0.2 * x) + std::sin(0.13 * y) > 0.8;
      if (holes && ((x > 20 && x < 26) || (y == 31) || (x == 40 && y == 12))) t.valid[i] = 0;
      for (int b = 0; b < bands; ++b) {
        const int v = kind == Kind::noise ? static_cast<int>(random.below(200)) : kind == Kind::ramp ? 20 + (x * (1 + b % 2) + y) / 2 * 2 / 2
                                                                                                     : 40 + 120 * t.label[i] + b;
        const auto at = static_cast<std::size_t>(b) * area + i;
        if (type == PixelType::u8) t.image[at] = static_cast<std::byte>(v);
        else if (type == PixelType::u16) reinterpret_cast<std::uint16_t*>(t.image.data())[at] = static_cast<std::uint16_t>(v);
        else reinterpret_cast<float*>(t.image.data())[at] = static_cast<float>(v);
      }
    }
  for (std::size_t i = 0; i < area; ++i)
    if (!t.valid[i]) t.label[i] = 255;
  return t;
}

struct Result {
  std::vector<float> image;
  std::vector<std::uint8_t> label, valid;
};

Result fused(const Draw& d, const Tile& t, const BandSet& bands) {
  static Scratch scratch;
  const std::size_t area = t.label.size();
  Result r{std::vector<float>(area * bands.bands.size(), -77.0f), std::vector<std::uint8_t>(area, 7), std::vector<std::uint8_t>(area, 7)};
  apply(d, t.in(), t.frame, bands, scratch, {r.image.data(), false, r.label.data(), r.valid.data()});
  return r;
}

}  // namespace
