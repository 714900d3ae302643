#pragma once
// What a pass is: logits and raw labels in, value and the gradient for the logits out, in one go.

#include <rts/losses/losses_policy.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace rts::inline RTS_ABI::losses {

/// What a pass needs beside pixels. Tensors live on the logits' device; nothing is read back to the host.
struct PassContext {
  at::Tensor loss_scale = {};   ///< fp32 scalar of the gradient scaler; undefined is 1. Never multiplies the value
  double accumulation = 1;      ///< forward passes per step: the gradient is divided by it
  bool gradient = true;         ///< false: value only, as validation needs
};

struct PassResult {
  at::Tensor value;     ///< fp32 scalar (fp64 for fp64 logits)
  at::Tensor gradient;  ///< like the logits, strides too; d value / d logits x loss_scale / accumulation
};

/// Numbers of a recipe's loss, boundary and targets, handed to the pass at run time.
struct PassNumbers {
  LossNumbers loss;
  boundary::Numbers boundary;
  targets::Numbers targets;
  std::vector<double> class_weights;  ///< [class], where the loss uses them: see `class_weights_of`
};

/// logits (N,1,H,W) or (N,C,H,W), fp32, fp16 or bf16, any strides; labels (N,H,W) uint8, 255 ignored; valid (N,H,W) uint8 or bool;
/// or, for one logit, both as bit planes (`byte_masks`).
/// errors: RTS-L51 when shapes, dtypes or devices do not fit together; RTS-L52 a label outside the classes (CPU); RTS-L53 class weights
/// missing, negative or not finite.
using Pass = PassResult (*)(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers&, const PassContext&);

/// A loss that brings its own pass.
template <class L>
concept HasPass = Loss<L> && requires {
  { L::pass } -> std::convertible_to<Pass>;
};
/// A loss that the fused pass runs.
template <class L>
concept HasNumbers = Loss<L> && requires {
  { L::numbers() } -> std::same_as<LossNumbers>;
};

struct Masks {
  at::Tensor labels, valid;  ///< (N,H,W) uint8
};
/// Labels and mask as bytes. Bit planes are taken too: both (N,H,ceil(W/64)) int64, bit x of a row at word x / 64, bit x % 64: object, valid.
Masks byte_masks(const at::Tensor& labels, const at::Tensor& valid, std::int64_t width);

/// Throws RTS-L51 unless the tensors fit together, RTS-L53 unless class weights do.
void check_inputs(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n);

/// Weight of each class from its pixels in the training split.
/// errors: RTS-L54 for a class without a pixel, which would weigh infinitely much, and for negative counts.
std::vector<double> class_weights_of(ClassWeights how, const std::vector<std::int64_t>& pixels, double largest = 5);

}  // namespace rts::inline RTS_ABI::losses

#if RTS_HEADER_ONLY
#include <rts/losses/pass.ipp>
#endif
