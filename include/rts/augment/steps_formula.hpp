#pragma once
// What transforms draw for one tile: plain steps, and the fused draw that they become. Compiled by g++ and nvcc alike.

#include <rts/core/philox_formula.hpp>

namespace rts::inline RTS_ABI::augment {

/// The tile that a chain works on.
struct Frame {
  int height, width;
};

/// What lies outside the tile. `reflect`: its mirror image (fedcba|abcdef|fedcba). `constant`: nothing; such pixels are not valid.
enum class Border { reflect,
                    constant };
constexpr const char* to_text(Border b) { return b == Border::reflect ? "reflect" : "constant"; }

/// (x, y) -> (xx x + xy y + x0, yx x + yy y + y0), in pixels whose centres have whole coordinates.
struct Affine {
  double xx = 1, xy = 0, x0 = 0;
  double yx = 0, yy = 1, y0 = 0;

  /// The map that applies `inner` first, then *this*.
  RTS_HD constexpr Affine after(const Affine& inner) const {
    return {xx * inner.xx + xy * inner.yx, xx * inner.xy + xy * inner.yy, xx * inner.x0 + xy * inner.y0 + x0,
            yx * inner.xx + yy * inner.yx, yx * inner.xy + yy * inner.yy, yx * inner.x0 + yy * inner.y0 + y0};
  }
  RTS_HD constexpr Affine inverse() const {
    const double d = xx * yy - xy * yx;
    const Affine i{yy / d, -xy / d, 0, -yx / d, xx / d, 0};
    return {i.xx, i.xy, -(i.xx * x0 + i.xy * y0), i.yx, i.yy, -(i.yx * x0 + i.yy * y0)};
  }
  friend constexpr bool operator==(const Affine&, const Affine&) = default;
};

/// A geometric step: where a pixel of its result comes from.
struct GeometricStep {
  Affine source;
  Border border = Border::reflect;
};

/// A smooth random displacement: white noise, divided by its largest value, smoothed with `sigma` pixels, times `alpha`.
struct ElasticStep {
  float alpha, sigma;
  std::uint64_t seed;
  Border border = Border::reflect;
};

/// Objects of other tiles pasted before anything moves.
struct PasteStep {
  int objects;
  std::uint64_t seed;
};

enum class Photometric : std::uint8_t { brightness,  ///< values[0]: factor
                                        contrast,    ///< values[0]: factor about the mean grey
                                        saturation,  ///< values[0]: factor about each pixel's grey
                                        hue,         ///< values[0]: rotation about the grey axis, radians
                                        gamma,       ///< values[0]: exponent over [0, white]
                                        noise,       ///< values[0]: standard deviation in units of each band's
                                        shadow,      ///< values[0]: factor inside; values[1..6]: half planes, see `in_shadow`
                                        blur,        ///< values[0]: sigma of a Gaussian, pixels
                                        median,      ///< values[0]: 3 or 5 pixels
                                        clahe,       ///< values[0]: clip limit; values[1]: cells along an edge
                                        cut_out };   ///< values[0..3]: row, column, height, width as shares of the tile

/// One photometric step; needs the pixel alone (up to `shadow`), its neighbours (`blur`, `median`, `clahe`), or a rectangle.
struct PhotometricStep {
  Photometric kind = Photometric::brightness;
  float values[7] = {};
  std::uint64_t seed = 0;
};

/// Whether a step is a linear map of a pixel's colours.
RTS_HD constexpr bool is_linear(Photometric k) { return k <= Photometric::hue; }
/// Whether a step reads a pixel's neighbours: it ends what can be done in one pass.
RTS_HD constexpr bool reads_neighbours(Photometric k) { return k == Photometric::blur || k == Photometric::median || k == Photometric::clahe; }

/// A shadow is the ground between two lines: n.p in [low, high] for p in shares of the tile. values[1], [2]: n; [3]: low; [4]: high.
RTS_HD constexpr bool in_shadow(const PhotometricStep& s, float x, float y) {
  const float along = s.values[1] * x + s.values[2] * y;
  return along >= s.values[3] && along <= s.values[4];
}

/// All that happens to one tile: one map that is sampled once, one displacement, then photometric steps in order.
struct Draw {
  static constexpr int max_steps = 16;

  Affine map;  ///< pixel of the result -> pixel of the source
  Border border = Border::reflect;
  ElasticStep elastic{0, 0, 0};  ///< alpha 0: none. Its field lies on the result's pixels ...
  float turn[4] = {1, 0, 0, 1};  ///< ... and is carried to the source by these: dx = turn[0] u + turn[1] v, dy = turn[2] u + turn[3] v
  PasteStep paste{0, 0};
  int count = 0;
  PhotometricStep steps[max_steps];

  constexpr void operator()(const GeometricStep& s) {
    map = map.after(s.source);
    if (s.border == Border::constant) border = s.border;
  }
  constexpr void operator()(const ElasticStep& s) {
    elastic = s;
    turn[0] = static_cast<float>(map.xx), turn[1] = static_cast<float>(map.xy), turn[2] = static_cast<float>(map.yx), turn[3] = static_cast<float>(map.yy);
    if (s.border == Border::constant) border = s.border;
  }
  constexpr void operator()(const PhotometricStep& s) {
    if (count < max_steps) steps[count++] = s;
  }
  constexpr void operator()(const PasteStep& s) { paste = s; }
};

/// Whether a draw moves whole pixels of a frame onto whole pixels: flips and quarter turns, no sampling.
RTS_HD constexpr bool axis_aligned(const Draw& d, Frame f) {
  const Affine& m = d.map;
  if (d.elastic.alpha != 0) return false;
  const bool straight = m.xy == 0 && m.yx == 0 && (m.xx == 1 || m.xx == -1) && (m.yy == 1 || m.yy == -1);
  const bool turned = m.xx == 0 && m.yy == 0 && (m.xy == 1 || m.xy == -1) && (m.yx == 1 || m.yx == -1) && f.height == f.width;
  return (straight && m.x0 == (m.xx < 0 ? f.width - 1 : 0) && m.y0 == (m.yy < 0 ? f.height - 1 : 0)) ||
         (turned && m.x0 == (m.xy < 0 ? f.width - 1 : 0) && m.y0 == (m.yx < 0 ? f.height - 1 : 0));
}

}  // namespace rts::inline RTS_ABI::augment
