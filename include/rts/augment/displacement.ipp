#pragma once
#include <rts/augment/displacement.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rts::inline RTS_ABI::augment {
namespace detail {

/// Weights of the four nodes around a place t in [0, 1) between the second and the third.
inline void spline_weights(double t, double w[4]) {
  const double s = 1 - t;
  w[0] = s * s * s / 6;
  w[1] = (3 * t * t * t - 6 * t * t + 4) / 6;
  w[2] = (3 * s * s * s - 6 * s * s + 4) / 6;
  w[3] = t * t * t / 6;
}

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

RTS_INLINE void Displacement::prepare(const ElasticStep& e, Frame f) {
  // Smoothing by sigma = white nodes, smoothed by s nodes, then by the spline, whose variance is 1/3 node squared.
  step_ = std::max(1, static_cast<int>(e.sigma * (2.0f / 3.0f)));
  if (step_ > 4) step_ -= step_ % 4;  // whole vectors
  columns_ = (f.width - 1) / step_ + 4;
  rows_ = (f.height - 1) / step_ + 4;
  const double wanted = std::max(0.0, double(e.sigma) * e.sigma / (double(step_) * step_) - 1.0 / 3);
  const double s = detail::deviation_of_taps(wanted);
  const int reach = static_cast<int>(std::ceil(3.5 * s));
  std::vector<float> taps(static_cast<std::size_t>(2 * reach + 1));
  for (int k = -reach; k <= reach; ++k) taps[static_cast<std::size_t>(k + reach)] = s > 0 ? static_cast<float>(std::exp(-0.5 * k * k / (s * s))) : 1.0f;

  weights_.resize(4 * static_cast<std::size_t>(step_));
  double variance = 0;  // of spline and taps along one axis, mean over the places between nodes
  for (int p = 0; p < step_; ++p) {
    double w[4];
    detail::spline_weights(static_cast<double>(p) / step_, w);
    for (std::size_t k = 0; k < 4; ++k) weights_[k * static_cast<std::size_t>(step_) + static_cast<std::size_t>(p)] = static_cast<float>(w[k]);
    for (int m = 0; m < 4 + 2 * reach; ++m) {
      double sum = 0;
      for (int k = 0; k < 4; ++k)
        if (m - k >= 0 && m - k <= 2 * reach) sum += w[k] * taps[static_cast<std::size_t>(m - k)];
      variance += sum * sum / step_;
    }
  }
  const float gain = static_cast<float>(deviation(e.alpha, e.sigma, f) / variance);

  // White nodes with room for the taps: sums of four bytes, unit variance, nearly normal.
  const int wide = columns_ + 2 * reach, high = rows_ + 2 * reach;
  const auto count = static_cast<std::size_t>(wide) * static_cast<std::size_t>(high);
  std::vector<float> white(2 * count), smooth;
  const std::uint32_t key0 = static_cast<std::uint32_t>(e.seed), key1 = static_cast<std::uint32_t>(e.seed >> 32);
  constexpr float unit = 0.00676583f;  // 1 / sqrt(4 (256^2 - 1) / 12)
  for (std::size_t i = 0; i < white.size(); i += 4) {
    const PhiloxBlock b = philox({{static_cast<std::uint32_t>(i), 0xE1A5u, 0, 0}}, key0, key1);
    for (std::size_t k = 0; k < 4 && i + k < white.size(); ++k) {
      const std::uint32_t v = b.v[k];
      white[i + k] = (static_cast<float>((v & 255) + (v >> 8 & 255) + (v >> 16 & 255) + (v >> 24)) - 510.0f) * unit;
    }
  }
  nodes_.assign(2 * static_cast<std::size_t>(rows_) * static_cast<std::size_t>(columns_), 0.0f);
  std::vector<float> line(static_cast<std::size_t>(wide));
  for (std::size_t field = 0; field < 2; ++field)
    for (int y = 0; y < rows_; ++y) {
      std::fill(line.begin(), line.end(), 0.0f);
      for (int k = 0; k <= 2 * reach; ++k) {
        const float* from = white.data() + field * count + static_cast<std::size_t>(y + k) * static_cast<std::size_t>(wide);
        const float t = taps[static_cast<std::size_t>(k)] * gain;
        for (int x = 0; x < wide; ++x) line[static_cast<std::size_t>(x)] += t * from[x];
      }
      float* to = nodes_.data() + (field * static_cast<std::size_t>(rows_) + static_cast<std::size_t>(y)) * static_cast<std::size_t>(columns_);
      for (int k = 0; k <= 2 * reach; ++k)
        for (int x = 0; x < columns_; ++x) to[x] += taps[static_cast<std::size_t>(k)] * line[static_cast<std::size_t>(x + k)];
    }
}

RTS_INLINE void Displacement::at(double x, double y, double& u, double& v) const {
  const auto place = [this](double p, int n, int& node, double w[4]) {
    const double q = std::clamp(p / step_, 0.0, n - 4.0 + 0.999999);
    node = static_cast<int>(q);
    detail::spline_weights(q - node, w);
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
