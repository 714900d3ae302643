#pragma once
// Loops over rows of pixels that compilers vectorise: where pixels come from, bilinear samples, colours. No memory of their own.
// All are forced inline, so that they take the instruction set of the function that calls them.

#include <rts/augment/colour.hpp>
#include <rts/augment/pixel_formula.hpp>
#include <rts/core/instruction_set.hpp>

#include <cstring>

#define RTS_ROWS [[gnu::always_inline]] inline

namespace rts::inline RTS_ABI::augment::rows {

/// Where pixels of a row are sampled: `index` of the upper left source pixel, weights of the right and lower ones, `nearest` source pixel.
struct Places {
  std::int32_t* index;
  float *right, *lower;
  std::int32_t* nearest;
};

/// Source places of pixels x0 .. x0 + n of row y, in a source whose rows lie `stride` apart. `u`, `v`: displacement on the row, or null.
template <bool Displaced>
RTS_ROWS void places(const Affine& m, int y, int x0, int n, const float* __restrict__ u, const float* __restrict__ v, const float turn[4], Frame f, std::int32_t stride, const Places& to) {
  const float xx = static_cast<float>(m.xx), yx = static_cast<float>(m.yx), bx = static_cast<float>(m.xx * x0 + m.xy * y + m.x0), by = static_cast<float>(m.yx * x0 + m.yy * y + m.y0);
  const float w = static_cast<float>(f.width), h = static_cast<float>(f.height);
  const float t0 = turn[0], t1 = turn[1], t2 = turn[2], t3 = turn[3];
  std::int32_t* __restrict__ index = to.index, * __restrict__ nearest = to.nearest;
  float* __restrict__ right = to.right, * __restrict__ lower = to.lower;
  const std::int32_t last_x = f.width - 2, last_y = f.height - 2;
  for (int x = 0; x < n; ++x) {
    float sx = xx * static_cast<float>(x) + bx, sy = yx * static_cast<float>(x) + by;
    if constexpr (Displaced) {
      sx += t0 * u[x] + t1 * v[x];
      sy += t2 * u[x] + t3 * v[x];
    }
    sx = fold(sx, w);
    sy = fold(sy, h);
    std::int32_t ix = static_cast<std::int32_t>(sx), iy = static_cast<std::int32_t>(sy);
    ix = ix > last_x ? last_x : ix;
    iy = iy > last_y ? last_y : iy;
    right[x] = sx - static_cast<float>(ix);
    lower[x] = sy - static_cast<float>(iy);
    index[x] = iy * stride + ix;
    nearest[x] = static_cast<std::int32_t>(sy + 0.5f) * stride + static_cast<std::int32_t>(sx + 0.5f);
  }
}

/// Which pixels of a row come from outside the tile: places before folding.
inline void outside(const Affine& m, int y, int x0, int n, const float* u, const float* v, const float turn[4], Frame f, std::uint8_t* out) {
  for (int x = 0; x < n; ++x) {
    double sx = m.xx * (x0 + x) + m.xy * y + m.x0, sy = m.yx * (x0 + x) + m.yy * y + m.y0;
    if (u) sx += turn[0] * u[x] + turn[1] * v[x], sy += turn[2] * u[x] + turn[3] * v[x];
    out[x] = sx < 0 || sy < 0 || sx > f.width - 1 || sy > f.height - 1;
  }
}

/// Copies each place's pair of neighbouring 4-byte pixels, of the upper and of the lower row.
RTS_ROWS void pairs(const std::uint32_t* __restrict__ plane, const std::int32_t* __restrict__ index, int width, int stride, std::uint32_t* __restrict__ upper, std::uint32_t* __restrict__ lower) {
  for (int x = 0; x < width; ++x) {
    const std::uint32_t* from = plane + index[x];
    std::memcpy(upper + 2 * x, from, 8);
    std::memcpy(lower + 2 * x, from + stride, 8);
  }
}

/// One byte of each 4-byte pixel, bilinear.
template <int Byte>
RTS_ROWS void sample_byte(const std::uint32_t* __restrict__ upper, const std::uint32_t* __restrict__ lower, const float* __restrict__ right, const float* __restrict__ down, int width, float* __restrict__ out) {
  for (int x = 0; x < width; ++x) {
    const auto value = [](std::uint32_t v) { return static_cast<float>(static_cast<std::int32_t>(v >> (8 * Byte) & 255u)); };
    out[x] = mix(mix(value(upper[2 * x]), value(upper[2 * x + 1]), right[x]), mix(value(lower[2 * x]), value(lower[2 * x + 1]), right[x]), down[x]);
  }
}
/// Pairs of floats, mixed between the rows as they are loaded; prefetches the same places of the plane `next` floats on.
RTS_ROWS void mixed_pairs(const float* __restrict__ plane, const std::int32_t* __restrict__ index, const float* __restrict__ down, int width, int stride, std::ptrdiff_t next, float* __restrict__ out) {
  using Two [[gnu::vector_size(8)]] = float;
  for (int x = 0; x < width; ++x) {
    const float* from = plane + index[x];
    __builtin_prefetch(from + next);
    Two upper, lower;
    std::memcpy(&upper, from, sizeof upper);
    std::memcpy(&lower, from + stride, sizeof lower);
    const Two both = upper + down[x] * (lower - upper);
    std::memcpy(out + 2 * x, &both, sizeof both);
  }
}
RTS_ROWS void sample(const float* __restrict__ pairs, const float* __restrict__ right, int width, float* __restrict__ out) {
  for (int x = 0; x < width; ++x) out[x] = mix(pairs[2 * x], pairs[2 * x + 1], right[x]);
}
template <class Pixel>
RTS_ROWS void convert(const Pixel* __restrict__ from, bool backwards, int width, float* __restrict__ out) {
  if (backwards)
    for (int x = 0; x < width; ++x) out[x] = static_cast<float>(from[width - 1 - x]);
  else
    for (int x = 0; x < width; ++x) out[x] = static_cast<float>(from[x]);
}

RTS_ROWS void reverse(const std::uint8_t* __restrict__ from, std::size_t n, std::uint8_t* __restrict__ to) {
  for (std::size_t x = 0; x < n; ++x) to[x] = from[n - 1 - x];
}

/// Three colours through a map, in place or elsewhere.
RTS_ROWS void map_colours(const ColourMap& m, const float* r, const float* g, const float* b, int width, float* r_out, float* g_out, float* b_out) {
#pragma GCC ivdep
  for (int x = 0; x < width; ++x) {
    const float vr = r[x], vg = g[x], vb = b[x];
    r_out[x] = m.matrix[0][0] * vr + m.matrix[0][1] * vg + m.matrix[0][2] * vb + m.offset[0];
    g_out[x] = m.matrix[1][0] * vr + m.matrix[1][1] * vg + m.matrix[1][2] * vb + m.offset[1];
    b_out[x] = m.matrix[2][0] * vr + m.matrix[2][1] * vg + m.matrix[2][2] * vb + m.offset[2];
  }
}
RTS_ROWS void scale(const float* from, float factor, float offset, int width, float* out) {
#pragma GCC ivdep
  for (int x = 0; x < width; ++x) out[x] = from[x] * factor + offset;
}

RTS_ROWS void add_noise(float* __restrict__ row, int width, float deviation, std::uint32_t key, std::uint32_t first) {
  for (int x = 0; x < width; ++x) row[x] += noise_at(key, first + static_cast<std::uint32_t>(x)) * deviation;
}

/// fp32 -> bf16, to nearest even.
RTS_ROWS void to_bf16(const float* __restrict__ from, int width, std::uint16_t* __restrict__ out) {
  for (int x = 0; x < width; ++x) {
    std::uint32_t bits;
    std::memcpy(&bits, from + x, 4);
    out[x] = static_cast<std::uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
  }
}

}  // namespace rts::inline RTS_ABI::augment::rows
