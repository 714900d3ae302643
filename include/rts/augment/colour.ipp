#pragma once
#include <rts/augment/colour.hpp>

#include <algorithm>
#include <cmath>

namespace rts::inline RTS_ABI::augment {

inline constexpr float grey_weights[3] = {0.299f, 0.587f, 0.114f};

RTS_INLINE bool ColourMap::identity() const {
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      if (matrix[i][j] != (i == j ? 1.0f : 0.0f) || offset[i] != 0) return false;
  return true;
}

RTS_INLINE ColourMap ColourMap::after(const ColourMap& inner) const {
  ColourMap out;
  for (int i = 0; i < 3; ++i) {
    out.offset[i] = offset[i];
    for (int j = 0; j < 3; ++j) {
      out.offset[i] += matrix[i][j] * inner.offset[j];
      out.matrix[i][j] = 0;
      for (int k = 0; k < 3; ++k) out.matrix[i][j] += matrix[i][k] * inner.matrix[k][j];
    }
  }
  return out;
}

RTS_INLINE ColourMap colour_map(const PhotometricStep& s, const float mean[3]) {
  ColourMap m;
  const float f = s.values[0];
  const float grey = grey_weights[0] * mean[0] + grey_weights[1] * mean[1] + grey_weights[2] * mean[2];
  switch (s.kind) {
    case Photometric::brightness:
      for (int i = 0; i < 3; ++i) m.matrix[i][i] = f;
      break;
    case Photometric::contrast:
      for (int i = 0; i < 3; ++i) m.matrix[i][i] = f, m.offset[i] = (1 - f) * grey;
      break;
    case Photometric::saturation:
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) m.matrix[i][j] = (i == j ? f : 0) + (1 - f) * grey_weights[j];
      break;
    case Photometric::hue: {
      // RGB -> YIQ, I and Q turned, back.
      constexpr double to[3][3] = {{0.299, 0.587, 0.114}, {0.595716, -0.274453, -0.321263}, {0.211456, -0.522591, 0.311135}};
      constexpr double back[3][3] = {{1, 0.9563, 0.6210}, {1, -0.2721, -0.6474}, {1, -1.1070, 1.7046}};
      const double c = std::cos(f), t = std::sin(f), turn[3][3] = {{1, 0, 0}, {0, c, -t}, {0, t, c}};
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
          double sum = 0;
          for (int k = 0; k < 3; ++k)
            for (int l = 0; l < 3; ++l) sum += back[i][k] * turn[k][l] * to[l][j];
          m.matrix[i][j] = static_cast<float>(sum);
        }
      break;
    }
    default: break;
  }
  return m;
}

RTS_INLINE int point_runs(std::span<const PhotometricStep> steps, float mean[3], const BandSet& bands, std::vector<PointRun>& out) {
  PointRun run;
  int taken = 0;
  for (const PhotometricStep& s : steps) {
    if (reads_neighbours(s.kind)) break;
    ++taken;
    if (s.kind == Photometric::cut_out || (s.kind != Photometric::noise && !bands.has_colours())) continue;
    if (is_linear(s.kind)) {
      const ColourMap m = colour_map(s, mean);
      float next[3];
      for (int i = 0; i < 3; ++i) next[i] = m.matrix[i][0] * mean[0] + m.matrix[i][1] * mean[1] + m.matrix[i][2] * mean[2] + m.offset[i];
      std::copy_n(next, 3, mean);
      run.map = m.after(run.map);
      continue;
    }
    if (s.kind == Photometric::gamma)
      for (int i = 0; i < 3; ++i) mean[i] = bands.white[i] * std::pow(std::clamp(mean[i] / bands.white[i], 0.0f, 1.0f), s.values[0]);
    run.then = &s;
    out.push_back(run);
    run = {};
  }
  out.push_back(run);
  return taken;
}

}  // namespace rts::inline RTS_ABI::augment
