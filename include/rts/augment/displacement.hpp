#pragma once
// The smooth random field of `Elastic`: a cubic B-spline over coarse nodes, evaluated row by row or at any point.

#include <rts/augment/pixel_formula.hpp>

#include <algorithm>
#include <vector>

namespace rts::inline RTS_ABI::augment {

/// How a field is made: white nodes `step` pixels apart, smoothed by `taps` (the vertical ones times `gain`), then a spline between them.
struct FieldShape {
  static constexpr int max_reach = 11;
  int step = 1, columns = 0, rows = 0, reach = 0;
  float gain = 0;
  float taps[2 * max_reach + 1] = {};
};
FieldShape field_shape(const ElasticStep& step, Frame frame);

/// Two independent fields (u along x, v along y) over a tile, in pixels. Holds 2 x (width / step + 4) x (height / step + 4) floats.
class Displacement {
 public:
  /// Draws the field: the same for the same step and frame, on any machine and thread.
  void prepare(const ElasticStep& step, Frame frame);
  /// u and v of pixels x .. x + n of row y. Inline, to take the caller's instruction set.
  [[gnu::always_inline]] inline void row(int y, int x, int n, float* __restrict__ u, float* __restrict__ v);
  /// At a point (x, y) of the frame: what `row` gives at whole coordinates.
  void at(double x, double y, double& u, double& v) const;
  /// Standard deviation of a field: alpha / (2 sqrt(pi) sigma) over the largest of the frame's 2 x height x width normal numbers.
  static double deviation(double alpha, double sigma, Frame frame);

 private:
  int step_ = 1, columns_ = 0, rows_ = 0;
  std::vector<float> nodes_;    ///< [2][rows][columns]
  std::vector<float> line_;     ///< [2][columns]
  std::vector<float> weights_;  ///< [4][step]: of a B-spline's four nodes, by the place between nodes
};

void Displacement::row(int y, int x, int n, float* __restrict__ u, float* __restrict__ v) {
  const std::size_t step = static_cast<std::size_t>(step_), columns = static_cast<std::size_t>(columns_);
  const std::size_t low = static_cast<std::size_t>(x) / step, high = static_cast<std::size_t>(x + n - 1) / step + 4;
  const float* vertical = weights_.data() + y % step_;
  line_.resize(2 * columns);
  float* const line[2] = {line_.data(), line_.data() + columns};
  for (std::size_t field = 0; field < 2; ++field) {
    const float* node = nodes_.data() + (field * static_cast<std::size_t>(rows_) + static_cast<std::size_t>(y / step_)) * columns;
    float* __restrict__ to = line[field];
    for (std::size_t i = low; i < high; ++i) to[i] = vertical[0] * node[i] + vertical[step] * node[i + columns] + vertical[2 * step] * node[i + 2 * columns] + vertical[3 * step] * node[i + 3 * columns];
  }
  const float *w0 = weights_.data(), *w1 = w0 + step, *w2 = w1 + step, *w3 = w2 + step;
  for (std::size_t at = 0, p = static_cast<std::size_t>(x) % step, i = low; at < static_cast<std::size_t>(n); ++i, p = 0) {
    const std::size_t last = std::min(step, p + static_cast<std::size_t>(n) - at);
    const float *a = line[0] + i, *b = line[1] + i;
    const float a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3];
    for (; p + 4 <= last; p += 4, at += 4)  // four at a time: nodes lie a multiple of 4 apart but for the smallest fields
      for (std::size_t q = 0; q < 4; ++q) {
        u[at + q] = w0[p + q] * a0 + w1[p + q] * a1 + w2[p + q] * a2 + w3[p + q] * a3;
        v[at + q] = w0[p + q] * b0 + w1[p + q] * b1 + w2[p + q] * b2 + w3[p + q] * b3;
      }
    for (; p < last; ++p, ++at) {
      u[at] = w0[p] * a0 + w1[p] * a1 + w2[p] * a2 + w3[p] * a3;
      v[at] = w0[p] * b0 + w1[p] * b1 + w2[p] * b2 + w3[p] * b3;
    }
  }
}

}  // namespace rts::inline RTS_ABI::augment

#if RTS_HEADER_ONLY
#include <rts/augment/displacement.ipp>
#endif
