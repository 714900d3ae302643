#pragma once
// Pixels of each class in a plane of codes. Pointers and integers; knows no tensor.

#include <rts/core/instruction_set.hpp>
#include <rts/losses/math_formula.hpp>

#include <cstddef>

namespace rts::kernels {

namespace isa {
RTS_FORMULA void count_codes(const std::uint8_t* __restrict__ codes, std::size_t n, int classes, std::int64_t* counts) {
  constexpr std::size_t block = 1024;
  std::size_t first = 0;
  for (; first + block <= n; first += block)
    for (int c = 0; c < classes; ++c) {
      const std::uint8_t* p = codes + first;
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < block; ++i) sum += p[i] == c;
      counts[c] += sum;
    }
  for (; first < n; ++first)
    if (codes[first] < classes) ++counts[codes[first]];
}
inline void count_codes_baseline(const std::uint8_t* codes, std::size_t n, int classes, std::int64_t* counts) { count_codes(codes, n, classes, counts); }
RTS_TARGET_AVX2 inline void count_codes_avx2(const std::uint8_t* codes, std::size_t n, int classes, std::int64_t* counts) { count_codes(codes, n, classes, counts); }
RTS_TARGET_AVX512 inline void count_codes_avx512(const std::uint8_t* codes, std::size_t n, int classes, std::int64_t* counts) { count_codes(codes, n, classes, counts); }
}  // namespace isa

/// Adds to counts[c] the pixels with code c; codes from `classes` up are not counted.
inline void count_codes(Isa set, const std::uint8_t* codes, std::size_t n, int classes, std::int64_t* counts) {
  if (set == Isa::avx512) return isa::count_codes_avx512(codes, n, classes, counts);
  if (set == Isa::avx2) return isa::count_codes_avx2(codes, n, classes, counts);
  isa::count_codes_baseline(codes, n, classes, counts);
}

}  // namespace rts::kernels
