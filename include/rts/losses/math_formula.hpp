#pragma once
// Elementary functions that the formulas of losses are written in. No branch, no call, no table: g++ turns a loop over
// them into vector code of whatever instruction set the function around it targets, and nvcc compiles them as they are.

#include <rts/core/config.hpp>

#include <bit>
#include <cmath>
#include <cstdint>

#if defined(__CUDACC__)
#define RTS_FORMULA __host__ __device__ __forceinline__
#else
#define RTS_FORMULA __attribute__((always_inline)) inline
#endif

namespace rts::kernels {

inline constexpr std::uint8_t ignored_label = 255;  ///< of no class

/// fp32 by polynomials. accuracy: relative error below 2e-7 for exp_negative, log and log1p (log near 1: absolute).
struct PolynomialMath {
  using Real = float;
  RTS_FORMULA static Real select(bool c, Real a, Real b) {  // in integers: a conditional of floats would become a branch
    const std::uint32_t m = ~(static_cast<std::uint32_t>(c) - 1u);
    return std::bit_cast<Real>((std::bit_cast<std::uint32_t>(a) & m) | (std::bit_cast<std::uint32_t>(b) & ~m));
  }
  RTS_FORMULA static Real absolute(Real x) { return std::bit_cast<Real>(std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFFu); }
  /// e^x for x <= 0; 0 below -87.
  RTS_FORMULA static Real exp_negative(Real x) {
    const Real c = select(x < -87.0f, -87.0f, x);
    const Real t = c * 1.44269504088896341f + 12582912.0f;  // rounds to an integer in the low bits
    const Real k = t - 12582912.0f;
    const Real f = (c - k * 0.693359375f) + k * 2.12194440e-4f;
    Real p = 1.9875691500e-4f;
    p = p * f + 1.3981999507e-3f;
    p = p * f + 8.3334519073e-3f;
    p = p * f + 4.1665795894e-2f;
    p = p * f + 1.6666665459e-1f;
    p = p * f + 5.0000001201e-1f;
    p = p * (f * f) + f + 1.0f;
    const Real scaled = std::bit_cast<Real>(std::bit_cast<std::int32_t>(p) + (std::bit_cast<std::int32_t>(t) << 23));
    return select(x < -87.0f, 0.0f, scaled);
  }
  /// Natural logarithm of a positive normal number; about -88 at 0.
  RTS_FORMULA static Real log(Real x) {
    const std::int32_t i = std::bit_cast<std::int32_t>(x) - 0x3F3504F3;
    const Real e = static_cast<Real>(i >> 23);
    const Real m = std::bit_cast<Real>((i & 0x007FFFFF) + 0x3F3504F3) - 1.0f;
    Real p = 7.0376836292e-2f;
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    const Real z = m * m;
    return m + (p * m * z + e * -2.12194440e-4f - 0.5f * z) + e * 0.693359375f;
  }
  /// 1 / (1 + e) and log(1 + e) for e in [0, 1], with one division: log1p(e) = 2 artanh(e / (2 + e)).
  RTS_FORMULA static void reciprocal_and_log1p(Real e, Real& reciprocal, Real& log1p) {
    const Real a = 1.0f + e, b = 2.0f + e, d = 1.0f / (a * b);
    reciprocal = d * b;
    log1p = log1p_of(e * d * a);
  }
  /// log(1 + e) from y = e / (2 + e).
  RTS_FORMULA static Real log1p_of(Real y) {
    const Real y2 = y * y;
    Real p = 2.686754811e-1f;
    p = p * y2 + 2.823395616e-1f;
    p = p * y2 + 4.000767085e-1f;
    p = p * y2 + 6.666663967e-1f;
    return y * (2.0f + p * y2);
  }
};

/// The same in double precision by the standard library: what tests measure the other against.
struct ReferenceMath {
  using Real = double;
  RTS_FORMULA static Real select(bool c, Real a, Real b) { return c ? a : b; }
  RTS_FORMULA static Real absolute(Real x) { return std::fabs(x); }
  RTS_FORMULA static Real exp_negative(Real x) { return std::exp(x); }
  RTS_FORMULA static Real log(Real x) { return std::log(x); }
  RTS_FORMULA static void reciprocal_and_log1p(Real e, Real& reciprocal, Real& log1p) {
    reciprocal = 1 / (1 + e);
    log1p = std::log1p(e);
  }
};

}  // namespace rts::kernels
