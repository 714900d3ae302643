#pragma once
// What one pixel of a fused draw needs, as scalars: reflection, mixing, noise, the nodes of an elastic field. Shared by g++ and nvcc.

#include <rts/augment/steps_formula.hpp>

#include <bit>
#include <cmath>

#if defined(__CUDACC__)
#define RTS_PIXEL __host__ __device__ __forceinline__
#else
#define RTS_PIXEL [[gnu::always_inline]] inline
#endif

namespace rts::inline RTS_ABI::augment {

/// The larger of 0 and the smaller of t and top, for top >= 0: on bits, which compilers vectorise where they keep float comparisons as branches.
RTS_PIXEL float clamp_to(float t, float top) {
  std::int32_t bits = std::bit_cast<std::int32_t>(t);
  const std::int32_t most = std::bit_cast<std::int32_t>(top);
  bits = bits < 0 ? 0 : bits;
  bits = bits > most ? most : bits;
  return std::bit_cast<float>(bits);
}

/// Folds a coordinate into [0, n - 1] by reflection at the outer edges of pixels.
RTS_PIXEL float fold(float f, float n) {
  const float t = f + 0.5f, period = 2 * n;
  const float k = static_cast<float>(static_cast<std::int32_t>(t / period + 1024.0f)) - 1024.0f;  // rounds down
  return clamp_to(n - std::fabs(t - period * k - n) - 0.5f, n - 1);
}

RTS_PIXEL float mix(float a, float b, float t) { return a + t * (b - a); }

/// The key of a band's noise.
RTS_PIXEL std::uint32_t noise_key(std::uint64_t seed, std::uint32_t band) { return static_cast<std::uint32_t>(seed) ^ static_cast<std::uint32_t>(seed >> 32) * (2 * band + 1); }
/// Noise of a pixel: eight hashed bytes summed, nearly normal with unit variance, cut at 4.8 deviations.
RTS_PIXEL float noise_at(std::uint32_t key, std::uint32_t place) {
  constexpr float unit = 0.0047841835f;  // 1 / sqrt(8 (256^2 - 1) / 12)
  std::uint32_t a = place * 0x9E3779B9u ^ key;
  a ^= a >> 16, a *= 0x7feb352du, a ^= a >> 15, a *= 0x846ca68bu, a ^= a >> 16;
  std::uint32_t b = a ^ 0x85EBCA6Bu;
  b ^= b >> 16, b *= 0x7feb352du, b ^= b >> 15, b *= 0x846ca68bu, b ^= b >> 16;
  const std::uint32_t two = (a & 0x00FF00FFu) + (a >> 8 & 0x00FF00FFu) + (b & 0x00FF00FFu) + (b >> 8 & 0x00FF00FFu);
  return (static_cast<float>(static_cast<std::int32_t>((two & 0xFFFFu) + (two >> 16))) - 1020.0f) * unit;
}

/// White noise that an elastic field is made of, value i: the sum of four bytes, unit variance, nearly normal.
RTS_PIXEL float white_value(std::uint32_t v) {
  constexpr float unit = 0.00676583f;  // 1 / sqrt(4 (256^2 - 1) / 12)
  return (static_cast<float>((v & 255) + (v >> 8 & 255) + (v >> 16 & 255) + (v >> 24)) - 510.0f) * unit;
}
RTS_PIXEL PhiloxBlock white_block(std::uint64_t seed, std::uint32_t four) { return philox({{four, 0xE1A5u, 0, 0}}, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)); }

/// Weights of a cubic B-spline's four nodes around a place t in [0, 1) between the second and the third.
template <class T>
RTS_PIXEL void spline_weights(T t, T w[4]) {
  const T s = 1 - t;
  w[0] = s * s * s / 6;
  w[1] = (3 * t * t * t - 6 * t * t + 4) / 6;
  w[2] = (3 * s * s * s - 6 * s * s + 4) / 6;
  w[3] = t * t * t / 6;
}

}  // namespace rts::inline RTS_ABI::augment
