#pragma once
// A draw as the CUDA kernel takes it: numbers alone, with colour steps already multiplied out. Compiled by g++ and nvcc alike.

#include <rts/augment/displacement.hpp>
#include <rts/core/pixel_type.hpp>

#include <cstddef>
#include <cstdint>

namespace rts::inline RTS_ABI::augment {

/// A colour matrix (rows of three and an offset), then perhaps a step that is not linear.
struct DeviceRun {
  float matrix[3][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}};
  bool has_step = false;
  PhotometricStep step;
};

/// What happens to one tile.
struct DeviceDraw {
  Affine map;
  Border border = Border::reflect;
  float turn[4] = {1, 0, 0, 1};
  bool elastic = false;
  std::uint64_t elastic_seed = 0;
  FieldShape field;
  int runs = 0, holes = 0;
  DeviceRun run[Draw::max_steps + 1];
  float hole[Draw::max_steps][4] = {};  ///< row, column, height, width as shares of the tile
};

/// A batch on the device: tiles as they were stored, and where network input goes.
struct DeviceBatch {
  static constexpr int max_bands = 64;
  PixelType type = PixelType::u8;
  const void* image = nullptr;          ///< images x bands x height x width
  const std::uint8_t *label = nullptr, *valid = nullptr;
  const DeviceDraw* draws = nullptr;    ///< one an image
  void* out = nullptr;                  ///< normalised, fp32 or bf16; the place of (image, band, row, column) is the sum of strides
  bool bf16 = false;
  std::int64_t image_stride = 0, band_stride = 0, row_stride = 0, column_stride = 0;
  std::uint8_t *label_out = nullptr, *valid_out = nullptr;
  int images = 0, bands = 0;
  Frame frame{0, 0};
  int colours[3] = {-1, -1, -1};
  float white[3] = {255, 255, 255};
  float scale[max_bands], mean[max_bands], factor[max_bands];
};

#if !defined(__CUDACC__)
struct BandSet;
struct TileIn;
/// Whether the kernel can do all that was drawn: no step reads neighbours.
bool fits_device(const Draw& draw);
/// The draw for a stored tile: contrast needs the tile's mean colour. errors: RTS-A53 when it does not fit.
DeviceDraw device_draw(const Draw& draw, const TileIn& in, Frame frame, const BandSet& bands);
/// Fills in what the bands decide.
void set_bands(DeviceBatch& batch, const BandSet& bands);
#endif

}  // namespace rts::inline RTS_ABI::augment

namespace rts::kernels {
/// Enqueues one kernel on a stream (a cudaStream_t): no allocation, no synchronisation. Returns a cudaError_t, 0 for success.
/// The batch is one of either build mode: nvcc and g++ agree on its layout.
int launch_augment(const void* device_batch, void* stream);
}  // namespace rts::kernels

#if RTS_HEADER_ONLY && !defined(__CUDACC__)
#include <rts/augment/device_draw.ipp>
#endif
