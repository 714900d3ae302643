#pragma once
// Whole rasters: overlapping windows on a grid anchored to the raster's origin, blended, streamed row by row.
// Memory is bounded by one strip of tile height x raster width; the raster may be of any size.

#include <rts/core/observer.hpp>
#include <rts/inference/bands.hpp>

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::inference {

struct PredictOptions {
  int tile_height = 512, tile_width = 512;
  double overlap = 0.25;   ///< share of a window that the next repeats
  int batch = 8;           ///< always padded to this size, so that a window's result does not depend on its company
  int readers = 1;         ///< threads that read windows
  bool byte_output = false;    ///< probability x 250 as Byte with nodata 255 instead of Float32
  std::vector<std::pair<std::string, std::string>> metadata = {};   ///< written into the GeoTIFF
};

struct PredictReport {
  std::int64_t windows = 0, skipped_windows = 0;   ///< skipped: no data at all
  std::int64_t nodata_pixels = 0, nan_pixels = 0;
  double seconds = 0;
};

/// (N,bands,H,W) float -> logits (N,1,H,W) float, CPU.
using Network = std::function<at::Tensor(const at::Tensor&)>;

/// Maps rasters of one extent to a probability GeoTIFF with the CRS of the first. NaN, infinity and nodata are filled
/// with the mean for the network and come out as nodata.
/// errors: RTS-I51 rasters of different size or place, RTS-I52 interrupted, RTS-G5x reading and writing.
PredictReport predict(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, const Network& network, const std::filesystem::path& output, const PredictOptions& options, Observer& observer);

/// Positions of windows along one axis: 0, step, 2 step, ...; the last one covers the end (it may reach beyond).
std::vector<int> window_starts(int length, int window, int step);
/// Blending weight along one axis: a ramp over the overlap at both ends, 1 in between; never 0.
std::vector<float> blend_ramp(int window, int step);

}  // namespace rts::inline RTS_ABI::inference

#if RTS_HEADER_ONLY
#include <rts/inference/predict.ipp>
#endif
