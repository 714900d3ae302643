#pragma once
// GeoTIFF blocks read without GDAL: the hot path of training. Knows plain and DEFLATE files of whole or 32-bit float samples; leaves
// everything else to GDAL, which is also its test oracle.

#include <rts/core/pixel_type.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace rts::inline RTS_ABI::raster {

/// A TIFF whose blocks can be read directly, open for one thread. A window's blocks are each read and decoded once for all its bands.
class TiffBlocks {
 public:
  /// Null when the file is of a kind that GDAL must read, or not readable at all.
  static std::unique_ptr<TiffBlocks> open(const std::filesystem::path& path);
  ~TiffBlocks();

  int width() const { return width_; }
  int height() const { return height_; }
  PixelType type() const { return type_; }
  /// Window of `bands` (from 1), planar, widened to `type` where that holds every stored value. False when a block cannot be read or
  /// decoded: GDAL then says why.
  bool read(int column, int row, int width, int height, const std::vector<int>& bands, void* out, PixelType type);

 private:
  TiffBlocks() = default;
  bool parse();
  bool decode(std::size_t block, std::size_t rows);
  void undo_predictor(std::size_t rows);
  template <class To>
  void copy(int column, int row, int width, int height, int block_column, int block_row, std::size_t sample, To* out) const;

  int file_ = -1;
  int width_ = 0, height_ = 0, block_width_ = 0, block_height_ = 0, samples_ = 1, compression_ = 1, predictor_ = 1;
  bool planar_ = false, tiled_ = false;
  PixelType type_ = PixelType::u8;
  std::vector<std::uint64_t> offsets_, sizes_;
  std::vector<std::byte> raw_, block_;
  void* decompressor_ = nullptr;
};

}  // namespace rts::inline RTS_ABI::raster

#if RTS_HEADER_ONLY
#include <rts/raster/tiff_blocks.ipp>
#endif
