#pragma once
#include <rts/train/stage.hpp>

#include <cmath>

namespace rts::inline RTS_ABI::train {
namespace detail {

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

RTS_INLINE Normalizer make_normalizer(const Plan& plan, const data::Statistics& statistics, double full_scale) {
  Normalizer n;
  if (plan.imagenet_normalization) {
    constexpr double mean[3] = {0.485, 0.456, 0.406}, std[3] = {0.229, 0.224, 0.225};
    for (int i = 0; i < 3; ++i) {
      n.mean.push_back(static_cast<float>(mean[i] * full_scale));
      n.factor.push_back(static_cast<float>(1 / (std[i] * full_scale)));
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

RTS_INLINE double full_scale(const data::Dataset& d) {
  for (const data::BandSource& b : d.bands)
    if (b.scale != 1) return 1;
  return d.pixels == PixelType::u8 ? 255 : 1;
}

RTS_INLINE augment::BandSet band_set(const Plan& plan, const Normalizer& n, const data::Dataset& d) {
  augment::BandSet set;
  constexpr std::string_view colours[3] = {"red", "green", "blue"};
  for (std::size_t b = 0; b < plan.bands.size(); ++b) {
    const float scale = static_cast<float>(d.bands[b].scale);
    set.bands.push_back({scale, n.mean[b], n.factor[b]});
    for (std::size_t c = 0; c < 3; ++c)
      if (plan.bands[b] == colours[c]) {
        set.colours[c] = static_cast<int>(b);
        set.white[c] = d.pixels == PixelType::u8 ? 255.0f : (n.mean[b] + 3 / n.factor[b]) / scale;
      }
  }
  return set;
}

RTS_INLINE std::shared_ptr<const augment::ObjectBank> object_bank(const data::Source& source, std::size_t tiles) {
  auto bank = std::make_shared<augment::ObjectBank>();
  const data::Dataset& d = source.dataset();
  const std::vector<std::uint32_t> positives = d.positives(data::SplitName::train);
  const auto reader = source.reader();
  data::RawTile tile;
  const std::size_t n = std::min(tiles, positives.size());
  for (std::size_t k = 0; k < n; ++k) {
    reader->read(d.samples[positives[k * positives.size() / n]], tile);
    bank->add({tile.type, tile.image.data(), tile.label.data(), tile.valid.data()}, {d.tile_height, d.tile_width}, d.bands.size());
  }
  return bank;
}

RTS_INLINE data::Stage training_stage(const Plan& plan, const augment::BandSet& bands, std::uint64_t seed, bool shuffle_pixels, std::shared_ptr<const augment::ObjectBank> objects) {
  return [draw = plan.draw, bands, seed, frame = augment::Frame{plan.tile_height, plan.tile_width}, shuffle_pixels, objects = std::move(objects)](data::RawTile& raw, const data::SampleKey& key, const data::TileView& out) {
    thread_local augment::Scratch scratch;
    Random random(seed, key.epoch, key.position, 1);
    const augment::Draw drawn = draw(random, frame);
    if (objects && drawn.paste.objects > 0) objects->paste(drawn.paste, raw.type, frame, bands.bands.size(), raw.image.data(), raw.label.data(), raw.valid.data());
    augment::apply(drawn, {raw.type, raw.image.data(), raw.label.data(), raw.valid.data()}, frame, bands, scratch, {out.image, false, out.label, out.valid});
    if (shuffle_pixels) detail::shuffle(seed + key.epoch, key.sample, bands.bands.size(), static_cast<std::size_t>(frame.height) * static_cast<std::size_t>(frame.width), out);
  };
}

RTS_INLINE data::Stage evaluation_stage(const Plan& plan, const augment::BandSet& bands, std::uint64_t seed, bool shuffle_pixels) {
  return [bands, seed, frame = augment::Frame{plan.tile_height, plan.tile_width}, shuffle_pixels](data::RawTile& raw, const data::SampleKey& key, const data::TileView& out) {
    thread_local augment::Scratch scratch;
    augment::apply({}, {raw.type, raw.image.data(), raw.label.data(), raw.valid.data()}, frame, bands, scratch, {out.image, false, out.label, out.valid});
    if (shuffle_pixels) detail::shuffle(seed, key.sample, bands.bands.size(), static_cast<std::size_t>(frame.height) * static_cast<std::size_t>(frame.width), out);
  };
}

}  // namespace rts::inline RTS_ABI::train
