#pragma once
#include <rts/inference/coarse_map.hpp>

#include <rts/core/error.hpp>

#include <algorithm>
#include <cmath>

namespace rts::inline RTS_ABI::inference {

RTS_INLINE CoarseMap::CoarseMap(int factor, int width, int height) : factor_(factor), width_(width), height_(height), file_(std::tmpfile()) {
  RTS_CHECK(file_, .code = "RTS-I60", .what = "no temporary file for a coarser map", .fix = "free the temporary folder, or set TMPDIR");
}
RTS_INLINE CoarseMap::~CoarseMap() { std::fclose(file_); }

RTS_INLINE void CoarseMap::put(int row, const float* p) {
  const auto n = static_cast<std::size_t>(width_);
  const bool good = ::fseeko(file_, static_cast<off_t>(row) * static_cast<off_t>(n * sizeof(float)), SEEK_SET) == 0 && std::fwrite(p, sizeof(float), n, file_) == n;
  RTS_CHECK(good, .code = "RTS-I60", .what = "a coarser map cannot be kept", .expected = std::to_string(n * sizeof(float)) + " bytes a row", .found = "the temporary folder is full", .fix = "free it, or set TMPDIR");
}

RTS_INLINE const std::vector<float>& CoarseMap::row(int y) {
  for (int i = 0; i < 2; ++i)
    if (kept_row_[i] == y) return kept_[i];
  const int slot = y & 1;
  kept_[slot].assign(static_cast<std::size_t>(width_), -1.0f);
  kept_row_[slot] = y;
  std::fflush(file_);
  if (::fseeko(file_, static_cast<off_t>(y) * static_cast<off_t>(kept_[slot].size() * sizeof(float)), SEEK_SET) == 0) {
    const std::size_t got = std::fread(kept_[slot].data(), sizeof(float), kept_[slot].size(), file_);
    if (got != kept_[slot].size()) std::fill(kept_[slot].begin(), kept_[slot].end(), -1.0f);
  }
  return kept_[slot];
}

RTS_INLINE void CoarseMap::merge_maximum(int native_row, int column, int width, float* out) {
  const double at = (native_row + 0.5) / factor_ - 0.5;
  const int y0 = std::clamp(static_cast<int>(std::floor(at)), 0, height_ - 1), y1 = std::min(y0 + 1, height_ - 1);
  const float lower = static_cast<float>(std::clamp(at - y0, 0.0, 1.0));
  const std::vector<float>&a = row(y0), &b = row(y1);
  for (int x = 0; x < width; ++x) {
    if (out[x] < 0) continue;
    const double place = (column + x + 0.5) / factor_ - 0.5;
    const int x0 = std::clamp(static_cast<int>(std::floor(place)), 0, width_ - 1), x1 = std::min(x0 + 1, width_ - 1);
    const float right = static_cast<float>(std::clamp(place - x0, 0.0, 1.0));
    const float values[4] = {a[static_cast<std::size_t>(x0)], a[static_cast<std::size_t>(x1)], b[static_cast<std::size_t>(x0)], b[static_cast<std::size_t>(x1)]}, weights[4] = {(1 - right) * (1 - lower), right * (1 - lower), (1 - right) * lower, right * lower};
    float sum = 0, weight = 0;
    for (int k = 0; k < 4; ++k)
      if (values[k] >= 0) sum += weights[k] * values[k], weight += weights[k];
    if (weight > 0) out[x] = std::max(out[x], sum / weight);
  }
}

}  // namespace rts::inline RTS_ABI::inference
