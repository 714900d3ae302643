#pragma once
#include <rts/metrics/runs.hpp>

#include <rts/core/instruction_set.hpp>

#include <bit>
#include <cstddef>
#include <cstring>

#if RTS_X86
#include <immintrin.h>
#endif

namespace rts::inline RTS_ABI::metrics {
namespace detail {

/// The rest of a row that fills no word, and whole rows where no wider instruction set is.
template <class Set>
inline void bits_from(int from, int n, std::uint64_t* bits, Set&& set) {
  for (int x = from; x < n; x += 64) {
    std::uint64_t word = 0;
    for (int k = 0; k < 64 && x + k < n; ++k) word |= static_cast<std::uint64_t>(set(x + k)) << k;
    bits[x / 64] = word;
  }
}
inline void nonzero_baseline(const std::uint8_t* row, int n, std::uint64_t* bits) {
  bits_from(0, n, bits, [row](int x) { return row[x] != 0; });
}
inline void at_least_baseline(const float* row, float threshold, int n, std::uint64_t* bits) {
  bits_from(0, n, bits, [row, threshold](int x) { return row[x] >= threshold; });
}
#if RTS_X86
RTS_TARGET_AVX2 inline void nonzero_avx2(const std::uint8_t* row, int n, std::uint64_t* bits) {
  int x = 0;
  const __m256i zero = _mm256_setzero_si256();
  for (; x + 64 <= n; x += 64) {
    const int low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + x)), zero));
    const int high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + x + 32)), zero));
    bits[x / 64] = ~(static_cast<std::uint32_t>(low) | static_cast<std::uint64_t>(static_cast<std::uint32_t>(high)) << 32);
  }
  bits_from(x, n, bits, [row](int i) { return row[i] != 0; });
}
RTS_TARGET_AVX512 inline void nonzero_avx512(const std::uint8_t* row, int n, std::uint64_t* bits) {
  int x = 0;
  for (; x + 64 <= n; x += 64) {
    const __m512i v = _mm512_loadu_si512(row + x);
    bits[x / 64] = _mm512_test_epi8_mask(v, v);
  }
  bits_from(x, n, bits, [row](int i) { return row[i] != 0; });
}
RTS_TARGET_AVX2 inline void at_least_avx2(const float* row, float threshold, int n, std::uint64_t* bits) {
  int x = 0;
  const __m256 t = _mm256_set1_ps(threshold);
  for (; x + 64 <= n; x += 64) {
    std::uint64_t word = 0;
    for (int k = 0; k < 8; ++k) word |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(row + x + 8 * k), t, _CMP_GE_OQ)))) << (8 * k);
    bits[x / 64] = word;
  }
  bits_from(x, n, bits, [row, threshold](int i) { return row[i] >= threshold; });
}
RTS_TARGET_AVX512 inline void at_least_avx512(const float* row, float threshold, int n, std::uint64_t* bits) {
  int x = 0;
  const __m512 t = _mm512_set1_ps(threshold);
  for (; x + 64 <= n; x += 64) {
    std::uint64_t word = 0;
    for (int k = 0; k < 4; ++k) word |= static_cast<std::uint64_t>(_mm512_cmp_ps_mask(_mm512_loadu_ps(row + x + 16 * k), t, _CMP_GE_OQ)) << (16 * k);
    bits[x / 64] = word;
  }
  bits_from(x, n, bits, [row, threshold](int i) { return row[i] >= threshold; });
}
#endif

}  // namespace detail

RTS_INLINE void nonzero_bits(const std::uint8_t* row, int n, std::uint64_t* bits) {
#if RTS_X86
  const auto isa = kernels::active_isa();
  if (isa == kernels::Isa::avx512) return detail::nonzero_avx512(row, n, bits);
  if (isa == kernels::Isa::avx2) return detail::nonzero_avx2(row, n, bits);
#endif
  detail::nonzero_baseline(row, n, bits);
}

RTS_INLINE void at_least_bits(const float* row, float threshold, int n, std::uint64_t* bits) {
#if RTS_X86
  const auto isa = kernels::active_isa();
  if (isa == kernels::Isa::avx512) return detail::at_least_avx512(row, threshold, n, bits);
  if (isa == kernels::Isa::avx2) return detail::at_least_avx2(row, threshold, n, bits);
#endif
  detail::at_least_baseline(row, threshold, n, bits);
}

RTS_INLINE void runs_of(const std::uint64_t* bits, int n, std::vector<Run>& out) {
  out.clear();
  const int words = (n + 63) / 64;
  std::uint64_t carry = 0;
  for (int k = 0; k < words; ++k) {
    const std::uint64_t word = bits[k];
    std::uint64_t edges = word ^ (word << 1 | carry);  // where a pixel differs from the one before
    carry = word >> 63;
    while (edges) {
      const int x = 64 * k + std::countr_zero(edges);
      edges &= edges - 1;
      if (word >> (x & 63) & 1) out.push_back({x, n});
      else out.back().last = x;
    }
  }
}

}  // namespace rts::inline RTS_ABI::metrics
