#pragma once
// 16-bit floats to fp32 and back, a row at a time, round to nearest even. Pointers only; knows no tensor.

#include <rts/core/instruction_set.hpp>
#include <rts/losses/math_formula.hpp>

#include <cstddef>

#if RTS_X86
#include <immintrin.h>
#endif

namespace rts::kernels {

/// One number each way, for tails and where there is no instruction.
inline float from_fp16(std::uint16_t h) {
  const std::uint32_t sign = (h & 0x8000u) << 16, body = (h & 0x7FFFu) << 13;
  if (body >= 0x0F800000u) return std::bit_cast<float>(sign | 0x7F800000u | (body & 0x007FFFFFu));                             // inf, NaN
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(std::bit_cast<float>(body) * 0x1p112f) | sign);  // subnormal ones too
}
inline std::uint16_t to_fp16(float f) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(f), sign = bits >> 16 & 0x8000u, body = bits & 0x7FFFFFFFu;
  if (body > 0x7F800000u) return static_cast<std::uint16_t>(sign | 0x7E00u);
  if (body >= 0x477FF000u) return static_cast<std::uint16_t>(sign | 0x7C00u);  // 65520 and above round to infinity
  if (body < 0x38800000u) return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(std::bit_cast<float>(body) + 0.5f) - 0x3F000000u));
  return static_cast<std::uint16_t>(sign | ((body - 0x38000000u + 0x0FFFu + (body >> 13 & 1u)) >> 13));
}

namespace isa {
RTS_FORMULA void bf16_to_fp32(const std::uint16_t* __restrict__ from, float* __restrict__ to, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] = std::bit_cast<float>(static_cast<std::uint32_t>(from[i]) << 16);
}
RTS_FORMULA void fp32_to_bf16(const float* __restrict__ from, std::uint16_t* __restrict__ to, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t b = std::bit_cast<std::uint32_t>(from[i]), nan = ~(static_cast<std::uint32_t>((b & 0x7FFFFFFFu) > 0x7F800000u) - 1u);
    to[i] = static_cast<std::uint16_t>(((b + 0x7FFFu + (b >> 16 & 1u)) & ~nan) >> 16 | (0x7FC0u & nan));
  }
}
inline void bf16_to_fp32_baseline(const std::uint16_t* from, float* to, std::size_t n) { bf16_to_fp32(from, to, n); }
inline void fp32_to_bf16_baseline(const float* from, std::uint16_t* to, std::size_t n) { fp32_to_bf16(from, to, n); }
RTS_TARGET_AVX2 inline void bf16_to_fp32_avx2(const std::uint16_t* from, float* to, std::size_t n) { bf16_to_fp32(from, to, n); }
RTS_TARGET_AVX2 inline void fp32_to_bf16_avx2(const float* from, std::uint16_t* to, std::size_t n) { fp32_to_bf16(from, to, n); }
#if RTS_X86
__attribute__((target("avx2,f16c"))) inline void fp16_to_fp32_f16c(const std::uint16_t* from, float* to, std::size_t n) {
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i))));
  for (; i < n; ++i) to[i] = from_fp16(from[i]);
}
__attribute__((target("avx2,f16c"))) inline void fp32_to_fp16_f16c(const float* from, std::uint16_t* to, std::size_t n) {
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  for (; i < n; ++i) to[i] = to_fp16(from[i]);
}
#endif
}  // namespace isa

inline void bf16_to_fp32(Isa set, const std::uint16_t* from, float* to, std::size_t n) { set == Isa::baseline ? isa::bf16_to_fp32_baseline(from, to, n) : isa::bf16_to_fp32_avx2(from, to, n); }
inline void fp32_to_bf16(Isa set, const float* from, std::uint16_t* to, std::size_t n) { set == Isa::baseline ? isa::fp32_to_bf16_baseline(from, to, n) : isa::fp32_to_bf16_avx2(from, to, n); }
inline void fp16_to_fp32(Isa set, const std::uint16_t* from, float* to, std::size_t n) {
#if RTS_X86
  if (set != Isa::baseline) return isa::fp16_to_fp32_f16c(from, to, n);  // every machine with AVX2 has F16C
#endif
  (void)set;
  for (std::size_t i = 0; i < n; ++i) to[i] = from_fp16(from[i]);
}
inline void fp32_to_fp16(Isa set, const float* from, std::uint16_t* to, std::size_t n) {
#if RTS_X86
  if (set != Isa::baseline) return isa::fp32_to_fp16_f16c(from, to, n);
#endif
  (void)set;
  for (std::size_t i = 0; i < n; ++i) to[i] = to_fp16(from[i]);
}

}  // namespace rts::kernels
