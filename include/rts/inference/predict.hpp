#pragma once
// Whole rasters: windows on a grid anchored to the raster's origin, streamed row by row. Reading, network and writing overlap; memory is
// bounded by a strip of window height x raster width, whatever the raster's height.

#include <rts/core/observer.hpp>
#include <rts/inference/rows.hpp>
#include <rts/inference/views.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::inference {

/// Part of a raster, in pixels. width 0: all of it.
struct Part {
  int column = 0, row = 0, width = 0, height = 0;
};

/// How probabilities come about: everything that an operating point binds.
struct MapOptions {
  int tile_height = 512, tile_width = 512;
  double overlap = 0.25;       ///< share of a window that the next repeats
  int halo = 0;                ///< above 0: no blending; at least the network's receptive field
  int stride = 32;             ///< of the network; windows of halo mode start on multiples of it
  std::vector<double> scales = {1};   ///< 1, 0.5, 0.25, ...: merged by maximum
  Views views = Views::none;
  double slope = 1, intercept = 0;    ///< calibration: sigmoid(slope x logit + intercept) of the merged probability
  int batch = 8;               ///< always padded to this size, so that a window's result does not depend on its company
  int readers = 1;             ///< threads that read rows
  std::optional<FirstStage> first = {};
  Part part = {};              ///< only this part is computed and written
};

struct PredictOptions : MapOptions {
  bool byte_output = false;    ///< probability x 250 as Byte with nodata 255 instead of Float32 with -1
  std::optional<double> threshold = {};   ///< probability: writes a mask beside the map too
  std::filesystem::path mask = {};
  std::vector<std::pair<std::string, std::string>> metadata = {};   ///< written into the GeoTIFFs
  bool compress = true;        ///< DEFLATE; false: plain, for what is rewritten as a cloud-optimised file anyway
  bool resumable = true;       ///< keep finished rows beside the map until it is complete
};

struct PredictReport {
  std::int64_t windows = 0, skipped_windows = 0;   ///< skipped: no pixel that is wanted
  std::int64_t nodata_pixels = 0, nan_pixels = 0, discarded_pixels = 0;   ///< discarded by the first stage: probability 0
  int resumed_rows = 0;
  double seconds = 0;
};

/// One row of a map: probabilities, -1 where there is no data.
using RowSink = std::function<void(int row, const float* probability)>;

/// Computes rows [from, end of the part) in order and gives each to `sink`, from the calling thread. NaN, infinity and nodata are filled
/// with the mean for the network and come out as -1.
/// errors: RTS-I52 interrupted, RTS-I56 a scale that is not 1, 1/2, 1/4 ..., those of reading
PredictReport map_rows(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, const std::vector<Network>& networks, const MapOptions& options, const RowSink& sink, Observer& observer, int from = 0);

/// Maps rasters of one extent to a probability GeoTIFF with the CRS of the first. Interrupted, it goes on where it stopped when it is
/// called again with the same arguments.
/// errors: those of map_rows; RTS-G5x reading and writing
PredictReport predict(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, const std::vector<Network>& networks, const std::filesystem::path& output, const PredictOptions& options, Observer& observer);

}  // namespace rts::inline RTS_ABI::inference

#if RTS_HEADER_ONLY
#include <rts/inference/predict.ipp>
#endif
