#pragma once
#include <rts/inference/rows.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace rts::inline RTS_ABI::inference {

struct RowReader::Impl {
  std::vector<raster::Raster> files;
  std::unique_ptr<raster::Raster> first;
  double threshold = 0;
  std::vector<std::byte> native;       ///< [bands][rows][columns] of one read
  std::vector<std::uint8_t> valid;     ///< [rows][columns]
  std::vector<float> susceptibility;   ///< one row of the first stage
  int susceptibility_row = -1;
};

RTS_INLINE RowReader::RowReader(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, int factor, const std::optional<FirstStage>& first) : impl_(std::make_unique<Impl>()), bands_(bands), factor_(factor) {
  Impl& m = *impl_;
  for (const auto& path : rasters) m.files.emplace_back(path);
  const raster::Raster& one = m.files.front();
  geo_ = one.geo();
  for (const raster::Raster& r : m.files) {
    const raster::GeoReference g = r.geo();
    bool same = r.width() == one.width() && r.height() == one.height() && g.crs == geo_.crs;
    for (std::size_t i = 0; i < 6; ++i) same = same && std::abs(g.transform[i] - geo_.transform[i]) < 1e-6 * std::max(1.0, std::abs(geo_.transform[i]));
    RTS_CHECK_DATA(same, .code = "RTS-I51", .what = "rasters of different size or place", .where = r.path().string(), .expected = std::to_string(one.width()) + " x " + std::to_string(one.height()) + " in the place of " + one.path().string(),
                   .found = std::to_string(r.width()) + " x " + std::to_string(r.height()), .fix = "align them with gdalwarp -te ... -ts ..., or ask for it with --reproject");
  }
  width_ = (one.width() + factor - 1) / factor, height_ = (one.height() + factor - 1) / factor;
  for (const InputBand& b : bands) {
    const std::string type = m.files[static_cast<std::size_t>(b.file)].type(b.index);
    if (!b.match.identity() || factor > 1 || (type != "Byte" && type != "UInt16")) type_ = PixelType::f32;
    else if (type == "UInt16" && type_ == PixelType::u8) type_ = PixelType::u16;
  }
  if (!first) return;
  m.first = std::make_unique<raster::Raster>(first->raster);
  m.threshold = first->threshold;
  const raster::GeoReference g = m.first->geo();
  const double right = geo_.transform[0] + one.width() * geo_.transform[1], bottom = geo_.transform[3] + one.height() * geo_.transform[5];
  const double first_right = g.transform[0] + m.first->width() * g.transform[1], first_bottom = g.transform[3] + m.first->height() * g.transform[5], slack = 1e-6 * std::abs(g.transform[1]);
  RTS_CHECK_DATA(g.crs == geo_.crs && g.transform[0] <= geo_.transform[0] + slack && g.transform[3] >= geo_.transform[3] - slack && first_right >= right - slack && first_bottom <= bottom + slack, .code = "RTS-I55", .what = "a first stage that does not cover the rasters", .where = first->raster.string(),
                 .expected = "the CRS and at least the extent of " + one.path().string(), .found = "another", .fix = "warp the susceptibility raster to the rasters' CRS and extent");
}
RTS_INLINE RowReader::~RowReader() = default;

RTS_INLINE Linear RowReader::linear(std::size_t band) const {
  const InputBand& b = bands_[band];
  const float scale = type_ == PixelType::f32 ? 1.0f : static_cast<float>(b.scale);
  return {scale * b.factor, -b.mean * b.factor};
}

/// Fills `native` (of `type_`; floats in the band's unit, matched) and `valid`.
RTS_INLINE void RowReader::read_native(int row, int rows, int column, int columns, RowCounts& counts) {
  Impl& m = *impl_;
  const std::size_t area = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  m.native.resize(bands_.size() * area * bytes_of(type_));
  m.valid.assign(area, 1);
  for (std::size_t b = 0; b < bands_.size();) {
    // Neighbouring bands of one file in one call.
    std::size_t last = b;
    std::vector<int> indices;
    while (last < bands_.size() && bands_[last].file == bands_[b].file) indices.push_back(bands_[last++].index);
    const raster::Raster& file = m.files[static_cast<std::size_t>(bands_[b].file)];
    if (file.holds_nothing(column, row, columns, rows, bands_[b].index)) {
      counts.nodata += static_cast<std::int64_t>(area);
      std::memset(m.valid.data(), 0, area);
      std::memset(m.native.data(), 0, m.native.size());
      return;
    }
    file.read(column, row, columns, rows, indices, m.native.data() + b * area * bytes_of(type_), type_);
    b = last;
  }
  for (std::size_t b = 0; b < bands_.size(); ++b) {
    const InputBand& band = bands_[b];
    std::uint8_t* __restrict__ ok = m.valid.data();
    const auto without = [&]<class T>(const T* v, double none) {
      if (static_cast<double>(static_cast<T>(none)) != none) return;  // no pixel of this type holds it
      const T value = static_cast<T>(none);
      for (std::size_t i = 0; i < area; ++i) ok[i] = static_cast<std::uint8_t>(ok[i] & (v[i] != value));
    };
    if (type_ == PixelType::u8) {
      if (band.nodata && *band.nodata >= 0 && *band.nodata <= 255) without(reinterpret_cast<const std::uint8_t*>(m.native.data()) + b * area, *band.nodata);
      continue;
    }
    if (type_ == PixelType::u16) {
      if (band.nodata && *band.nodata >= 0 && *band.nodata <= 65535) without(reinterpret_cast<const std::uint16_t*>(m.native.data()) + b * area, *band.nodata);
      continue;
    }
    float* v = reinterpret_cast<float*>(m.native.data()) + b * area;
    const float none = band.nodata ? static_cast<float>(*band.nodata) : 0.0f, scale = static_cast<float>(band.scale);
    for (std::size_t i = 0; i < area; ++i) {
      if (!std::isfinite(v[i])) {
        counts.not_finite += ok[i];
        ok[i] = 0;
        v[i] = 0;
      } else if (band.nodata && v[i] == none) {
        ok[i] = 0;
      } else v[i] *= scale;
    }
    if (!band.match.identity())
      for (std::size_t i = 0; i < area; ++i)
        if (ok[i]) v[i] = band.match(v[i]);
  }
  counts.nodata += static_cast<std::int64_t>(area) - std::count(m.valid.begin(), m.valid.end(), std::uint8_t{1});
  if (!m.first) return;
  const raster::GeoReference g = m.first->geo();
  for (int y = 0; y < rows; ++y) {
    const double north = geo_.transform[3] + (row + y + 0.5) * geo_.transform[5];
    const int at = std::clamp(static_cast<int>((north - g.transform[3]) / g.transform[5]), 0, m.first->height() - 1);
    if (at != m.susceptibility_row) {
      m.susceptibility.resize(static_cast<std::size_t>(m.first->width()));
      m.first->read(0, at, m.first->width(), 1, {1}, m.susceptibility.data());
      m.susceptibility_row = at;
    }
    std::uint8_t* ok = m.valid.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(columns);
    for (int x = 0; x < columns; ++x) {
      const double east = geo_.transform[0] + (column + x + 0.5) * geo_.transform[1];
      const int from = std::clamp(static_cast<int>((east - g.transform[0]) / g.transform[1]), 0, m.first->width() - 1);
      if (ok[x] && !(m.susceptibility[static_cast<std::size_t>(from)] >= m.threshold)) ok[x] = 2, ++counts.discarded;
    }
  }
}

RTS_INLINE void RowReader::read(int row, int rows, int column, int columns, std::byte* out, std::size_t row_stride, std::size_t band_stride, std::uint8_t* valid, std::size_t valid_stride, RowCounts& counts) {
  Impl& m = *impl_;
  const std::size_t size = bytes_of(type_), wide = static_cast<std::size_t>(columns);
  if (factor_ == 1) {
    read_native(row, rows, column, columns, counts);
    for (int y = 0; y < rows; ++y) {
      std::memcpy(valid + static_cast<std::size_t>(y) * valid_stride, m.valid.data() + static_cast<std::size_t>(y) * wide, wide);
      for (std::size_t b = 0; b < bands_.size(); ++b)
        std::memcpy(out + (static_cast<std::size_t>(y) * row_stride + b * band_stride) * size, m.native.data() + (b * static_cast<std::size_t>(rows) + static_cast<std::size_t>(y)) * wide * size, wide * size);
    }
    return;
  }
  // A coarse pixel is the mean of its valid pixels; it is valid where at least half of them are.
  RowCounts ignored;
  const int native_width = m.files.front().width(), native_height = m.files.front().height();
  const int x0 = column * factor_, n = std::min(native_width, (column + columns) * factor_) - x0;
  for (int y = 0; y < rows; ++y) {
    const int y0 = (row + y) * factor_, high = std::min(factor_, native_height - y0);
    read_native(y0, high, x0, n, ignored);
    const float* v = reinterpret_cast<const float*>(m.native.data());
    for (int x = 0; x < columns; ++x) {
      const int wide_here = std::min(factor_, n - x * factor_);
      int good = 0, wanted = 0;
      for (int k = 0; k < high * wide_here; ++k) {
        const std::uint8_t ok = m.valid[static_cast<std::size_t>(k / wide_here * n + x * factor_ + k % wide_here)];
        good += ok != 0, wanted += ok == 1;
      }
      const bool there = 2 * good >= high * wide_here;
      valid[static_cast<std::size_t>(y) * valid_stride + static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(!there ? 0 : wanted > 0 ? 1
                                                                                                                                          : 2);
      for (std::size_t b = 0; b < bands_.size(); ++b) {
        double sum = 0;
        const float* plane = v + b * static_cast<std::size_t>(high) * static_cast<std::size_t>(n);
        for (int k = 0; k < high * wide_here; ++k) {
          const auto at = static_cast<std::size_t>(k / wide_here * n + x * factor_ + k % wide_here);
          if (m.valid[at]) sum += plane[at];
        }
        reinterpret_cast<float*>(out)[static_cast<std::size_t>(y) * row_stride + b * band_stride + static_cast<std::size_t>(x)] = good > 0 ? static_cast<float>(sum / good) : 0.0f;
      }
    }
  }
}

}  // namespace rts::inline RTS_ABI::inference
