#pragma once
// Objects: connected components of a prediction and of the truth, row by row through a raster of any size, with what they share.
// Memory: the open rows and one record an object, never a label image.

#include <rts/metrics/runs.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace rts::inline RTS_ABI::metrics {

/// One connected component. Lengths in pixels.
struct Object {
  std::int64_t area = 0;
  std::int32_t left = 0, top = 0, right = 0, bottom = 0;  ///< right and bottom are the first beyond
  double x = 0, y = 0;       ///< centroid, pixel centres at whole numbers
  double confidence = 0;     ///< mean score of its pixels; 0 without scores
  float highest = 0;
  double longer_side = 0;    ///< of the smallest rectangle around its pixels' outer edges; 0 when not asked for
  bool at_border = false;    ///< touches the raster's edge
  bool at_gap = false;       ///< touches a pixel that is not valid
};

/// Pixels that a prediction and a truth share.
struct Overlap {
  std::uint32_t prediction = 0, truth = 0;  ///< numbers into the tables
  std::int64_t pixels = 0;
};

struct ObjectTables {
  std::vector<Object> predictions, truths;  ///< in the order of their first pixels
  std::vector<Overlap> overlaps;            ///< sorted by prediction, then truth
};

struct ObjectOptions {
  int connectivity = 8;  ///< 4 or 8 neighbours
  bool extent = true;    ///< compute `longer_side`
};

/// Rows of both masks from top to bottom; then `finish`. errors: RTS-V61 another connectivity than 4 or 8.
class ObjectStream {
 public:
  ObjectStream(int width, const ObjectOptions& options);
  ~ObjectStream();
  ObjectStream(const ObjectStream&) = delete;

  /// Masks as bits (runs.hpp). `scores`: of the prediction's pixels, or null. `valid`: bits of pixels with data, or null for all; masks
  /// must be 0 where it is.
  void add_row(const std::uint64_t* prediction, const std::uint64_t* truth, const float* scores = nullptr, const std::uint64_t* valid = nullptr);
  ObjectTables finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Both masks at once: height x width, nonzero is object. `scores` may be null.
ObjectTables find_objects(const std::uint8_t* prediction, const std::uint8_t* truth, int height, int width, const float* scores = nullptr, const ObjectOptions& options = {});

/// Component number per pixel, 0 outside, from 1 on in raster order. For small masks: pictures and checks.
struct Components {
  std::vector<std::uint32_t> label;   ///< height x width
  std::vector<std::int64_t> area;     ///< by number; area[0] is 0
  std::size_t count() const { return area.size() - 1; }
};
Components connected_components(const std::uint8_t* mask, int height, int width, int connectivity = 8);

}  // namespace rts::inline RTS_ABI::metrics

#if RTS_HEADER_ONLY
#include <rts/metrics/objects.ipp>
#endif
