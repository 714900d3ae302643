#pragma once
// Objects: connected components of a mask, and their one-to-one matching with the truth.

#include <rts/core/config.hpp>

#include <cstdint>
#include <vector>

namespace rts::inline RTS_ABI::metrics {

/// Component number per pixel, 0 outside, from 1 on in raster order; 8 neighbours.
struct Components {
  std::vector<std::uint32_t> label;   ///< height x width
  std::vector<std::int64_t> area;     ///< by number; area[0] is 0
  std::size_t count() const { return area.size() - 1; }
};
Components connected_components(const std::uint8_t* mask, int height, int width);

struct ObjectCounts {
  std::int64_t matched = 0;     ///< true positives
  std::int64_t predicted = 0;   ///< objects in the prediction
  std::int64_t truth = 0;       ///< objects in the labels
};

/// One-to-one: the largest set of pairs (prediction, truth) with IoU >= `iou`, each object in one pair at most.
/// `prediction`, `truth`: height x width, nonzero is object; pixels that are not valid belong to neither.
ObjectCounts match_objects(const std::uint8_t* prediction, const std::uint8_t* truth, int height, int width, double iou);

}  // namespace rts::inline RTS_ABI::metrics

#if RTS_HEADER_ONLY
#include <rts/metrics/objects.ipp>
#endif
