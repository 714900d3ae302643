#pragma once
// The loops of a map over one row of pixels, vectorised for the machine's instruction set.

#include <rts/core/instruction_set.hpp>
#include <rts/core/pixel_type.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace rts::inline RTS_ABI::inference::pixel_rows {
namespace detail {

#define RTS_MAP_LOOP [[gnu::always_inline]] inline

template <class T>
RTS_MAP_LOOP void normalise(const T* __restrict__ from, const std::uint8_t* __restrict__ valid, int n, float scale, float offset, float* __restrict__ to) {
  for (int x = 0; x < n; ++x) {
    const float v = static_cast<float>(from[x]) * scale + offset;
    to[x] = valid[x] ? v : 0.0f;
  }
}
RTS_MAP_LOOP void normalise_any(PixelType type, const std::byte* from, const std::uint8_t* valid, int n, float scale, float offset, float* to) {
  if (type == PixelType::u8) normalise(reinterpret_cast<const std::uint8_t*>(from), valid, n, scale, offset, to);
  else if (type == PixelType::u16) normalise(reinterpret_cast<const std::uint16_t*>(from), valid, n, scale, offset, to);
  else normalise(reinterpret_cast<const float*>(from), valid, n, scale, offset, to);
}
RTS_MAP_LOOP void add(const float* __restrict__ p, const float* __restrict__ wx, float wy, int n, float* __restrict__ sum) {
  for (int x = 0; x < n; ++x) sum[x] += wy * wx[x] * p[x];
}
RTS_MAP_LOOP void finish(const float* __restrict__ sum, const float* __restrict__ total, float row_total, const std::uint8_t* __restrict__ valid, int n, float* __restrict__ out) {
  for (int x = 0; x < n; ++x) {
    float p = sum[x] / (row_total * total[x]);
    p = p < 0.0f ? 0.0f : p > 1.0f ? 1.0f
                                   : p;
    p = valid[x] == 2 ? 0.0f : p;
    out[x] = valid[x] ? p : -1.0f;
  }
}
RTS_MAP_LOOP void bytes(const float* __restrict__ p, std::size_t n, std::uint8_t* __restrict__ out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::uint8_t>(p[i] < 0.0f ? 255 : static_cast<std::int32_t>(p[i] * 250.0f + 0.5f));
}

// Each loop for each instruction set; `call` picks one when the program runs.
#define RTS_MAP_FORMS(name, loop, parameters, arguments)                     \
  inline void name##_baseline parameters { loop arguments; }                 \
  RTS_TARGET_AVX2 inline void name##_avx2 parameters { loop arguments; }     \
  RTS_TARGET_AVX512 inline void name##_avx512 parameters { loop arguments; } \
  inline void name##_now parameters {                                        \
    const auto isa = kernels::active_isa();                                  \
    if (isa == kernels::Isa::avx512) return name##_avx512 arguments;         \
    if (isa == kernels::Isa::avx2) return name##_avx2 arguments;             \
    name##_baseline arguments;                                               \
  }
RTS_MAP_FORMS(normalise, normalise_any, (PixelType type, const std::byte* from, const std::uint8_t* valid, int n, float scale, float offset, float* to), (type, from, valid, n, scale, offset, to))
RTS_MAP_FORMS(add, add, (const float* p, const float* wx, float wy, int n, float* sum), (p, wx, wy, n, sum))
RTS_MAP_FORMS(finish, finish, (const float* sum, const float* total, float row_total, const std::uint8_t* valid, int n, float* out), (sum, total, row_total, valid, n, out))
RTS_MAP_FORMS(bytes, bytes, (const float* p, std::size_t n, std::uint8_t* out), (p, n, out))
#undef RTS_MAP_FORMS
#undef RTS_MAP_LOOP

}  // namespace detail

/// Stored pixels as network input, 0 where `valid` is.
inline void normalise(PixelType type, const std::byte* from, const std::uint8_t* valid, int n, float scale, float offset, float* to) { detail::normalise_now(type, from, valid, n, scale, offset, to); }
/// sum += wy x wx x p.
inline void add_weighted(const float* p, const float* wx, float wy, int n, float* sum) { detail::add_now(p, wx, wy, n, sum); }
/// sum over the weights' total; 0 where discarded (2), -1 where there is no data (0).
inline void finish(const float* sum, const float* total, float row_total, const std::uint8_t* valid, int n, float* out) { detail::finish_now(sum, total, row_total, valid, n, out); }
/// Probability x 250, rounded; 255 for no data.
inline void to_bytes(const float* p, std::size_t n, std::uint8_t* out) { detail::bytes_now(p, n, out); }
/// sigmoid(slope x logit(p) + intercept).
inline float calibrated(float p, double slope, double intercept) {
  const double q = std::clamp(static_cast<double>(p), 1e-7, 1 - 1e-7);
  return static_cast<float>(1 / (1 + std::exp(-(slope * std::log(q / (1 - q)) + intercept))));
}

}  // namespace rts::inline RTS_ABI::inference::pixel_rows
