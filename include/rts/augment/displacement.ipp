#pragma once
#include <rts/augment/displacement.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rts::inline RTS_ABI::augment {
namespace detail {

/// The s for which whole-numbered taps exp(-k^2 / 2 s^2) have this variance: a little above its root where taps are few.
inline double deviation_of_taps(double variance) {
  if (variance <= 0) return 0;
  double low = 0.05, high = 2 * std::sqrt(variance) + 0.5;
  for (int i = 0; i < 60; ++i) {
    const double s = (low + high) / 2;
    double sum = 1, square = 0;
    for (int k = 1; k <= 8 * s + 2; ++k) {
      const double t = 2 * std::exp(-0.5 * k * k / (s * s));
      sum += t, square += t * k * k;
    }
    (square / sum < variance ? low : high) = s;
  }
  return (low + high) / 2;
}

}  // namespace detail

RTS_INLINE double Displacement::deviation(double alpha, double sigma, Frame f) {
  const double n = 2.0 * f.height * f.width, root = std::sqrt(2 * std::log(2 * n));  // largest |x| of n normal numbers: Gumbel's mean
  const double largest = root - (std::log(std::log(2 * n)) + std::log(4 * std::numbers::pi)) / (2 * root) + 0.5772156649 / root;
  return alpha / (2 * std::sqrt(std::numbers::pi) * sigma) / largest;
}

RTS_INLINE FieldShape field_shape(const ElasticStep& e, Frame f) {
  // Smoothing by sigma = white nodes, smoothed by s nodes, then by the spline, whose variance is 1/3 node squared.
  FieldShape shape;
  shape.step = std::max(1, static_cast<int>(e.sigma * (2.0f / 3.0f)));
  if (shape.step > 4) shape.step -= shape.step % 4;  // whole vectors
  shape.columns = (f.width - 1) / shape.step + 4;
  shape.rows = (f.height - 1) / shape.step + 4;
  const double wanted = std::max(0.0, double(e.sigma) * e.sigma / (double(shape.step) * shape.step) - 1.0 / 3);
  const double s = detail::deviation_of_taps(wanted);
  shape.reach = std::min(FieldShape::max_reach, static_cast<int>(std::ceil(3.5 * s)));
  for (int k = -shape.reach; k <= shape.reach; ++k) shape.taps[k + shape.reach] = s > 0 ? static_cast<float>(std::exp(-0.5 * k * k / (s * s))) : 1.0f;
  double variance = 0;  // of spline and taps along one axis, mean over the places between nodes
  for (int p = 0; p < shape.step; ++p) {
    double w[4];
    spline_weights(static_cast<double>(p) / shape.step, w);
    for (int m = 0; m < 4 + 2 * shape.reach; ++m) {
      double sum = 0;
      for (int k = 0; k < 4; ++k)
        if (m - k >= 0 && m - k <= 2 * shape.reach) sum += w[k] * shape.taps[m - k];
      variance += sum * sum / shape.step;
    }
  }
  shape.gain = static_cast<float>(Displacement::deviation(e.alpha, e.sigma, f) / variance);
  return shape;
}

RTS_INLINE void Displacement::prepare(const ElasticStep& e, Frame f) {
  const FieldShape shape = field_shape(e, f);
  step_ = shape.step, columns_ = shape.columns, rows_ = shape.rows;
  weights_.resize(4 * static_cast<std::size_t>(step_));
  for (int p = 0; p < step_; ++p) {
    double w[4];
    spline_weights(static_cast<double>(p) / step_, w);
    for (std::size_t k = 0; k < 4; ++k) weights_[k * static_cast<std::size_t>(step_) + static_cast<std::size_t>(p)] = static_cast<float>(w[k]);
  }
  // White nodes with room for the taps.
  const int wide = columns_ + 2 * shape.reach, high = rows_ + 2 * shape.reach;
  const auto count = static_cast<std::size_t>(wide) * static_cast<std::size_t>(high);
  std::vector<float> white(2 * count);
  for (std::size_t i = 0; i < white.size(); i += 4) {
    const PhiloxBlock b = white_block(e.seed, static_cast<std::uint32_t>(i));
    for (std::size_t k = 0; k < 4 && i + k < white.size(); ++k) white[i + k] = white_value(b.v[k]);
  }
  nodes_.assign(2 * static_cast<std::size_t>(rows_) * static_cast<std::size_t>(columns_), 0.0f);
  std::vector<float> line(static_cast<std::size_t>(wide));
  for (std::size_t field = 0; field < 2; ++field)
    for (int y = 0; y < rows_; ++y) {
      std::fill(line.begin(), line.end(), 0.0f);
      for (int k = 0; k <= 2 * shape.reach; ++k) {
        const float* from = white.data() + field * count + static_cast<std::size_t>(y + k) * static_cast<std::size_t>(wide);
        const float t = shape.taps[k] * shape.gain;
        for (int x = 0; x < wide; ++x) line[static_cast<std::size_t>(x)] += t * from[x];
      }
      float* to = nodes_.data() + (field * static_cast<std::size_t>(rows_) + static_cast<std::size_t>(y)) * static_cast<std::size_t>(columns_);
      for (int k = 0; k <= 2 * shape.reach; ++k)
        for (int x = 0; x < columns_; ++x) to[x] += shape.taps[k] * line[static_cast<std::size_t>(x + k)];
    }
}

RTS_INLINE void Displacement::at(double x, double y, double& u, double& v) const {
  const auto place = [this](double p, int n, int& node, double w[4]) {
    const double q = std::clamp(p / step_, 0.0, n - 4.0 + 0.999999);
    node = static_cast<int>(q);
    spline_weights(q - node, w);
  };
  int column = 0, row = 0;
  double wx[4], wy[4];
  place(x, columns_, column, wx);
  place(y, rows_, row, wy);
  u = v = 0;
  for (int j = 0; j < 4; ++j)
    for (int i = 0; i < 4; ++i) {
      const std::size_t k = static_cast<std::size_t>(row + j) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(column + i);
      u += wy[j] * wx[i] * nodes_[k];
      v += wy[j] * wx[i] * nodes_[static_cast<std::size_t>(rows_) * static_cast<std::size_t>(columns_) + k];
    }
}

}  // namespace rts::inline RTS_ABI::augment
