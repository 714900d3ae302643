#pragma once
// A map of a coarser scale, kept in a file without a name, read back row by row and enlarged.

#include <rts/core/config.hpp>

#include <cstdio>
#include <vector>

namespace rts::inline RTS_ABI::inference {

class CoarseMap {
 public:
  CoarseMap(int factor, int width, int height);
  ~CoarseMap();
  CoarseMap(const CoarseMap&) = delete;
  /// One row, -1 where there is no data. errors: RTS-I60 the temporary folder is full
  void put(int row, const float* p);
  /// The larger of a native row and this map there, between the four nearest coarse pixels that hold data. Native pixels without data stay.
  void merge_maximum(int native_row, int column, int width, float* row);

 private:
  const std::vector<float>& row(int y);
  int factor_, width_, height_;
  std::FILE* file_;
  std::vector<float> kept_[2];
  int kept_row_[2] = {-1, -1};
};

}  // namespace rts::inline RTS_ABI::inference

#if RTS_HEADER_ONLY
#include <rts/inference/coarse_map.ipp>
#endif
