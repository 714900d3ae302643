#pragma once
// From a probability map to objects: streamed components, then one polygon each.

#include <rts/core/observer.hpp>
#include <rts/metrics/objects.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::inference {

struct MapObjectOptions {
  double threshold = 0.5;      ///< probability
  int connectivity = 8;
  double smallest = 0;         ///< metres along the longer side
  double simplify = 0;         ///< metres that a corner of a polygon may move; 0: along pixels
  std::string region = {}, fingerprint = {};
};

struct MapObjects {
  std::int64_t objects = 0, dropped = 0;   ///< dropped: smaller than the smallest
  double area = 0;                         ///< square metres on the ellipsoid
};

/// Writes STEM.gpkg and STEM.geojson with id, mean_probability, max_probability, longer_side_m, at_edge, region, recipe, threshold, area_m2.
MapObjects write_objects(const std::filesystem::path& map, const std::filesystem::path& stem, const MapObjectOptions& options, Observer& observer);

}  // namespace rts::inline RTS_ABI::inference

#if RTS_HEADER_ONLY
#include <rts/inference/map_objects.ipp>
#endif
