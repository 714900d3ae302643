#pragma once
// The same losses composed of torch operators, on any device and in double precision: what CUDA runs where no kernel is compiled,
// what Lovasz and unreduced losses run, and the reference of every test.

#include <rts/losses/pass.hpp>

namespace rts::inline RTS_ABI::losses {

/// Ring of pixels within `width` of a valid pixel of another class. labels, valid (N,H,W) -> bool (N,H,W).
at::Tensor boundary_ring(const at::Tensor& labels, const at::Tensor& valid, int width, boundary::Metric metric, boundary::Side side);
/// The same from tensor operators, on any device: the reference of tests.
at::Tensor boundary_ring_composed(const at::Tensor& labels, const at::Tensor& valid, int width, boundary::Metric metric, boundary::Side side);

/// What the loss takes as truth: targets (N,classes,H,W), weight of each pixel (N,H,W), 0 outside the LossMask.
struct ComposedTruth {
  at::Tensor targets, weights;
};
ComposedTruth composed_truth(const at::Tensor& labels, const at::Tensor& valid, int classes, const PassNumbers& n, at::ScalarType type);

/// A pass by autograd over the composition; fp32, fp64 where the logits are fp64.
/// errors: as `Pass`; RTS-L55 for a term that only its formula knows
PassResult composed_pass(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n, const PassContext& context);

/// Unreduced pointwise loss (N,H,W), 0 outside the LossMask, with autograd's own backward: right for any upstream gradient.
/// Term weights and class factors are in it, denominators are not. errors: RTS-L56 for a loss with region terms, which has no pixel values
at::Tensor pixel_losses(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n);

}  // namespace rts::inline RTS_ABI::losses

#if RTS_HEADER_ONLY
#include <rts/losses/composed.ipp>
#endif
