#pragma once
#include <rts/train/stage.hpp>

#include <cmath>

namespace rts::inline RTS_ABI::train {
namespace detail {

inline void place(const data::RawTile& raw, const D4& symmetry, const Normalizer& n, int height, int width, const data::TileView& out) {
  const auto area = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      int sy = 0, sx = 0;
      symmetry.source(y, x, height, width, sy, sx);
      const std::size_t to = static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
      const std::size_t from = static_cast<std::size_t>(sy) * static_cast<std::size_t>(width) + static_cast<std::size_t>(sx);
      out.label[to] = raw.label[from];
      out.valid[to] = raw.valid[from];
      for (std::size_t b = 0; b < n.mean.size(); ++b) out.image[b * area + to] = raw.valid[from] ? (raw.image[b * area + from] - n.mean[b]) * n.factor[b] : 0.0f;
    }
}

/// The same permutation for image and label, keyed by the sample.
inline void shuffle(std::uint64_t seed, std::uint32_t sample, std::size_t bands, std::size_t area, const data::TileView& tile) {
  Random random(seed, 0x5AFFu, sample);
  for (std::size_t i = area; i > 1; --i) {
    const std::size_t j = random.below(static_cast<std::uint32_t>(i));
    std::swap(tile.label[i - 1], tile.label[j]);
    std::swap(tile.valid[i - 1], tile.valid[j]);
    for (std::size_t b = 0; b < bands; ++b) std::swap(tile.image[b * area + i - 1], tile.image[b * area + j]);
  }
}

}  // namespace detail

RTS_INLINE Normalizer make_normalizer(const Plan& plan, const data::Statistics& statistics) {
  Normalizer n;
  if (plan.imagenet_normalization) {
    constexpr double mean[3] = {0.485, 0.456, 0.406}, std[3] = {0.229, 0.224, 0.225};
    for (int i = 0; i < 3; ++i) {
      n.mean.push_back(static_cast<float>(mean[i]));
      n.factor.push_back(static_cast<float>(1 / std[i]));
    }
    return n;
  }
  for (std::size_t b = 0; b < plan.bands.size(); ++b) {
    RTS_CHECK_DATA(statistics.std.at(b) > 0 && std::isfinite(statistics.std[b]), .code = "RTS-D73", .what = "a band that never changes", .where = plan.bands[b], .expected = "a positive standard deviation", .found = number_text(statistics.std[b]),
                   .fix = "leave the band out of the recipe, or mend its files");
    n.mean.push_back(static_cast<float>(statistics.mean[b]));
    n.factor.push_back(static_cast<float>(1 / statistics.std[b]));
  }
  return n;
}

RTS_INLINE data::Stage training_stage(const Plan& plan, const Normalizer& n, std::uint64_t seed, bool shuffle_pixels) {
  return [draw = plan.draw_symmetry, n, seed, h = plan.tile_height, w = plan.tile_width, shuffle_pixels](const data::RawTile& raw, const data::SampleKey& key, const data::TileView& out) {
    Random random(seed, key.epoch, key.position, 1);
    detail::place(raw, draw(random), n, h, w, out);
    if (shuffle_pixels) detail::shuffle(seed + key.epoch, key.sample, n.mean.size(), static_cast<std::size_t>(h) * static_cast<std::size_t>(w), out);
  };
}

RTS_INLINE data::Stage evaluation_stage(const Plan& plan, const Normalizer& n, std::uint64_t seed, bool shuffle_pixels) {
  return [n, seed, h = plan.tile_height, w = plan.tile_width, shuffle_pixels](const data::RawTile& raw, const data::SampleKey& key, const data::TileView& out) {
    detail::place(raw, D4{}, n, h, w, out);
    if (shuffle_pixels) detail::shuffle(seed, key.sample, n.mean.size(), static_cast<std::size_t>(h) * static_cast<std::size_t>(w), out);
  };
}

}  // namespace rts::inline RTS_ABI::train
