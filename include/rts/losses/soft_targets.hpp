#pragma once
// Distances to class borders and soft targets of one tile on the CPU. Pointers and numbers only; knows no tensor.

#include <rts/losses/math_formula.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace rts::kernels {

/// A tile's labels with their shape.
struct LabelTile {
  const std::uint8_t* labels;
  const std::uint8_t* valid;
  int height, width, classes;
  int planes;  ///< of targets: classes, or 1 for one logit (class 1 alone)
  std::size_t pixels() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
  bool known(std::size_t i) const { return valid[i] && labels[i] != ignored_label; }
  int label(std::size_t i) const { return classes == 2 ? labels[i] > 0 : labels[i]; }
};

/// Distance of every pixel to the nearest pixel of `set`, exact up to `limit` and `limit` + 1 beyond. Euclidean or chessboard.
inline void limited_distance(const std::vector<std::uint8_t>& set, int height, int width, int limit, bool euclidean, std::vector<float>& out) {
  const float far = static_cast<float>(limit) + 1;
  const auto w = static_cast<std::size_t>(width), h = static_cast<std::size_t>(height);
  std::vector<float> column(w * h);
  for (std::size_t y = 0; y < h; ++y)
    for (std::size_t x = 0; x < w; ++x) column[y * w + x] = set[y * w + x] ? 0 : y > 0 ? std::min(far, column[(y - 1) * w + x] + 1)
                                                                                       : far;
  for (std::size_t y = h - 1; y-- > 0;)
    for (std::size_t x = 0; x < w; ++x) column[y * w + x] = std::min(column[y * w + x], column[(y + 1) * w + x] + 1);
  out.assign(w * h, euclidean ? far * far : far);
  for (std::size_t y = 0; y < h; ++y)
    for (int dx = -limit; dx <= limit; ++dx) {
      const int from = std::max(0, -dx), to = std::min(width, width - dx);
      const float *g = &column[y * w], side = static_cast<float>(dx < 0 ? -dx : dx);
      float* o = &out[y * w];
      if (euclidean)
        for (int x = from; x < to; ++x) o[x] = std::min(o[x], g[x + dx] < far ? side * side + g[x + dx] * g[x + dx] : far * far);
      else
        for (int x = from; x < to; ++x) o[x] = std::min(o[x], std::max(side, g[x + dx]));
    }
  if (euclidean)
    for (float& d : out) d = std::min(far, std::sqrt(d));
}

/// weight of each pixel: at_border + (1 - at_border) min(d, width) / width, d to the nearest known pixel of another class.
inline void border_weights(const LabelTile& t, int width, double at_border, bool euclidean, float* weights) {
  const std::size_t n = t.pixels();
  std::vector<std::uint8_t> set(n);
  std::vector<float> d;
  std::fill(weights, weights + n, 1.0f);
  for (int c = 0; c < t.classes; ++c) {
    bool any = false, other = false;
    for (std::size_t i = 0; i < n; ++i) {
      const bool known = t.known(i), mine = known && t.label(i) == c;
      set[i] = known && !mine;
      any |= mine, other |= set[i] != 0;
    }
    if (!any || !other) continue;
    limited_distance(set, t.height, t.width, width, euclidean, d);
    for (std::size_t i = 0; i < n; ++i)
      if (t.known(i) && t.label(i) == c) weights[i] = static_cast<float>(at_border + (1 - at_border) * std::min<double>(d[i], width) / width);
  }
}

/// t_c of DistanceSoft for every class, planes of height x width; binary: the plane of class 1 alone.
inline void distance_targets(const LabelTile& t, int width, float* planes) {
  const std::size_t n = t.pixels();
  std::vector<std::uint8_t> inside(n), outside(n);
  std::vector<float> to_inside, to_outside, total(n, 0.0f);
  const int first = t.classes - t.planes;
  for (int c = first; c < t.classes; ++c) {
    for (std::size_t i = 0; i < n; ++i) {
      const bool known = t.known(i), mine = known && t.label(i) == c;
      inside[i] = mine, outside[i] = known && !mine;
    }
    limited_distance(inside, t.height, t.width, width + 1, true, to_inside);
    limited_distance(outside, t.height, t.width, width + 1, true, to_outside);
    float* u = planes + static_cast<std::size_t>(c - first) * n;
    for (std::size_t i = 0; i < n; ++i) {
      const float signed_distance = inside[i] ? to_outside[i] - 0.5f : 0.5f - to_inside[i];
      u[i] = std::clamp(0.5f + signed_distance / (2.0f * static_cast<float>(width)), 0.0f, 1.0f);
      total[i] += u[i];
    }
  }
  if (first == 0)
    for (int c = 0; c < t.classes; ++c)
      for (std::size_t i = 0; i < n; ++i) planes[static_cast<std::size_t>(c) * n + i] /= total[i] > 0 ? total[i] : 1.0f;
}

/// t_c of Gaussian; planes as above.
inline void gaussian_targets(const LabelTile& t, double sigma, float* planes) {
  const std::size_t n = t.pixels(), w = static_cast<std::size_t>(t.width);
  const int radius = static_cast<int>(std::lround(4 * sigma));
  std::vector<float> kernel(static_cast<std::size_t>(radius) + 1);
  for (int i = 0; i <= radius; ++i) kernel[static_cast<std::size_t>(i)] = static_cast<float>(std::exp(-0.5 * i * i / (sigma * sigma)));
  std::vector<float> plane(n), rows(n), mass(n);
  const auto blur = [&](std::vector<float>& from, float* to) {
    std::fill(rows.begin(), rows.end(), 0.0f);
    for (int y = 0; y < t.height; ++y)
      for (int dx = -radius; dx <= radius; ++dx) {
        const float k = kernel[static_cast<std::size_t>(dx < 0 ? -dx : dx)];
        const float* f = &from[static_cast<std::size_t>(y) * w];
        float* r = &rows[static_cast<std::size_t>(y) * w];
        for (int x = std::max(0, -dx); x < std::min(t.width, t.width - dx); ++x) r[x] += k * f[x + dx];
      }
    std::fill(to, to + n, 0.0f);
    for (int y = 0; y < t.height; ++y)
      for (int v = std::max(0, y - radius); v <= std::min(t.height - 1, y + radius); ++v) {
        const float k = kernel[static_cast<std::size_t>(v < y ? y - v : v - y)];
        for (std::size_t x = 0; x < w; ++x) to[static_cast<std::size_t>(y) * w + x] += k * rows[static_cast<std::size_t>(v) * w + x];
      }
  };
  for (std::size_t i = 0; i < n; ++i) plane[i] = t.known(i);
  blur(plane, mass.data());
  const int first = t.classes - t.planes;
  for (int c = first; c < t.classes; ++c) {
    for (std::size_t i = 0; i < n; ++i) plane[i] = t.known(i) && t.label(i) == c;
    float* to = planes + static_cast<std::size_t>(c - first) * n;
    blur(plane, to);
    for (std::size_t i = 0; i < n; ++i) to[i] = mass[i] > 0 ? std::min(1.0f, to[i] / mass[i]) : 0;
  }
}

/// t_c of Smoothed; planes as above.
inline void smoothed_targets(const LabelTile& t, double epsilon, float* planes) {
  const std::size_t n = t.pixels();
  const int first = t.classes - t.planes;
  const float low = static_cast<float>(epsilon / t.classes), high = static_cast<float>(1 - epsilon + epsilon / t.classes);
  for (int c = first; c < t.classes; ++c)
    for (std::size_t i = 0; i < n; ++i) planes[static_cast<std::size_t>(c - first) * n + i] = t.known(i) && t.label(i) == c ? high : low;
}

}  // namespace rts::kernels
