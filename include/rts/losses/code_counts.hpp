#pragma once
// Pixels of each class in a plane of codes, and the largest label that counts. Pointers and integers; knows no tensor.

#include <rts/core/instruction_set.hpp>
#include <rts/losses/math_formula.hpp>

#include <bit>
#include <cstddef>

#if RTS_X86
#include <immintrin.h>
#endif

namespace rts::kernels {

namespace isa {
inline std::int64_t count_tail(const std::uint8_t* codes, std::size_t from, std::size_t n, int c) {
  std::int64_t sum = 0;
  for (std::size_t i = from; i < n; ++i) sum += codes[i] == c;
  return sum;
}
inline std::int64_t count_code_baseline(const std::uint8_t* codes, std::size_t n, int c) {
  std::size_t i = 0;
  std::int64_t sum = 0;
#if RTS_X86
  const __m128i wanted = _mm_set1_epi8(static_cast<char>(c)), one = _mm_set1_epi8(1);
  for (; i + 16 <= n; i += 16) {
    const __m128i hit = _mm_and_si128(_mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes + i)), wanted), one), sums = _mm_sad_epu8(hit, _mm_setzero_si128());
    sum += _mm_cvtsi128_si64(sums) + _mm_extract_epi16(sums, 4);
  }
#endif
  return sum + count_tail(codes, i, n, c);
}
inline int bound_tail(const std::uint8_t* labels, const std::uint8_t* valid, std::size_t from, std::size_t n, const std::uint8_t* lanes, int count) {
  int worst = 0;
  for (int k = 0; k < count; ++k) worst = worst > lanes[k] ? worst : lanes[k];
  for (std::size_t i = from; i < n; ++i) {
    const int next = valid[i] ? (labels[i] + 1) & 255 : 0;  // ignored: 255 + 1 = 0
    worst = worst > next ? worst : next;
  }
  return worst;
}
inline int label_bound_baseline(const std::uint8_t* labels, const std::uint8_t* valid, std::size_t n) {
  alignas(16) std::uint8_t lanes[16] = {};
  std::size_t i = 0;
#if RTS_X86
  __m128i worst = _mm_setzero_si128();
  for (; i + 16 <= n; i += 16) {
    const __m128i next = _mm_add_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(labels + i)), _mm_set1_epi8(1)), off = _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(valid + i)), _mm_setzero_si128());
    worst = _mm_max_epu8(worst, _mm_andnot_si128(off, next));
  }
  _mm_store_si128(reinterpret_cast<__m128i*>(lanes), worst);
#endif
  return bound_tail(labels, valid, i, n, lanes, 16);
}
#if RTS_X86
__attribute__((target("avx2,popcnt"))) inline std::int64_t count_code_avx2(const std::uint8_t* codes, std::size_t n, int c) {
  const __m256i wanted = _mm256_set1_epi8(static_cast<char>(c));
  std::size_t i = 0;
  std::int64_t sum = 0;
  for (; i + 32 <= n; i += 32) sum += std::popcount(static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes + i)), wanted))));
  return sum + count_tail(codes, i, n, c);
}
__attribute__((target("avx512f,avx512bw,popcnt"))) inline std::int64_t count_code_avx512(const std::uint8_t* codes, std::size_t n, int c) {
  const __m512i wanted = _mm512_set1_epi8(static_cast<char>(c));
  std::size_t i = 0;
  std::int64_t sum = 0;
  for (; i + 64 <= n; i += 64) sum += std::popcount(static_cast<std::uint64_t>(_mm512_cmpeq_epi8_mask(_mm512_loadu_si512(codes + i), wanted)));
  return sum + count_tail(codes, i, n, c);
}
RTS_TARGET_AVX2 inline int label_bound_avx2(const std::uint8_t* labels, const std::uint8_t* valid, std::size_t n) {
  alignas(32) std::uint8_t lanes[32];
  std::size_t i = 0;
  __m256i worst = _mm256_setzero_si256();
  for (; i + 32 <= n; i += 32) {
    const __m256i next = _mm256_add_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(labels + i)), _mm256_set1_epi8(1)), off = _mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(valid + i)), _mm256_setzero_si256());
    worst = _mm256_max_epu8(worst, _mm256_andnot_si256(off, next));
  }
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), worst);
  return bound_tail(labels, valid, i, n, lanes, 32);
}
RTS_TARGET_AVX512 inline int label_bound_avx512(const std::uint8_t* labels, const std::uint8_t* valid, std::size_t n) {
  alignas(64) std::uint8_t lanes[64];
  std::size_t i = 0;
  __m512i worst = _mm512_setzero_si512();
  for (; i + 64 <= n; i += 64) {
    const __m512i v = _mm512_loadu_si512(valid + i);
    worst = _mm512_max_epu8(worst, _mm512_maskz_add_epi8(_mm512_test_epi8_mask(v, v), _mm512_loadu_si512(labels + i), _mm512_set1_epi8(1)));
  }
  _mm512_store_si512(lanes, worst);
  return bound_tail(labels, valid, i, n, lanes, 64);
}
#endif
}  // namespace isa

/// Pixels with code `c`.
inline std::int64_t count_code(Isa set, const std::uint8_t* codes, std::size_t n, int c) {
#if RTS_X86
  if (set == Isa::avx512) return isa::count_code_avx512(codes, n, c);
  if (set == Isa::avx2) return isa::count_code_avx2(codes, n, c);
#endif
  (void)set;
  return isa::count_code_baseline(codes, n, c);
}

/// Largest label + 1 among valid pixels that are not ignored; 0 where there is none.
inline int label_bound(Isa set, const std::uint8_t* labels, const std::uint8_t* valid, std::size_t n) {
#if RTS_X86
  if (set == Isa::avx512) return isa::label_bound_avx512(labels, valid, n);
  if (set == Isa::avx2) return isa::label_bound_avx2(labels, valid, n);
#endif
  (void)set;
  return isa::label_bound_baseline(labels, valid, n);
}

}  // namespace rts::kernels
