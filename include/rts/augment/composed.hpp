#pragma once
// The reference of a chain: one operation after another, each sampling the result of the one before, in double precision. Slow and plain.

#include <rts/augment/colour.hpp>
#include <rts/augment/displacement.hpp>

#include <cmath>
#include <cstdint>
#include <variant>
#include <vector>

namespace rts::inline RTS_ABI::augment {

/// Collects a chain's steps: the sink of the reference, as `Draw` is the sink of the fused chain.
struct StepList {
  std::vector<std::variant<GeometricStep, ElasticStep, PhotometricStep, PasteStep>> steps;
  template <class Step>
  void operator()(const Step& s) { steps.push_back(s); }
};

/// A tile in the reference's precision: planar bands of stored values.
struct PlainTile {
  Frame frame;
  std::vector<double> image;
  std::vector<std::uint8_t> label, valid;
};

namespace detail {

inline double reflected(double f, int n) {
  double t = std::fmod(f + 0.5, 2.0 * n);
  if (t < 0) t += 2.0 * n;
  t = (t > n ? 2.0 * n - t : t) - 0.5;
  return std::min(std::max(t, 0.0), n - 1.0);
}

/// `place(x, y, sx, sy)`: where the pixel (x, y) of the result comes from.
template <class Place>
PlainTile resampled(const PlainTile& t, std::size_t bands, Border border, Place&& place) {
  const int h = t.frame.height, w = t.frame.width;
  const std::size_t area = t.label.size();
  PlainTile out{t.frame, std::vector<double>(t.image.size()), std::vector<std::uint8_t>(area), std::vector<std::uint8_t>(area)};
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) {
      double sx = 0, sy = 0;
      place(x, y, sx, sy);
      const bool outside = sx < 0 || sy < 0 || sx > w - 1 || sy > h - 1;
      sx = reflected(sx, w), sy = reflected(sy, h);
      const int x0 = std::min(static_cast<int>(sx), w - 2), y0 = std::min(static_cast<int>(sy), h - 2);
      const double fx = sx - x0, fy = sy - y0;
      const double weight[4] = {(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy};
      const std::size_t first = static_cast<std::size_t>(y0) * static_cast<std::size_t>(w) + static_cast<std::size_t>(x0);
      const std::size_t from[4] = {first, first + 1, first + static_cast<std::size_t>(w), first + static_cast<std::size_t>(w) + 1};
      const std::size_t to = static_cast<std::size_t>(y) * static_cast<std::size_t>(w) + static_cast<std::size_t>(x);
      bool valid = !(border == Border::constant && outside);
      for (int i = 0; i < 4; ++i) valid = valid && (weight[i] == 0 || t.valid[from[i]]);
      out.valid[to] = valid;
      for (std::size_t b = 0; b < bands; ++b)
        for (int i = 0; i < 4; ++i) out.image[b * area + to] += weight[i] * t.image[b * area + from[i]];
      const std::size_t nearest = static_cast<std::size_t>(sy + 0.5) * static_cast<std::size_t>(w) + static_cast<std::size_t>(sx + 0.5);
      out.label[to] = valid ? t.label[nearest] : 255;
    }
  return out;
}

}  // namespace detail

/// Geometric and linear colour steps of a chain, one after another; other steps are left out (they are one operation in both forms).
/// Returns the normalised tile. Nodata is filled with the band's mean first.
inline PlainTile composed(PlainTile t, const StepList& list, const BandSet& bands) {
  const std::size_t count = bands.bands.size(), area = t.label.size();
  for (std::size_t b = 0; b < count; ++b)
    for (std::size_t i = 0; i < area; ++i)
      if (!t.valid[i]) t.image[b * area + i] = bands.bands[b].mean / bands.bands[b].scale;
  float mean[3] = {};
  if (bands.has_colours())
    for (std::size_t c = 0; c < 3; ++c) {
      double sum = 0, n = 0;
      for (std::size_t i = 0; i < area; ++i)
        if (t.valid[i]) sum += t.image[static_cast<std::size_t>(bands.colours[c]) * area + i], n += 1;
      mean[c] = static_cast<float>(n > 0 ? sum / n : 0);
    }
  for (std::size_t k = 0; k < list.steps.size(); ++k) {
    if (const auto* g = std::get_if<GeometricStep>(&list.steps[k])) {
      t = detail::resampled(t, count, g->border, [&](int x, int y, double& sx, double& sy) {
        sx = g->source.xx * x + g->source.xy * y + g->source.x0;
        sy = g->source.yx * x + g->source.yy * y + g->source.y0;
      });
    } else if (const auto* e = std::get_if<ElasticStep>(&list.steps[k])) {
      Affine later;  // pixel of the last result -> pixel of this one: the field lies on the last result's pixels
      for (std::size_t j = k + 1; j < list.steps.size(); ++j)
        if (const auto* next = std::get_if<GeometricStep>(&list.steps[j])) later = later.after(next->source);
      const Affine back = later.inverse();
      Displacement field;
      field.prepare(*e, t.frame);
      t = detail::resampled(t, count, e->border, [&](int x, int y, double& sx, double& sy) {
        double u = 0, v = 0;
        field.at(back.xx * x + back.xy * y + back.x0, back.yx * x + back.yy * y + back.y0, u, v);
        sx = x + u, sy = y + v;
      });
    } else if (const auto* p = std::get_if<PhotometricStep>(&list.steps[k]); p && is_linear(p->kind) && bands.has_colours()) {
      const ColourMap m = colour_map(*p, mean);
      float next[3];
      for (int i = 0; i < 3; ++i) next[i] = m.matrix[i][0] * mean[0] + m.matrix[i][1] * mean[1] + m.matrix[i][2] * mean[2] + m.offset[i];
      for (std::size_t i = 0; i < area; ++i) {
        double* v[3];
        double out[3];
        for (std::size_t c = 0; c < 3; ++c) v[c] = &t.image[static_cast<std::size_t>(bands.colours[c]) * area + i];
        for (int c = 0; c < 3; ++c) out[c] = m.matrix[c][0] * *v[0] + m.matrix[c][1] * *v[1] + m.matrix[c][2] * *v[2] + m.offset[c];
        for (std::size_t c = 0; c < 3; ++c) *v[c] = out[c];
      }
      for (int c = 0; c < 3; ++c) mean[c] = next[c];
    }
  }
  for (std::size_t b = 0; b < count; ++b)
    for (std::size_t i = 0; i < area; ++i) {
      double& v = t.image[b * area + i];
      v = t.valid[i] ? (v * bands.bands[b].scale - bands.bands[b].mean) * bands.bands[b].factor : 0;
    }
  return t;
}

}  // namespace rts::inline RTS_ABI::augment
