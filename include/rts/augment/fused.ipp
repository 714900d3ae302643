#pragma once
#include <rts/augment/fused.hpp>

#include <rts/augment/filters.hpp>
#include <rts/augment/row_kernels.hpp>
#include <rts/core/error.hpp>

#include <algorithm>
#include <span>
#include <string>

namespace rts::inline RTS_ABI::augment {

struct Scratch::Impl {
  Displacement field;
  std::vector<float> values;           ///< [bands][block rows][width], stored values
  std::vector<float> u, v, right, lower, mixed;
  std::vector<std::int32_t> index, nearest;
  std::vector<std::uint8_t> outside, quads, label, turned_bytes, turned_label, turned_valid;
  std::vector<std::uint16_t> turned_shorts;
  std::vector<float> turned_floats, floats, planes;
  std::vector<std::uint32_t> packed, upper_pixels, lower_pixels;
  std::vector<PointRun> runs;
};

RTS_INLINE Scratch::Scratch() : impl_(std::make_unique<Impl>()) {}
RTS_INLINE Scratch::~Scratch() = default;

namespace detail {

// Blocks of the result: small enough that what they are sampled from stays in the cache, wide enough for vectors.
constexpr int block_rows = 64, block_columns = 128;

/// Pixels x .. x + n of row y.
struct Span {
  int y, x, n;
};

/// One tile on its way: what every function of this file works on.
struct Work {
  const Draw& draw;
  const TileIn& in;
  Frame frame;
  const BandSet& bands;
  Scratch::Impl& s;
  const TileOut& out;
  bool all_valid = true;    ///< of the source
  std::size_t stride = 0;   ///< of rows of what is sampled
  bool normalises = true;   ///< the point runs end with normalization and the output; else with planes
  std::size_t area() const { return static_cast<std::size_t>(frame.height) * static_cast<std::size_t>(frame.width); }
  std::size_t count() const { return bands.bands.size(); }
};

/// Transposes a square plane in blocks that fit the cache.
template <class T>
inline void transpose(const T* __restrict__ from, int n, T* __restrict__ to) {
  constexpr int block = 64 / sizeof(T) < 16 ? 16 : 32;
  for (int y0 = 0; y0 < n; y0 += block)
    for (int x0 = 0; x0 < n; x0 += block)
      for (int x = x0; x < std::min(n, x0 + block); ++x)
        for (int y = y0; y < std::min(n, y0 + block); ++y) to[static_cast<std::size_t>(x) * static_cast<std::size_t>(n) + static_cast<std::size_t>(y)] = from[static_cast<std::size_t>(y) * static_cast<std::size_t>(n) + static_cast<std::size_t>(x)];
}
/// Bytes: 8 x 8 at a time in eight words.
inline void transpose(const std::uint8_t* __restrict__ from, int n, std::uint8_t* __restrict__ to) {
  if (n % 8 != 0) return transpose<std::uint8_t>(from, n, to);
  const std::size_t stride = static_cast<std::size_t>(n);
  for (std::size_t y = 0; y < stride; y += 8)
    for (std::size_t x = 0; x < stride; x += 8) {
      std::uint64_t w[8];
      for (std::size_t k = 0; k < 8; ++k) std::memcpy(&w[k], from + (y + k) * stride + x, 8);
      const auto swap = [](std::uint64_t& a, std::uint64_t& b, int shift, std::uint64_t mask) {
        const std::uint64_t t = ((a >> shift) ^ b) & mask;
        b ^= t;
        a ^= t << shift;
      };
      for (std::size_t k = 0; k < 4; ++k) swap(w[k], w[k + 4], 32, 0x00000000FFFFFFFFull);
      for (const std::size_t k : {0, 1, 4, 5}) swap(w[k], w[k + 2], 16, 0x0000FFFF0000FFFFull);
      for (std::size_t k = 0; k < 8; k += 2) swap(w[k], w[k + 1], 8, 0x00FF00FF00FF00FFull);
      for (std::size_t k = 0; k < 8; ++k) std::memcpy(to + (x + k) * stride + y, &w[k], 8);
    }
}

/// Rows of what is sampled lie this many pixels apart: an odd number of cache lines for every pixel type, so that a column of pixels
/// does not fall into few of the cache's sets.
constexpr std::size_t padded(int width) { return (static_cast<std::size_t>(width) / 64 * 64) + 80; }

/// Which of a place's sources have data: bit 0 all four, bit 1 upper and lower, bit 2 left and right, bit 3 the pixel itself.
inline void quads(const std::uint8_t* valid, Frame f, std::size_t stride, std::vector<std::uint8_t>& out) {
  const std::size_t w = static_cast<std::size_t>(f.width), h = static_cast<std::size_t>(f.height);
  out.resize(h * stride);
  for (std::size_t y = 0; y < h; ++y) {
    const std::uint8_t *a = valid + y * w, *b = valid + std::min(y + 1, h - 1) * w;
    for (std::size_t x = 0; x < w; ++x) {
      const std::size_t r = std::min(x + 1, w - 1);
      out[y * stride + x] = static_cast<std::uint8_t>((a[x] & a[r] & b[x] & b[r]) | (a[x] & b[x]) << 1 | (a[x] & a[r]) << 2 | a[x] << 3);
    }
  }
}

/// Says which runs do nothing to colours, and lets the last run's colour map normalise where the slot is written.
inline void join_normalization(const Work& k) {
  for (PointRun& run : k.s.runs) run.identity = run.map.identity();
  PointRun& last = k.s.runs.back();
  if (!k.normalises || last.identity) return;
  ColourMap normalise;
  for (std::size_t i = 0; i < 3; ++i) {
    const BandNumbers& n = k.bands.bands[static_cast<std::size_t>(k.bands.colours[i])];
    normalise.matrix[i][i] = n.scale * n.factor;
    normalise.offset[i] = -n.mean * n.factor;
  }
  last.map = normalise.after(last.map);
}

/// Rows of stored values through the runs of point steps, in place; the last one normalises into the slot.
RTS_ROWS void finish_row(const Work& k, Span at, float* const* row) {
  const int w = at.n, y = at.y;
  const std::size_t place = static_cast<std::size_t>(y) * static_cast<std::size_t>(k.frame.width) + static_cast<std::size_t>(at.x);
  Scratch::Impl& s = k.s;
  const auto& c = k.bands.colours;
  const bool colours = k.bands.has_colours();
  for (const PointRun& run : s.runs) {
    if (!run.then) continue;  // the last one: joined with normalization below
    float *r = colours ? row[c[0]] : nullptr, *g = colours ? row[c[1]] : nullptr, *b = colours ? row[c[2]] : nullptr;
    if (!run.identity) rows::map_colours(run.map, r, g, b, w, r, g, b);
    const PhotometricStep& step = *run.then;
    switch (step.kind) {
      case Photometric::gamma:
        for (std::size_t i = 0; i < 3; ++i) {
          float* v = row[c[i]];
          const float white = k.bands.white[i];
          for (int x = 0; x < w; ++x) v[x] = white * std::pow(std::clamp(v[x] / white, 0.0f, 1.0f), step.values[0]);
        }
        break;
      case Photometric::shadow:
        for (int x = 0; x < w; ++x)
          if (in_shadow(step, (static_cast<float>(at.x + x) + 0.5f) / static_cast<float>(k.frame.width), (static_cast<float>(y) + 0.5f) / static_cast<float>(k.frame.height)))
            for (std::size_t i = 0; i < 3; ++i) row[c[i]][x] *= step.values[0];
        break;
      case Photometric::noise:
        for (std::size_t i = 0; i < k.count(); ++i)
          rows::add_noise(row[i], w, step.values[0] / (k.bands.bands[i].factor * k.bands.bands[i].scale), noise_key(step.seed, static_cast<std::uint32_t>(i)), static_cast<std::uint32_t>(place));
        break;
      default: break;
    }
  }
  const PointRun& last = s.runs.back();
  if (!k.normalises) {
    if (!last.identity) rows::map_colours(last.map, row[c[0]], row[c[1]], row[c[2]], w, row[c[0]], row[c[1]], row[c[2]]);
    return;
  }
  float* out[64];
  for (std::size_t i = 0; i < k.count(); ++i) out[i] = k.out.bf16 ? row[i] : static_cast<float*>(k.out.image) + i * k.area() + place;
  if (!last.identity) rows::map_colours(last.map, row[c[0]], row[c[1]], row[c[2]], w, out[c[0]], out[c[1]], out[c[2]]);
  const std::uint8_t* valid = k.out.valid + place;
  const bool whole = (k.all_valid && k.draw.border == Border::reflect) || std::memchr(valid, 0, static_cast<std::size_t>(w)) == nullptr;
  for (std::size_t i = 0; i < k.count(); ++i) {
    const BandNumbers& n = k.bands.bands[i];
    const bool done = !last.identity && (static_cast<int>(i) == c[0] || static_cast<int>(i) == c[1] || static_cast<int>(i) == c[2]);
    if (!done) rows::scale(row[i], n.scale * n.factor, -n.mean * n.factor, w, out[i]);
    if (!whole)
      for (int x = 0; x < w; ++x) out[i][x] = valid[x] ? out[i][x] : 0.0f;
    if (k.out.bf16) rows::to_bf16(out[i], w, static_cast<std::uint16_t*>(k.out.image) + i * k.area() + place);
  }
}

/// A block whose values lie in `s.values`, rows of `stride`: on through point steps, to the slot or to planes.
RTS_ROWS void finish_block(const Work& k, Span first, int rows, std::size_t stride) {
  const std::size_t w = static_cast<std::size_t>(k.frame.width);
  float* row[64];
  for (int i = 0; i < rows; ++i) {
    const Span at{first.y + i, first.x, first.n};
    for (std::size_t b = 0; b < k.count(); ++b) {
      row[b] = k.s.values.data() + (b * block_rows + static_cast<std::size_t>(i)) * stride;
      if (k.normalises) continue;
      float* plane = k.s.planes.data() + b * k.area() + static_cast<std::size_t>(at.y) * w + static_cast<std::size_t>(at.x);
      std::memcpy(plane, row[b], static_cast<std::size_t>(at.n) * sizeof(float));
      row[b] = plane;
    }
    finish_row(k, at, row);
  }
}

/// Axis-aligned: rows are copied, forwards or backwards, of the plane or of its transpose.
template <class Pixel>
RTS_ROWS void straight_rows(const Work& k, const Pixel* image, const std::uint8_t* label, const std::uint8_t* valid, bool backwards, bool upwards) {
  const std::size_t w = static_cast<std::size_t>(k.frame.width);
  for (int y = 0; y < k.frame.height; ++y) {
    const std::size_t from = static_cast<std::size_t>(upwards ? k.frame.height - 1 - y : y) * w, to = static_cast<std::size_t>(y) * w;
    for (std::size_t b = 0; b < k.count(); ++b) rows::convert(image + b * k.area() + from, backwards, k.frame.width, k.s.values.data() + b * block_rows * w);
    if (backwards) rows::reverse(label + from, w, k.out.label + to);
    else std::memcpy(k.out.label + to, label + from, w);
    if (k.all_valid) std::memset(k.out.valid + to, 1, w);
    else if (backwards) rows::reverse(valid + from, w, k.out.valid + to);
    else std::memcpy(k.out.valid + to, valid + from, w);
    if (!k.all_valid)
      for (std::size_t x = 0; x < w; ++x) k.out.label[to + x] = k.out.valid[to + x] ? k.out.label[to + x] : 255;
    finish_block(k, {y, 0, k.frame.width}, 1, w);
  }
}
template <class Pixel>
RTS_ROWS void straight(const Work& k, std::vector<Pixel>& turned) {
  const Affine& m = k.draw.map;
  const auto* image = static_cast<const Pixel*>(k.in.image);
  if (m.xx != 0) return straight_rows(k, image, k.in.label, k.in.valid, m.xx < 0, m.yy < 0);
  turned.resize(k.count() * k.area());
  k.s.turned_label.resize(k.area()), k.s.turned_valid.resize(k.area());
  for (std::size_t b = 0; b < k.count(); ++b) transpose(image + b * k.area(), k.frame.width, turned.data() + b * k.area());
  transpose(k.in.label, k.frame.width, k.s.turned_label.data());
  if (!k.all_valid) transpose(k.in.valid, k.frame.width, k.s.turned_valid.data());
  straight_rows(k, turned.data(), k.s.turned_label.data(), k.s.turned_valid.data(), m.yx < 0, m.xy < 0);
}

/// What is sampled: four bytes of a pixel side by side, or a float plane a band; nodata filled with the band's mean.
RTS_ROWS void gather_source(const Work& k) {
  const std::size_t w = static_cast<std::size_t>(k.frame.width), h = static_cast<std::size_t>(k.frame.height), stride = k.stride, plane = h * stride, area = k.area();
  const auto fill = [&](std::size_t b) { return k.bands.bands[b].mean / k.bands.bands[b].scale; };
  k.s.label.resize(plane);
  for (std::size_t y = 0; y < h; ++y) std::memcpy(k.s.label.data() + y * stride, k.in.label + y * w, w);
  if (k.in.type == PixelType::u8) {
    const std::size_t groups = (k.count() + 3) / 4;
    k.s.packed.resize(groups * plane);
    const auto* bytes = static_cast<const std::uint8_t*>(k.in.image);
    for (std::size_t g = 0; g < groups; ++g) {
      const std::uint8_t* band[4];
      std::uint32_t none = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t b = std::min(4 * g + i, k.count() - 1);
        band[i] = bytes + b * area;
        none |= static_cast<std::uint32_t>(std::clamp(fill(b) + 0.5f, 0.0f, 255.0f)) << (8 * i);
      }
      for (std::size_t y = 0; y < h; ++y) {
        std::uint32_t* __restrict__ to = k.s.packed.data() + g * plane + y * stride;
        const std::uint8_t* __restrict__ b0 = band[0] + y * w, * __restrict__ b1 = band[1] + y * w, * __restrict__ b2 = band[2] + y * w, * __restrict__ b3 = band[3] + y * w;
        for (std::size_t i = 0; i < w; ++i) to[i] = b0[i] | static_cast<std::uint32_t>(b1[i]) << 8 | static_cast<std::uint32_t>(b2[i]) << 16 | static_cast<std::uint32_t>(b3[i]) << 24;
        if (k.all_valid) continue;
        for (std::size_t i = 0; i < w; ++i) to[i] = k.in.valid[y * w + i] ? to[i] : none;
      }
    }
    return;
  }
  if (k.in.type == PixelType::f32 && k.all_valid) return;  // sampled where they lie
  k.s.floats.resize(k.count() * plane);
  for (std::size_t b = 0; b < k.count(); ++b)
    for (std::size_t y = 0; y < h; ++y) {
      float* __restrict__ to = k.s.floats.data() + b * plane + y * stride;
      const std::size_t from = b * area + y * w;
      if (k.in.type == PixelType::u16) rows::convert(static_cast<const std::uint16_t*>(k.in.image) + from, false, k.frame.width, to);
      else std::memcpy(to, static_cast<const float*>(k.in.image) + from, w * sizeof(float));
      if (k.all_valid) continue;
      const float none = fill(b);
      for (std::size_t i = 0; i < w; ++i) to[i] = k.in.valid[y * w + i] ? to[i] : none;
    }
}

/// Places, labels and validity of one row of a block.
RTS_ROWS void place_row(const Work& k, Span at, std::size_t row) {
  Scratch::Impl& s = k.s;
  const std::size_t first = row * block_columns, to = static_cast<std::size_t>(at.y) * static_cast<std::size_t>(k.frame.width) + static_cast<std::size_t>(at.x), n = static_cast<std::size_t>(at.n);
  const rows::Places places{s.index.data() + first, s.right.data() + first, s.lower.data() + first, s.nearest.data()};
  const float *u = nullptr, *v = nullptr;
  const int stride = static_cast<int>(k.stride);
  if (k.draw.elastic.alpha != 0) {
    s.field.row(at.y, at.x, at.n, s.u.data(), s.v.data());
    u = s.u.data(), v = s.v.data();
    rows::places<true>(k.draw.map, at.y, at.x, at.n, u, v, k.draw.turn, k.frame, stride, places);
  } else rows::places<false>(k.draw.map, at.y, at.x, at.n, u, v, k.draw.turn, k.frame, stride, places);
  std::uint8_t *label = k.out.label + to, *valid = k.out.valid + to;
  for (std::size_t x = 0; x < n; ++x) label[x] = s.label[static_cast<std::size_t>(s.nearest[x])];
  std::memset(valid, 1, n);
  if (!k.all_valid)
    for (std::size_t x = 0; x < n; ++x) {
      // A right weight of 0 or 1 leaves one column of sources, and likewise below.
      const float r = places.right[x], l = places.lower[x];
      const std::size_t place = static_cast<std::size_t>(places.index[x]) + (r == 1 ? 1 : 0) + (l == 1 ? k.stride : 0);
      valid[x] = s.quads[place] >> ((r == 0 || r == 1) + 2 * (l == 0 || l == 1)) & 1;
    }
  if (k.draw.border == Border::constant) {
    rows::outside(k.draw.map, at.y, at.x, at.n, u, v, k.draw.turn, k.frame, s.outside.data());
    for (std::size_t x = 0; x < n; ++x) valid[x] &= s.outside[x] ^ 1;
  }
  if (!k.all_valid || k.draw.border == Border::constant)
    for (std::size_t x = 0; x < n; ++x) label[x] = valid[x] ? label[x] : 255;
}

RTS_ROWS void warp(const Work& k) {
  Scratch::Impl& s = k.s;
  const bool bytes = k.in.type == PixelType::u8;
  const int stride = static_cast<int>(k.stride);
  const std::size_t plane = static_cast<std::size_t>(k.frame.height) * k.stride;
  gather_source(k);
  const float* floats = k.in.type == PixelType::f32 && k.all_valid ? static_cast<const float*>(k.in.image) : s.floats.data();
  for (int y0 = 0; y0 < k.frame.height; y0 += block_rows)
    for (int x0 = 0; x0 < k.frame.width; x0 += block_columns) {
      const int high = std::min(block_rows, k.frame.height - y0), wide = std::min(block_columns, k.frame.width - x0);
      for (int i = 0; i < high; ++i) place_row(k, {y0 + i, x0, wide}, static_cast<std::size_t>(i));
      for (std::size_t b = 0; b < k.count(); b += bytes ? 4 : 1)
        for (int i = 0; i < high; ++i) {
          const std::size_t at = static_cast<std::size_t>(i) * block_columns;
          const std::int32_t* index = s.index.data() + at;
          const float *right = s.right.data() + at, *lower = s.lower.data() + at;
          float* to = s.values.data() + b * block_rows * block_columns + at;
          if (!bytes) {
            rows::mixed_pairs(floats + b * plane, index, lower, wide, stride, b + 1 < k.count() ? static_cast<std::ptrdiff_t>(plane) : 0, s.mixed.data());
            rows::sample(s.mixed.data(), right, wide, to);
            continue;
          }
          rows::pairs(s.packed.data() + b / 4 * plane, index, wide, stride, s.upper_pixels.data(), s.lower_pixels.data());
          const std::uint32_t *up = s.upper_pixels.data(), *low = s.lower_pixels.data();
          constexpr std::size_t next = block_rows * block_columns;
          const std::size_t here = std::min<std::size_t>(4, k.count() - b);
          rows::sample_byte<0>(up, low, right, lower, wide, to);
          if (here > 1) rows::sample_byte<1>(up, low, right, lower, wide, to + next);
          if (here > 2) rows::sample_byte<2>(up, low, right, lower, wide, to + 2 * next);
          if (here > 3) rows::sample_byte<3>(up, low, right, lower, wide, to + 3 * next);
        }
      finish_block(k, {y0, x0, wide}, high, block_columns);
    }
}

/// Rows of planes through the point steps that follow a filter.
RTS_ROWS void rows_of_planes(const Work& k) {
  const std::size_t w = static_cast<std::size_t>(k.frame.width);
  float* row[64];
  for (int y = 0; y < k.frame.height; ++y) {
    for (std::size_t b = 0; b < k.count(); ++b) row[b] = k.s.planes.data() + b * k.area() + static_cast<std::size_t>(y) * w;
    finish_row(k, {y, 0, k.frame.width}, row);
  }
}

RTS_ROWS void run_geometry(const Work& k, bool aligned) {
  if (!aligned) return warp(k);
  if (k.in.type == PixelType::u8) straight(k, k.s.turned_bytes);
  else if (k.in.type == PixelType::u16) straight(k, k.s.turned_shorts);
  else straight(k, k.s.turned_floats);
}
inline void geometry_baseline(const Work& k, bool aligned) { run_geometry(k, aligned); }
RTS_TARGET_AVX2 inline void geometry_avx2(const Work& k, bool aligned) { run_geometry(k, aligned); }
RTS_TARGET_AVX512 inline void geometry_avx512(const Work& k, bool aligned) { run_geometry(k, aligned); }
inline void points_baseline(const Work& k) { rows_of_planes(k); }
RTS_TARGET_AVX2 inline void points_avx2(const Work& k) { rows_of_planes(k); }
RTS_TARGET_AVX512 inline void points_avx512(const Work& k) { rows_of_planes(k); }

/// Mean of a colour band's valid stored values.
inline float mean_of(const TileIn& in, std::size_t band, std::size_t area, bool all_valid) {
  double sum = 0;
  std::int64_t n = 0;
  const auto over = [&](const auto* p) {
    p += band * area;
    for (std::size_t i = 0; i < area; i += 1024) {
      const std::size_t last = std::min(area, i + 1024);
      float part[16] = {};  // side by side, so that they can be added side by side
      for (std::size_t j = i; j < last; ++j) {
        const float v = static_cast<float>(p[j]);
        part[j % 16] += in.valid[j] ? v : 0.0f;
        n += in.valid[j];
      }
      for (const float v : part) sum += v;
    }
  };
  if (in.type == PixelType::u8) {  // whole numbers: exact and quick
    const auto* p = static_cast<const std::uint8_t*>(in.image) + band * area;
    std::uint64_t whole = 0;
    if (all_valid) {
      for (std::size_t j = 0; j < area; ++j) whole += p[j];
      n = static_cast<std::int64_t>(area);
    } else
      for (std::size_t j = 0; j < area; ++j) whole += in.valid[j] ? p[j] : 0, n += in.valid[j];
    sum = static_cast<double>(whole);
  } else if (in.type == PixelType::u16) over(static_cast<const std::uint16_t*>(in.image));
  else over(static_cast<const float*>(in.image));
  return n > 0 ? static_cast<float>(sum / static_cast<double>(n)) : 0.0f;
}

}  // namespace detail

RTS_INLINE void mean_colour(const TileIn& in, Frame frame, const BandSet& bands, float mean[3]) {
  const std::size_t area = static_cast<std::size_t>(frame.height) * static_cast<std::size_t>(frame.width);
  const bool all_valid = std::memchr(in.valid, 0, area) == nullptr;
  for (std::size_t i = 0; i < 3; ++i) mean[i] = detail::mean_of(in, static_cast<std::size_t>(bands.colours[i]), area, all_valid);
}

RTS_INLINE void apply(const Draw& draw, const TileIn& in, Frame frame, const BandSet& bands, Scratch& scratch, const TileOut& out) {
  Scratch::Impl& s = *scratch;
  detail::Work k{draw, in, frame, bands, s, out};
  const std::size_t w = static_cast<std::size_t>(frame.width), area = k.area();
  RTS_CHECK(bands.bands.size() <= 64 && frame.width >= 2 && frame.height >= 2, .code = "RTS-A51", .what = "a tile that augmentation cannot take", .expected = "at most 64 bands and 2 x 2 pixels", .found = std::to_string(bands.bands.size()) + " bands, " + std::to_string(frame.height) + " x " + std::to_string(frame.width), .fix = "use fewer bands or larger tiles");
  k.all_valid = std::memchr(in.valid, 0, area) == nullptr;
  const bool aligned = axis_aligned(draw, frame);
  k.stride = in.type == PixelType::f32 && k.all_valid ? w : detail::padded(frame.width);
  s.values.resize(bands.bands.size() * detail::block_rows * std::max<std::size_t>(w, detail::block_columns));
  if (!aligned) {
    constexpr std::size_t row = detail::block_columns, block = detail::block_rows * row;
    for (auto* v : {&s.right, &s.lower}) v->resize(block);
    s.index.resize(block);
    for (auto* v : {&s.u, &s.v}) v->resize(row);
    s.mixed.resize(2 * row);
    for (auto* v : {&s.upper_pixels, &s.lower_pixels}) v->resize(2 * row);
    s.nearest.resize(row);
    s.outside.resize(row);
    if (draw.elastic.alpha != 0) s.field.prepare(draw.elastic, frame);
    if (!k.all_valid) detail::quads(in.valid, frame, k.stride, s.quads);
  }

  const std::span<const PhotometricStep> steps(draw.steps, static_cast<std::size_t>(draw.count));
  float mean[3] = {};
  if (bands.has_colours() && std::any_of(steps.begin(), steps.end(), [](const PhotometricStep& p) { return p.kind == Photometric::contrast; }))
    mean_colour(in, frame, bands, mean);
  const kernels::Isa isa = kernels::active_isa();
  const auto by_isa = [isa](auto avx512, auto avx2, auto baseline) { return isa == kernels::Isa::avx512 ? avx512 : isa == kernels::Isa::avx2 ? avx2
                                                                                                                                             : baseline; };
  s.runs.clear();
  std::size_t done = static_cast<std::size_t>(point_runs(steps, mean, bands, s.runs));
  k.normalises = done == steps.size();
  if (!k.normalises) s.planes.resize(bands.bands.size() * area);
  detail::join_normalization(k);
  by_isa(&detail::geometry_avx512, &detail::geometry_avx2, &detail::geometry_baseline)(k, aligned);
  while (done < steps.size()) {
    filter(steps[done++], frame, bands, out.valid, s.planes.data());
    s.runs.clear();
    done += static_cast<std::size_t>(point_runs(steps.subspan(done), mean, bands, s.runs));
    k.normalises = done == steps.size();
    detail::join_normalization(k);
    by_isa(&detail::points_avx512, &detail::points_avx2, &detail::points_baseline)(k);
  }
  for (const PhotometricStep& p : steps) {
    if (p.kind != Photometric::cut_out) continue;
    const int y0 = static_cast<int>(p.values[0] * static_cast<float>(frame.height)), x0 = static_cast<int>(p.values[1] * static_cast<float>(frame.width));
    const int y1 = std::min(frame.height, y0 + static_cast<int>(p.values[2] * static_cast<float>(frame.height))), x1 = std::min(frame.width, x0 + static_cast<int>(p.values[3] * static_cast<float>(frame.width)));
    const std::size_t size = out.bf16 ? 2 : 4;
    for (std::size_t b = 0; b < bands.bands.size(); ++b)
      for (int y = y0; y < y1; ++y) std::memset(static_cast<char*>(out.image) + (b * area + static_cast<std::size_t>(y) * w + static_cast<std::size_t>(x0)) * size, 0, static_cast<std::size_t>(x1 - x0) * size);
  }
}

}  // namespace rts::inline RTS_ABI::augment
