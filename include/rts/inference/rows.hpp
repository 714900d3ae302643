#pragma once
// Rows of the input rasters as they are stored, with what is valid: read once, in order, ahead of the network, by any number of threads.

#include <rts/core/pixel_type.hpp>
#include <rts/inference/bands.hpp>

#include <atomic>
#include <memory>

namespace rts::inline RTS_ABI::inference {

/// A first stage: where the susceptibility is below the threshold, the second one does not look. Same CRS, any pixel size.
struct FirstStage {
  std::filesystem::path raster;
  double threshold = 0.5;
};

/// What became of the input's pixels.
struct RowCounts {
  std::int64_t nodata = 0, not_finite = 0, discarded = 0;
};

/// Pixels of one band: stored x scale + offset is network input.
struct Linear {
  float scale, offset;
};

/// Reads rows of all bands at 1/factor of the resolution. One object a thread: it holds open files.
class RowReader {
 public:
  /// errors: RTS-I51 rasters of different size or place, RTS-I55 a first stage that does not cover the rasters
  RowReader(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, int factor = 1, const std::optional<FirstStage>& first = {});
  ~RowReader();
  int width() const { return width_; }
  int height() const { return height_; }
  const raster::GeoReference& geo() const { return geo_; }
  /// What `read` writes: the type that holds all bands, or float where they are matched or averaged.
  PixelType type() const { return type_; }
  Linear linear(std::size_t band) const;
  /// Row `row`, columns [column, column + columns): band after band to out + b x band_stride (elements of `type`). valid: 0 no data,
  /// 1 data, 2 data that the first stage discards.
  void read(int row, int rows, int column, int columns, std::byte* out, std::size_t row_stride, std::size_t band_stride, std::uint8_t* valid, std::size_t valid_stride, RowCounts& counts);

 private:
  struct Impl;
  void read_native(int row, int rows, int column, int columns, RowCounts& counts);
  std::unique_ptr<Impl> impl_;
  const std::vector<InputBand>& bands_;
  int factor_, width_ = 0, height_ = 0;
  PixelType type_ = PixelType::u8;
  raster::GeoReference geo_;
};

}  // namespace rts::inline RTS_ABI::inference

#if RTS_HEADER_ONLY
#include <rts/inference/rows.ipp>
#endif
