#pragma once
// The Tile axis (what a network sees) and the Normalization axis (how band values become network input).

#include <rts/core/reflect.hpp>

#include <boost/hana/adapt_struct.hpp>

namespace rts::inline RTS_ABI::data {

struct TileOptions {
  int height = 512;   ///< pixels
  int width = 512;    ///< pixels
  double overlap = 0.25;  ///< share of a window that the next one repeats, in whole-raster inference
};

/// The square (or rectangle) a network sees.
template <TileOptions O = TileOptions{}>
struct Tile : PolicyBase {
  using axis = axes::Tile;
  static constexpr std::string_view name = "Tile";
  static constexpr TileOptions options = O;
};

/// (value - mean) / std with statistics of the training split; nodata becomes exactly 0.
struct DatasetStatistics : PolicyBase {
  using axis = axes::Normalization;
  static constexpr std::string_view name = "DatasetStatistics";
  static constexpr bool three_bands_only = false, matches_histograms = false;
};

/// DatasetStatistics in training. `predict` first maps each band of the raster so that its distribution becomes that of the training split:
/// for imagery of another year or sensor. Wrong where the ground itself differs (a raster all snow or sea), so it is never the default.
struct HistogramMatching : PolicyBase {
  using axis = axes::Normalization;
  static constexpr std::string_view name = "HistogramMatching";
  static constexpr bool three_bands_only = false, matches_histograms = true;
};

/// ImageNet's mean and standard deviation over values scaled to [0, 1]; red, green, blue only.
struct ImageNet : PolicyBase {
  using axis = axes::Normalization;
  static constexpr std::string_view name = "ImageNet";
  static constexpr bool three_bands_only = true, matches_histograms = false;
};

}  // namespace rts::inline RTS_ABI::data
BOOST_HANA_ADAPT_STRUCT(rts::data::TileOptions, height, width, overlap);
