#pragma once
// From a recipe's types to its pass: which structure runs it, with which numbers; and the pass as an ordinary torch loss.

#include <rts/losses/composed.hpp>
#include <rts/losses/fused.hpp>

namespace rts::kernels {
#if !RTS_HEADER_ONLY
#define RTS_STRUCTURE(regions, ...) extern template BlockFunction point_function<Pointwise<__VA_ARGS__>, regions>(Isa, bool, TargetMode);
#include <rts/losses/structures.def>
#undef RTS_STRUCTURE
#endif
}  // namespace rts::kernels

namespace rts::inline RTS_ABI::losses {

/// Runs a structure where it can run: fused on the CPU, composed for fp64 and on devices without a compiled kernel.
PassResult run_structure(const kernels::Structure& structure, const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n, const PassContext& context);

/// The part of `run_structure` for tensors on a device: a compiled kernel where there is one for the structure and shape, else composed.
PassResult device_pass(const kernels::Structure& structure, const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n, const PassContext& context);

/// The pass of a loss policy.
template <Loss L>
PassResult pass(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n, const PassContext& context = {}) {
  if constexpr (HasPass<L>) return L::pass(logits, labels, valid, n, context);
  else if constexpr (detail::composed_only<L>()) return composed_pass(logits, labels, valid, n, context);
  else return run_structure(kernels::structure_of<typename L::pointwise, L::regions>, logits, labels, valid, n, context);
}

/// Whether a compiled CUDA kernel runs the structure of a loss (where shape, boundary and targets let it).
template <Loss L>
constexpr bool has_cuda_kernel() {
  if constexpr (HasPass<L> || detail::composed_only<L>()) return false;
  else return kernels::structure_of<typename L::pointwise, L::regions>.cuda != nullptr;
}

/// The numbers of a loss with its boundary and targets.
template <Loss L, class Boundary = boundary::None, class Targets = targets::Hard>
PassNumbers numbers_of(const std::vector<double>& class_weights = {}) {
  PassNumbers n{.boundary = Boundary::numbers, .targets = Targets::numbers, .class_weights = class_weights};
  if constexpr (HasNumbers<L>) n.loss = L::numbers();
  return n;
}

/// A pass as a differentiable scalar: autograd keeps the gradient alone, one tensor like the logits.
/// errors: those of `Pass`; RTS-L57 on double backward, which the pass does not know
at::Tensor differentiable(Pass pass, const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n);

/// The mean loss as torch users expect it: `losses::mean<losses::Focal<>>(logits, labels, valid).backward()`.
template <Loss L, class Boundary = boundary::None, class Targets = targets::Hard>
at::Tensor mean(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const std::vector<double>& class_weights = {}) {
  return differentiable(&pass<L>, logits, labels, valid, numbers_of<L, Boundary, Targets>(class_weights));
}

}  // namespace rts::inline RTS_ABI::losses

#if RTS_HEADER_ONLY
#include <rts/losses/pass_of.ipp>
namespace rts::inline RTS_ABI::losses {
inline PassResult device_pass(const kernels::Structure&, const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n, const PassContext& context) { return composed_pass(logits, labels, valid, n, context); }
}  // namespace rts::inline RTS_ABI::losses
#endif
