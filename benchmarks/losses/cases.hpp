#pragma once
// The work that both loss benchmarks time: one batch, its losses, and two loops that bound them from below.

#include <rts/losses/bit_ring.hpp>
#include <rts/losses/pass_of.hpp>

#include <ATen/ATen.h>

#include <cstring>
#include <vector>

namespace bench {

using namespace rts;

using Focal = losses::Focal<>;
using Tversky = losses::Tversky<>;
using FocalTversky = losses::Sum<losses::Term<1.0, losses::Focal<>>, losses::Term<1.0, losses::Tversky<>>>;
using Ring = boundary::Ignore<{.width = 3}>;

struct Batch {
  at::Tensor logits, labels, valid;
};

/// The arithmetic floor: e^-|x| and log(1 + e^-|x|) of every element, of the same functions and vectors as the pass, nothing else.
RTS_FORMULA void floor_loop(const float* __restrict__ z, float* __restrict__ out, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    const float e = kernels::PolynomialMath::exp_negative(-kernels::PolynomialMath::absolute(z[i]));
    out[i] = e + kernels::PolynomialMath::log(1.0f + e);
  }
}
inline void floor_baseline(const float* z, float* out, std::int64_t n) { floor_loop(z, out, n); }
RTS_TARGET_AVX2 inline void floor_avx2(const float* z, float* out, std::int64_t n) { floor_loop(z, out, n); }
RTS_TARGET_AVX512 inline void floor_avx512(const float* z, float* out, std::int64_t n) { floor_loop(z, out, n); }
inline void floor(const at::Tensor& z, at::Tensor& out) {
  const auto isa = kernels::active_isa();
  (isa == kernels::Isa::avx512 ? floor_avx512 : isa == kernels::Isa::avx2 ? floor_avx2
                                                                          : floor_baseline)(z.const_data_ptr<float>(), out.mutable_data_ptr<float>(), z.numel());
}

/// The bytes that focal reads and writes, moved and nothing else: logits to gradient, labels and mask to codes.
inline void copy(const Batch& b, at::Tensor& gradient, at::Tensor& codes) {
  std::memcpy(gradient.mutable_data_ptr(), b.logits.const_data_ptr(), b.logits.nbytes());
  std::memcpy(codes.mutable_data_ptr(), b.labels.const_data_ptr(), b.labels.nbytes());
  std::memcpy(codes.mutable_data_ptr(), b.valid.const_data_ptr(), b.valid.nbytes());
}

/// LossMask of one tile from raw labels.
inline void ring(const Batch& b, const kernels::RingShape& shape, kernels::RingWorkspace& space, at::Tensor& codes) {
  kernels::boundary_codes(b.labels.const_data_ptr<std::uint8_t>(), b.valid.const_data_ptr<std::uint8_t>(), static_cast<int>(b.labels.size(1)), static_cast<int>(b.labels.size(2)), 2, shape, kernels::RingSide::both, space, codes.mutable_data_ptr<std::uint8_t>());
}

template <class L, class Boundary = boundary::None>
at::Tensor fused(const Batch& b) {
  static const losses::PassNumbers n = losses::numbers_of<L, Boundary>();
  return losses::pass<L>(b.logits, b.labels, b.valid, n).gradient;
}
template <class L, class Boundary = boundary::None>
at::Tensor composed(const Batch& b) {
  static const losses::PassNumbers n = losses::numbers_of<L, Boundary>();
  return losses::composed_pass(b.logits, b.labels, b.valid, n, {}).gradient;
}

}  // namespace bench
