#pragma once
// The boundary ring of one tile on the CPU, exact, on bit planes: 64 pixels a word. Pointers and integers; knows no tensor.
// A plane is one long line of bits: rows lie `stride` words apart with at least 64 zero bits between them, so that widening
// all rows is one loop, and bits that leave a row end in the gap. Widths above `max_packed_width` take a distance transform.

#include <rts/core/instruction_set.hpp>
#include <rts/losses/math_formula.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#if RTS_X86
#include <immintrin.h>
#endif

namespace rts::kernels {

/// Half the chord of a ring's shape at each row offset: pixels reached left and right.
struct RingShape {
  static constexpr int max_packed_width = 32;
  int width = 0;
  std::vector<int> reach;  ///< by |row offset|, 0 .. width

  RingShape(int width_, bool euclidean) : width(width_), reach(static_cast<std::size_t>(width_) + 1, width_) {
    if (!euclidean) return;
    for (int dy = 0; dy <= width; ++dy) {  // largest x with x^2 + dy^2 <= width^2, in integers
      int x = width;
      while (static_cast<std::int64_t>(x) * x + static_cast<std::int64_t>(dy) * dy > static_cast<std::int64_t>(width) * width) --x;
      reach[static_cast<std::size_t>(dy)] = x;
    }
  }
};

enum class RingSide { both,
                      inside,
                      outside };

/// Bit planes of one tile with room for a ring's guard rows; reused between tiles.
class RingWorkspace {
 public:
  using Plane = std::vector<std::uint64_t>;
  Plane known, object, other, near, ring, level, next;
  std::vector<std::int32_t> column, marks;
  int height = 0, width = 0, guard = -1;

  /// Guard rows are zero and stay so: they are cleared only when the shape changes.
  void prepare(int height_, int width_, int guard_) {
    if (height == height_ && width == width_ && guard == guard_) return;
    height = height_, width = width_, guard = guard_;
    for (Plane* p : {&known, &object, &other, &near, &ring, &level, &next}) p->assign(total(), 0);
  }
  int stride() const { return (width + 63) / 64 + 1; }
  std::size_t total() const { return static_cast<std::size_t>(height + 4 * guard) * static_cast<std::size_t>(stride()) + 2; }
  std::size_t row(int y) const { return 1 + static_cast<std::size_t>(y + 2 * guard) * static_cast<std::size_t>(stride()); }
};

namespace bits {

/// Bits of pixels `from` to the end: known is valid and not 255; object is label equal to `value` (value < 0: above 0), within known.
inline void pack_tail(const std::uint8_t* label, const std::uint8_t* valid, int from, int width, int value, std::uint64_t* known, std::uint64_t* object) {
  if (from < width) known[from >> 6] = object[from >> 6] = 0;
  for (int x = from; x < width; ++x) {
    const std::uint64_t bit = std::uint64_t{1} << (x & 63);
    if (!valid[x] || label[x] == ignored_label) continue;
    known[x >> 6] |= bit;
    if (value < 0 ? label[x] > 0 : label[x] == value) object[x >> 6] |= bit;
  }
}

inline void pack_row_baseline(const std::uint8_t* label, const std::uint8_t* valid, int width, int value, std::uint64_t* known, std::uint64_t* object) {
  int x = 0;
#if RTS_X86
  const __m128i zero = _mm_setzero_si128(), ignored = _mm_set1_epi8(-1), wanted = _mm_set1_epi8(static_cast<char>(value < 0 ? 0 : value));
  for (; x + 64 <= width; x += 64) {
    std::uint64_t k = 0, o = 0;
    for (int part = 0; part < 4; ++part) {
      const __m128i l = _mm_loadu_si128(reinterpret_cast<const __m128i*>(label + x + 16 * part)), v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(valid + x + 16 * part));
      const auto off = static_cast<std::uint64_t>(_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, zero), _mm_cmpeq_epi8(l, ignored))));
      const auto same = static_cast<std::uint64_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(l, wanted)));
      k |= (~off & 0xFFFF) << (16 * part);
      o |= (value < 0 ? ~same & 0xFFFF : same) << (16 * part);
    }
    known[x >> 6] = k;
    object[x >> 6] = o & k;
  }
#endif
  pack_tail(label, valid, x, width, value, known, object);
}

/// label where `keep` is set, 255 elsewhere; eight pixels by one multiplication.
inline void codes_row_baseline(const std::uint64_t* keep, const std::uint8_t* label, int width, std::uint8_t* code) {
  int x = 0;
  for (; x + 8 <= width; x += 8) {
    const std::uint64_t byte = ~keep[x >> 6] >> (x & 63) & 0xFF;
    const std::uint64_t ones = (((byte & 0x7F) * 0x0002040810204081ull) & 0x0101010101010101ull) | ((byte & 0x80) << 49);
    std::uint64_t labels;
    __builtin_memcpy(&labels, label + x, 8);
    labels |= ones * 255;
    __builtin_memcpy(code + x, &labels, 8);
  }
  for (; x < width; ++x) code[x] = keep[x >> 6] >> (x & 63) & 1 ? label[x] : ignored_label;
}

/// label where valid, 255 elsewhere.
inline void plain_codes_baseline(const std::uint8_t* label, const std::uint8_t* valid, std::size_t n, std::uint8_t* code) {
  std::size_t i = 0;
#if RTS_X86
  for (; i + 16 <= n; i += 16) {
    const __m128i off = _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(valid + i)), _mm_setzero_si128());
    _mm_storeu_si128(reinterpret_cast<__m128i*>(code + i), _mm_or_si128(off, _mm_loadu_si128(reinterpret_cast<const __m128i*>(label + i))));
  }
#endif
  for (; i < n; ++i) code[i] = valid[i] ? label[i] : ignored_label;
}

#if RTS_X86
RTS_TARGET_AVX2 inline void plain_codes_avx2(const std::uint8_t* label, const std::uint8_t* valid, std::size_t n, std::uint8_t* code) {
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    const __m256i off = _mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(valid + i)), _mm256_setzero_si256());
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(code + i), _mm256_or_si256(off, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(label + i))));
  }
  for (; i < n; ++i) code[i] = valid[i] ? label[i] : ignored_label;
}
RTS_TARGET_AVX512 inline void plain_codes_avx512(const std::uint8_t* label, const std::uint8_t* valid, std::size_t n, std::uint8_t* code) {
  std::size_t i = 0;
  for (; i + 64 <= n; i += 64) {
    const __m512i v = _mm512_loadu_si512(valid + i);
    _mm512_storeu_si512(code + i, _mm512_mask_loadu_epi8(_mm512_set1_epi8(-1), _mm512_test_epi8_mask(v, v), label + i));
  }
  for (; i < n; ++i) code[i] = valid[i] ? label[i] : ignored_label;
}
RTS_TARGET_AVX2 inline void pack_row_avx2(const std::uint8_t* label, const std::uint8_t* valid, int width, int value, std::uint64_t* known, std::uint64_t* object) {
  const __m256i zero = _mm256_setzero_si256(), ignored = _mm256_set1_epi8(-1), wanted = _mm256_set1_epi8(static_cast<char>(value < 0 ? 0 : value));
  int x = 0;
  for (; x + 64 <= width; x += 64) {
    std::uint64_t k = 0, o = 0;
    for (int part = 0; part < 2; ++part) {
      const __m256i l = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(label + x + 32 * part)), v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(valid + x + 32 * part));
      const auto off = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_or_si256(_mm256_cmpeq_epi8(v, zero), _mm256_cmpeq_epi8(l, ignored))));
      const auto same = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(l, wanted)));
      k |= static_cast<std::uint64_t>(~off) << (32 * part);
      o |= static_cast<std::uint64_t>(value < 0 ? ~same : same) << (32 * part);
    }
    known[x >> 6] = k;
    object[x >> 6] = o & k;
  }
  pack_tail(label, valid, x, width, value, known, object);
}
RTS_TARGET_AVX2 inline void codes_row_avx2(const std::uint64_t* keep, const std::uint8_t* label, int width, std::uint8_t* code) {
  const __m256i spread = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303), bit = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201ull));
  int x = 0;
  for (; x + 32 <= width; x += 32) {
    const __m256i word = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(~keep[x >> 6] >> (x & 63))), spread);
    const __m256i off = _mm256_cmpeq_epi8(_mm256_and_si256(word, bit), bit);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(code + x), _mm256_or_si256(off, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(label + x))));
  }
  for (; x < width; ++x) code[x] = keep[x >> 6] >> (x & 63) & 1 ? label[x] : ignored_label;
}
RTS_TARGET_AVX512 inline void pack_row_avx512(const std::uint8_t* label, const std::uint8_t* valid, int width, int value, std::uint64_t* known, std::uint64_t* object) {
  const __m512i ignored = _mm512_set1_epi8(-1), wanted = _mm512_set1_epi8(static_cast<char>(value < 0 ? 0 : value));
  int x = 0;
  for (; x + 64 <= width; x += 64) {
    const __m512i l = _mm512_loadu_si512(label + x), v = _mm512_loadu_si512(valid + x);
    const std::uint64_t k = _mm512_test_epi8_mask(v, v) & _mm512_cmpneq_epi8_mask(l, ignored), same = _mm512_cmpeq_epi8_mask(l, wanted);
    known[x >> 6] = k;
    object[x >> 6] = (value < 0 ? ~same : same) & k;
  }
  pack_tail(label, valid, x, width, value, known, object);
}
RTS_TARGET_AVX512 inline void codes_row_avx512(const std::uint64_t* keep, const std::uint8_t* label, int width, std::uint8_t* code) {
  int x = 0;
  for (; x + 64 <= width; x += 64) _mm512_storeu_si512(code + x, _mm512_mask_loadu_epi8(_mm512_set1_epi8(-1), keep[x >> 6], label + x));
  for (; x < width; ++x) code[x] = keep[x >> 6] >> (x & 63) & 1 ? label[x] : ignored_label;
}
#endif

/// out: every run of bits widened by `shift` to both sides, 0 < shift < 64.
RTS_FORMULA void widen(const std::uint64_t* __restrict__ in, std::uint64_t* __restrict__ out, std::ptrdiff_t words, int shift) {
  for (std::ptrdiff_t i = 0; i < words; ++i) out[i] = in[i] | in[i] << shift | in[i - 1] >> (64 - shift) | in[i] >> shift | in[i + 1] << (64 - shift);
}
/// out: the plane together with itself `offset` words up and down.
RTS_FORMULA void spread_rows(const std::uint64_t* __restrict__ in, std::uint64_t* __restrict__ out, std::ptrdiff_t words, std::ptrdiff_t offset) {
  for (std::ptrdiff_t i = 0; i < words; ++i) out[i] = in[i] | in[i - offset] | in[i + offset];
}
RTS_FORMULA void add_rows(const std::uint64_t* __restrict__ in, std::uint64_t* __restrict__ out, std::ptrdiff_t words, std::ptrdiff_t offset) {
  for (std::ptrdiff_t i = 0; i < words; ++i) out[i] |= in[i - offset] | in[i + offset];
}
RTS_FORMULA void copy_rows(const std::uint64_t* __restrict__ in, std::uint64_t* __restrict__ out, std::ptrdiff_t words) {
  for (std::ptrdiff_t i = 0; i < words; ++i) out[i] = in[i];
}

/// near: dilation of a plane by the shape. Steps may reach 2 r + 1, because bits beyond a row's end are kept until the last step.
RTS_FORMULA void dilate(const RingWorkspace::Plane& plane, const RingShape& shape, RingWorkspace& s) {
  const int w = shape.width;
  const std::ptrdiff_t stride = s.stride(), rows = static_cast<std::ptrdiff_t>(s.row(0)), inner = s.height * stride;
  const std::ptrdiff_t outer = rows - w * stride, all = (s.height + 2 * w) * stride;  // with the rows that the dilation can reach
  const std::uint64_t* current = plane.data();
  std::uint64_t *a = s.level.data(), *b = s.next.data();
  int reached = 0;
  const auto widened = [&](int reach) {
    while (reached < reach) {
      const int shift = std::min(reach - reached, 2 * reached + 1);
      widen(current + rows - 1, a + rows - 1, inner + 1, shift);  // with the gap before the first row
      current = a;
      std::swap(a, b);
      reached += shift;
    }
  };
  if (shape.reach[static_cast<std::size_t>(w)] == w) {  // a box: rows by doubling too
    widened(w);
    for (int covered = 0; covered < w;) {
      const int step = std::min(w - covered, 2 * covered + 1);
      std::uint64_t* to = covered + step == w ? s.near.data() : a;
      const bool last = covered + step == w;
      spread_rows(current + (last ? rows : outer), to + (last ? rows : outer), last ? inner : all, step * stride);
      current = to;
      std::swap(a, b);
      covered += step;
    }
    if (w > 1) {  // the buffers' guard rows must be zero for the next plane
      std::fill(s.level.begin() + outer, s.level.begin() + rows, 0);
      std::fill(s.next.begin() + outer, s.next.begin() + rows, 0);
      std::fill(s.level.begin() + rows + inner, s.level.begin() + outer + all, 0);
      std::fill(s.next.begin() + rows + inner, s.next.begin() + outer + all, 0);
    }
    return;
  }
  std::uint64_t* near = s.near.data() + rows;
  bool first = true;
  for (int dy = w; dy >= 0; --dy) {
    widened(shape.reach[static_cast<std::size_t>(dy)]);
    if (first) {
      for (std::ptrdiff_t i = 0; i < inner; ++i) near[i] = 0;
      first = false;
    }
    add_rows(current + rows, near, inner, dy * stride);
  }
}

/// As `dilate`, for any width: distance to the nearest set pixel of each column, then one interval a column marks a row.
inline void dilate_by_distance(const RingWorkspace::Plane& plane, const RingShape& shape, RingWorkspace& s) {
  const int height = s.height, width = s.width;
  const std::int32_t far = shape.width + 1;
  std::vector<std::int32_t>& g = s.column;
  g.assign(static_cast<std::size_t>(height) * static_cast<std::size_t>(width), far);
  const auto set = [&](int y, int x) { return plane[s.row(y) + static_cast<std::size_t>(x >> 6)] >> (x & 63) & 1; };
  const auto at = [&](int y, int x) -> std::int32_t& { return g[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)]; };
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) at(y, x) = set(y, x) ? 0 : y > 0 ? std::min(far, at(y - 1, x) + 1)
                                                                     : far;
  for (int y = height - 2; y >= 0; --y)
    for (int x = 0; x < width; ++x) at(y, x) = std::min(at(y, x), at(y + 1, x) + 1);
  for (int y = 0; y < height; ++y) {
    s.marks.assign(static_cast<std::size_t>(width) + 1, 0);
    for (int x = 0; x < width; ++x) {
      if (at(y, x) > shape.width) continue;
      const int reach = shape.reach[static_cast<std::size_t>(at(y, x))];
      ++s.marks[static_cast<std::size_t>(std::max(0, x - reach))];
      --s.marks[static_cast<std::size_t>(std::min(width, x + reach + 1))];
    }
    std::uint64_t* to = &s.near[s.row(y)];
    std::fill(to, to + s.stride() - 1, 0);
    for (int x = 0, open = 0; x < width; ++x) {
      open += s.marks[static_cast<std::size_t>(x)];
      if (open > 0) to[x >> 6] |= std::uint64_t{1} << (x & 63);
    }
  }
}

/// Plane operations of one instruction set.
struct Rows {
  void (*plain)(const std::uint8_t*, const std::uint8_t*, std::size_t, std::uint8_t*);
  void (*pack)(const std::uint8_t*, const std::uint8_t*, int, int, std::uint64_t*, std::uint64_t*);
  void (*codes)(const std::uint64_t*, const std::uint8_t*, int, std::uint8_t*);
  void (*dilate)(const RingWorkspace::Plane&, const RingShape&, RingWorkspace&);
  std::array<bool, 2> (*complement)(RingWorkspace&);
  void (*meet)(RingWorkspace&, const RingWorkspace::Plane&);
  void (*keep)(RingWorkspace&);
};

/// other = known without object; says whether there is any object, any other.
RTS_FORMULA std::array<bool, 2> complement(RingWorkspace& s) {
  std::uint64_t object = 0, other = 0;
  const std::size_t from = s.row(0), to = s.row(s.height);
  for (std::size_t i = from; i < to; ++i) {
    const std::uint64_t rest = s.known[i] & ~s.object[i];
    s.other[i] = rest;
    object |= s.object[i], other |= rest;
  }
  return {object != 0, other != 0};
}
/// ring gains what of `plane` is near.
RTS_FORMULA void meet(RingWorkspace& s, const RingWorkspace::Plane& plane) {
  const std::size_t from = s.row(0), to = s.row(s.height);
  for (std::size_t i = from; i < to; ++i) s.ring[i] |= s.near[i] & plane[i];
}
/// near = known without ring: the LossMask.
RTS_FORMULA void keep(RingWorkspace& s) {
  const std::size_t from = s.row(0), to = s.row(s.height);
  for (std::size_t i = from; i < to; ++i) s.near[i] = s.known[i] & ~s.ring[i];
}

inline void dilate_baseline(const RingWorkspace::Plane& p, const RingShape& shape, RingWorkspace& s) { dilate(p, shape, s); }
inline std::array<bool, 2> complement_baseline(RingWorkspace& s) { return complement(s); }
inline void meet_baseline(RingWorkspace& s, const RingWorkspace::Plane& p) { meet(s, p); }
inline void keep_baseline(RingWorkspace& s) { keep(s); }
RTS_TARGET_AVX2 inline void dilate_avx2(const RingWorkspace::Plane& p, const RingShape& shape, RingWorkspace& s) { dilate(p, shape, s); }
RTS_TARGET_AVX2 inline std::array<bool, 2> complement_avx2(RingWorkspace& s) { return complement(s); }
RTS_TARGET_AVX2 inline void meet_avx2(RingWorkspace& s, const RingWorkspace::Plane& p) { meet(s, p); }
RTS_TARGET_AVX2 inline void keep_avx2(RingWorkspace& s) { keep(s); }
RTS_TARGET_AVX512 inline void dilate_avx512(const RingWorkspace::Plane& p, const RingShape& shape, RingWorkspace& s) { dilate(p, shape, s); }
RTS_TARGET_AVX512 inline std::array<bool, 2> complement_avx512(RingWorkspace& s) { return complement(s); }
RTS_TARGET_AVX512 inline void meet_avx512(RingWorkspace& s, const RingWorkspace::Plane& p) { meet(s, p); }
RTS_TARGET_AVX512 inline void keep_avx512(RingWorkspace& s) { keep(s); }

inline Rows rows_for(Isa isa) {
#if RTS_X86
  if (isa == Isa::avx512) return {&plain_codes_avx512, &pack_row_avx512, &codes_row_avx512, &dilate_avx512, &complement_avx512, &meet_avx512, &keep_avx512};
  if (isa == Isa::avx2) return {&plain_codes_avx2, &pack_row_avx2, &codes_row_avx2, &dilate_avx2, &complement_avx2, &meet_avx2, &keep_avx2};
#endif
  (void)isa;
  return {&plain_codes_baseline, &pack_row_baseline, &codes_row_baseline, &dilate_baseline, &complement_baseline, &meet_baseline, &keep_baseline};
}

}  // namespace bits

/// The LossMask of one tile as codes: the label of every valid pixel outside the ring, 255 elsewhere. The ring is every valid pixel
/// whose centre lies within the shape of a valid pixel of another class; a shape of width 0 has none.
/// labels, valid: height x width uint8; 255 in labels is no class. classes 2: object is any label above 0.
/// `side` inside rings pixels of classes above 0 only, outside those of class 0.
inline void boundary_codes(const std::uint8_t* labels, const std::uint8_t* valid, int height, int width, int classes, const RingShape& shape, RingSide side, RingWorkspace& space, std::uint8_t* codes, Isa isa = active_isa()) {
  const bits::Rows rows = bits::rows_for(isa);
  if (shape.width == 0) return rows.plain(labels, valid, static_cast<std::size_t>(height) * static_cast<std::size_t>(width), codes);
  const bool packed = shape.width <= RingShape::max_packed_width;
  space.prepare(height, width, packed ? shape.width : 0);
  std::fill(space.ring.begin(), space.ring.end(), 0);
  const auto dilated = [&](const RingWorkspace::Plane& plane) {
    if (packed) rows.dilate(plane, shape, space);
    else bits::dilate_by_distance(plane, shape, space);
  };
  const int first = classes == 2 ? 1 : 0;
  for (int c = first; c < classes; ++c) {
    for (int y = 0; y < height; ++y) {
      const std::size_t from = static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
      rows.pack(labels + from, valid + from, width, classes == 2 ? -1 : c, &space.known[space.row(y)], &space.object[space.row(y)]);
    }
    const auto [object, other] = rows.complement(space);
    if (!object || !other) continue;  // one class alone has no boundary
    if (side == RingSide::both || (side == RingSide::inside) == (classes == 2 || c > 0)) {
      dilated(space.other);
      rows.meet(space, space.object);
    }
    if (classes == 2 && side != RingSide::inside) {
      dilated(space.object);
      rows.meet(space, space.other);
    }
  }
  rows.keep(space);
  for (int y = 0; y < height; ++y) {
    const std::size_t from = static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
    rows.codes(&space.near[space.row(y)], labels + from, width, codes + from);
  }
}

/// The ring alone: 1 for its pixels, else 0.
inline void boundary_ring(const std::uint8_t* labels, const std::uint8_t* valid, int height, int width, int classes, const RingShape& shape, RingSide side, RingWorkspace& space, std::uint8_t* ring, Isa isa = active_isa()) {
  boundary_codes(labels, valid, height, width, classes, shape, side, space, ring, isa);
  const auto n = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  for (std::size_t i = 0; i < n; ++i) ring[i] = (ring[i] == ignored_label) & (labels[i] != ignored_label) & (valid[i] != 0);
}

}  // namespace rts::kernels
