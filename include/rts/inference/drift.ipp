#pragma once
#include <rts/inference/drift.hpp>

#include <rts/raster/raster.hpp>

#include <cmath>

namespace rts::inline RTS_ABI::inference {

RTS_INLINE std::vector<BandDrift> raster_drift(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, const data::Statistics& trained) {
  std::vector<raster::Raster> files;
  for (const auto& path : rasters) files.emplace_back(path);
  const int width = files.front().width(), height = files.front().height(), w = std::min(256, width), h = std::min(256, height);
  const int across = std::min(8, (width + w - 1) / w), down = std::min(8, (height + h - 1) / h);
  std::vector<BandDrift> out;
  std::vector<float> window(static_cast<std::size_t>(w) * static_cast<std::size_t>(h));
  for (std::size_t b = 0; b < bands.size(); ++b) {
    const InputBand& band = bands[b];
    std::vector<float> values;
    for (int j = 0; j < down; ++j)
      for (int i = 0; i < across; ++i) {
        const int x = across > 1 ? static_cast<int>(std::int64_t{width - w} * i / (across - 1)) : 0, y = down > 1 ? static_cast<int>(std::int64_t{height - h} * j / (down - 1)) : 0;
        files[static_cast<std::size_t>(band.file)].read(x, y, w, h, {band.index}, window.data());
        for (const float v : window)
          if (std::isfinite(v) && !(band.nodata && v == static_cast<float>(*band.nodata))) values.push_back(v * static_cast<float>(band.scale));
      }
    BandDrift d{band.name, {}, data::quantiles_of(values)};
    d.drift = data::drift_of(values, b < trained.quantiles.size() ? trained.quantiles[b] : data::Quantiles{}, trained.mean[b], trained.std[b]);
    out.push_back(std::move(d));
  }
  return out;
}

}  // namespace rts::inline RTS_ABI::inference
