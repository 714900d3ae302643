#pragma once
// Passes composed of torch operators: the reference that any faster pass is compared with. CPU and CUDA.

#include <rts/losses/pass.hpp>

namespace rts::inline RTS_ABI::losses {

/// Ring of pixels within `width` of a valid pixel of another class. labels, valid (N,H,W) -> bool (N,H,W).
at::Tensor boundary_ring(const at::Tensor& labels, const at::Tensor& valid, int width, boundary::Metric metric, boundary::Side side);
/// The same from tensor operators, on any device: what CUDA takes where no kernel is compiled, and the reference of tests.
at::Tensor boundary_ring_composed(const at::Tensor& labels, const at::Tensor& valid, int width, boundary::Metric metric, boundary::Side side);

/// Focal loss over the LossMask (valid pixels outside the ring), value and gradient.
/// gradient: exact, by autograd over the composition; accuracy: losses_composed_tolerance in the tests.
PassResult focal_composed(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n, const PassContext& context);

namespace detail {
template <class L>
struct PassOf;
template <FocalOptions O>
struct PassOf<Focal<O>> {
  static constexpr Pass pass = &focal_composed;
  static PassNumbers numbers() { return {.gamma = O.gamma, .alpha = O.alpha}; }
};
template <HasPass L>
struct PassOf<L> {
  static constexpr Pass pass = L::pass;
  static PassNumbers numbers() { return {}; }
};
}  // namespace detail

}  // namespace rts::inline RTS_ABI::losses

#if RTS_HEADER_ONLY
#include <rts/losses/composed.ipp>
#endif
