#pragma once
// The boundary ring of one tile on the CPU, exact, on bit planes: 64 pixels a word. Pointers and integers; knows no tensor.
// Widths above `max_packed_width` take an exact distance transform instead.

#include <rts/core/config.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#define RTS_X86 1
#endif

namespace rts::kernels {

/// Half the chord of a ring's shape at each row offset: pixels reached left and right, -1 where the row is out of reach.
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

/// Memory of `boundary_ring`, reused between tiles.
struct RingWorkspace {
  std::vector<std::uint64_t> known, object, other, near, levels, ring;
  std::vector<std::int32_t> above, below;
};

namespace bits {

/// Instruction sets, chosen once.
enum class Isa { baseline,
                 avx2,
                 avx512 };
inline Isa best_isa() {
#if RTS_X86
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) return Isa::avx512;
  if (__builtin_cpu_supports("avx2")) return Isa::avx2;
#endif
  return Isa::baseline;
}

/// known: valid and not 255; object: label equal to `value`, within known (value < 0: any label above 0).
/// One row of `width` pixels into words; bits beyond the row are 0.
inline void pack_tail(const std::uint8_t* label, const std::uint8_t* valid, int from, int width, int value, std::uint64_t* known, std::uint64_t* object) {
  for (int x = from; x < width; ++x) {
    const std::uint64_t bit = std::uint64_t{1} << (x & 63);
    if (!valid[x] || label[x] == 255) continue;
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

#if RTS_X86
__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))) inline void pack_row_avx512(const std::uint8_t* label, const std::uint8_t* valid, int width, int value, std::uint64_t* known, std::uint64_t* object) {
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

__attribute__((target("avx512f,avx512bw,avx512vl"))) inline void unpack_row_avx512(const std::uint64_t* words, int width, std::uint8_t* out) {
  int x = 0;
  for (; x + 64 <= width; x += 64) _mm512_storeu_si512(out + x, _mm512_maskz_set1_epi8(words[x >> 6], 1));
  for (; x < width; ++x) out[x] = words[x >> 6] >> (x & 63) & 1;
}
#endif

inline void unpack_row_baseline(const std::uint64_t* words, int width, std::uint8_t* out) {
  int x = 0;
  for (; x + 8 <= width; x += 8) {  // eight bits to eight bytes by one multiplication
    const std::uint64_t byte = words[x >> 6] >> (x & 63) & 0xFF;
    const std::uint64_t spread = (((byte & 0x7F) * 0x0002040810204081ull) & 0x0101010101010101ull) | ((byte & 0x80) << 49);
    for (int i = 0; i < 8; ++i) out[x + i] = static_cast<std::uint8_t>(spread >> (8 * i));
  }
  for (; x < width; ++x) out[x] = words[x >> 6] >> (x & 63) & 1;
}

/// Words of `row` together with itself shifted by `shift` pixels to both sides, 0 < shift < 64. `row` has a zero word on either end.
__attribute__((always_inline)) inline void widen(const std::uint64_t* __restrict__ row, std::uint64_t* __restrict__ out, int words, int shift) {
  for (int i = 0; i < words; ++i) out[i] = row[i] | row[i] << shift | row[i - 1] >> (64 - shift) | row[i] >> shift | row[i + 1] << (64 - shift);
}

/// Dilation of a plane by the shape. `levels` holds, for the last 2 width + 1 rows, the row widened to each reach that occurs.
__attribute__((always_inline)) inline void dilate_body(const std::uint64_t* plane, int height, int words, const RingShape& shape, std::vector<std::uint64_t>& levels, std::uint64_t* out) {
  const int w = shape.width, window = 2 * w + 1, stride = words + 2;
  int reaches[RingShape::max_packed_width + 1], level_of[RingShape::max_packed_width + 1], count = 0;
  for (int dy = w; dy >= 0; --dy) {  // reach grows towards the middle row
    if (count == 0 || reaches[count - 1] != shape.reach[static_cast<std::size_t>(dy)]) reaches[count++] = shape.reach[static_cast<std::size_t>(dy)];
    level_of[dy] = count - 1;
  }
  const int spare = count;  // one more level for intermediate widths
  levels.assign(static_cast<std::size_t>(window) * static_cast<std::size_t>(count + 2) * static_cast<std::size_t>(stride), 0);
  const auto at = [&](int row, int level) { return levels.data() + (static_cast<std::size_t>(row % window) * static_cast<std::size_t>(count + 2) + static_cast<std::size_t>(level)) * static_cast<std::size_t>(stride) + 1; };
  for (int y = 0; y < height + w; ++y) {
    if (y < height) {
      const std::uint64_t* from = plane + static_cast<std::size_t>(y) * static_cast<std::size_t>(words);
      std::uint64_t* current = at(y, spare);
      std::copy(from, from + words, current);
      int reached = 0;
      for (int level = 0; level < count; ++level) {
        while (reached < reaches[level]) {
          const int shift = std::min(reaches[level] - reached, reached + 1);  // no gap, even where a run is cut off at the border
          std::uint64_t* next = current == at(y, spare) ? at(y, spare + 1) : at(y, spare);
          widen(current, next, words, shift);
          current = next;
          reached += shift;
        }
        std::copy(current, current + words, at(y, level));
      }
    }
    const int row = y - w;  // all rows it can see are ready
    if (row < 0) continue;
    std::uint64_t* to = out + static_cast<std::size_t>(row) * static_cast<std::size_t>(words);
    const std::uint64_t* middle = at(row, level_of[0]);
    for (int i = 0; i < words; ++i) to[i] = middle[i];
    for (int dy = 1; dy <= w; ++dy) {
      const bool up = row - dy >= 0, down = row + dy < height;
      const std::uint64_t* a = at(up ? row - dy : row, level_of[dy]);
      const std::uint64_t* b = at(down ? row + dy : row, level_of[dy]);
      if (up && down)
        for (int i = 0; i < words; ++i) to[i] |= a[i] | b[i];
      else if (up || down)
        for (int i = 0; i < words; ++i) to[i] |= up ? a[i] : b[i];
    }
  }
}

inline void dilate_baseline(const std::uint64_t* plane, int height, int words, const RingShape& shape, std::vector<std::uint64_t>& levels, std::uint64_t* out) { dilate_body(plane, height, words, shape, levels, out); }
#if RTS_X86
__attribute__((target("avx2"))) inline void dilate_avx2(const std::uint64_t* plane, int height, int words, const RingShape& shape, std::vector<std::uint64_t>& levels, std::uint64_t* out) { dilate_body(plane, height, words, shape, levels, out); }
__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,prefer-vector-width=512"))) inline void dilate_avx512(const std::uint64_t* plane, int height, int words, const RingShape& shape, std::vector<std::uint64_t>& levels, std::uint64_t* out) {
  dilate_body(plane, height, words, shape, levels, out);
}
#endif

inline void dilate(Isa isa, const std::uint64_t* plane, int height, int words, const RingShape& shape, std::vector<std::uint64_t>& levels, std::uint64_t* out) {
#if RTS_X86
  if (isa == Isa::avx512) return dilate_avx512(plane, height, words, shape, levels, out);
  if (isa == Isa::avx2) return dilate_avx2(plane, height, words, shape, levels, out);
#endif
  (void)isa;
  dilate_baseline(plane, height, words, shape, levels, out);
}

/// As `dilate`, for any width: distance to the nearest set pixel of each column, then one interval a column marks a row.
inline void dilate_by_distance(const std::uint64_t* plane, int height, int width, int words, const RingShape& shape, RingWorkspace& space, std::uint64_t* out) {
  const std::int32_t far = shape.width + 1;
  const auto n = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  std::vector<std::int32_t>& g = space.above;
  g.assign(n, far);
  const auto set = [&](int y, int x) { return plane[static_cast<std::size_t>(y) * static_cast<std::size_t>(words) + static_cast<std::size_t>(x >> 6)] >> (x & 63) & 1; };
  const auto at = [&](int y, int x) -> std::int32_t& { return g[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)]; };
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) at(y, x) = set(y, x) ? 0 : y > 0 ? std::min(far, at(y - 1, x) + 1)
                                                                     : far;
  for (int y = height - 2; y >= 0; --y)
    for (int x = 0; x < width; ++x) at(y, x) = std::min(at(y, x), at(y + 1, x) + 1);
  std::vector<std::int32_t>& marks = space.below;
  for (int y = 0; y < height; ++y) {
    marks.assign(static_cast<std::size_t>(width) + 1, 0);
    for (int x = 0; x < width; ++x) {
      if (at(y, x) > shape.width) continue;
      const int reach = shape.reach[static_cast<std::size_t>(at(y, x))];
      ++marks[static_cast<std::size_t>(std::max(0, x - reach))];
      --marks[static_cast<std::size_t>(std::min(width, x + reach + 1))];
    }
    std::uint64_t* to = out + static_cast<std::size_t>(y) * static_cast<std::size_t>(words);
    std::fill(to, to + words, 0);
    for (int x = 0, open = 0; x < width; ++x) {
      open += marks[static_cast<std::size_t>(x)];
      if (open > 0) to[x >> 6] |= std::uint64_t{1} << (x & 63);
    }
  }
}

}  // namespace bits

/// Ring of one tile: 1 for every valid pixel whose centre lies within the shape of a valid pixel of another class, else 0.
/// labels, valid: height x width uint8, 255 in labels is no class; classes 2: object is any label above 0.
/// `side` inside keeps pixels of classes above 0, outside those of class 0.
inline void boundary_ring(const std::uint8_t* labels, const std::uint8_t* valid, int height, int width, int classes, const RingShape& shape, RingSide side, RingWorkspace& space, std::uint8_t* ring, bits::Isa isa = bits::best_isa()) {
  const int words = (width + 63) / 64;
  const auto n = static_cast<std::size_t>(height) * static_cast<std::size_t>(words);
  for (auto* plane : {&space.known, &space.object, &space.other, &space.near, &space.ring}) plane->assign(n, 0);
  const auto dilated = [&](const std::vector<std::uint64_t>& plane) {
    if (shape.width <= RingShape::max_packed_width) bits::dilate(isa, plane.data(), height, words, shape, space.levels, space.near.data());
    else bits::dilate_by_distance(plane.data(), height, width, words, shape, space, space.near.data());
  };
  for (int c = classes == 2 ? 1 : 0; c < classes; ++c) {
    if (c > (classes == 2 ? 1 : 0)) std::fill(space.object.begin(), space.object.end(), 0);
    for (int y = 0; y < height; ++y) {
      const std::size_t from = static_cast<std::size_t>(y) * static_cast<std::size_t>(width), to = static_cast<std::size_t>(y) * static_cast<std::size_t>(words);
      const int value = classes == 2 ? -1 : c;
#if RTS_X86
      if (isa == bits::Isa::avx512) {
        bits::pack_row_avx512(labels + from, valid + from, width, value, &space.known[to], &space.object[to]);
        continue;
      }
#endif
      bits::pack_row_baseline(labels + from, valid + from, width, value, &space.known[to], &space.object[to]);
    }
    bool any = false, all = true;
    for (std::size_t i = 0; i < n; ++i) {
      space.other[i] = space.known[i] & ~space.object[i];
      any = any || space.object[i];
      all = all && !space.other[i];
    }
    if (!any || all) continue;  // one class alone has no boundary
    const bool wanted = side == RingSide::both || (side == RingSide::inside) == (classes == 2 || c > 0);
    if (wanted) {
      dilated(space.other);
      for (std::size_t i = 0; i < n; ++i) space.ring[i] |= space.near[i] & space.object[i];
    }
    if (classes == 2 && side != RingSide::inside) {
      dilated(space.object);
      for (std::size_t i = 0; i < n; ++i) space.ring[i] |= space.near[i] & space.other[i];
    }
  }
  for (int y = 0; y < height; ++y) {
    const std::uint64_t* from = &space.ring[static_cast<std::size_t>(y) * static_cast<std::size_t>(words)];
    std::uint8_t* to = ring + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
#if RTS_X86
    if (isa == bits::Isa::avx512) {
      bits::unpack_row_avx512(from, width, to);
      continue;
    }
#endif
    bits::unpack_row_baseline(from, width, to);
  }
}

}  // namespace rts::kernels
