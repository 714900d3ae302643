#pragma once
// What a pass is: logits and raw labels in, value and the gradient for the logits out, in one go.

#include <rts/losses/losses_policy.hpp>

#include <ATen/core/Tensor.h>

namespace rts::inline RTS_ABI::losses {

/// What a pass needs beside pixels. Tensors live on the logits' device; nothing is read back to the host.
struct PassContext {
  at::Tensor loss_scale = {};   ///< fp32 scalar of the gradient scaler; undefined is 1. Never multiplies the value
  double accumulation = 1;      ///< forward passes per step: the gradient is divided by it
  bool gradient = true;         ///< false: value only, as validation needs
};

struct PassResult {
  at::Tensor value;     ///< fp32 scalar: the mean over the LossMask
  at::Tensor gradient;  ///< like the logits; d value / d logits x loss_scale / accumulation
};

/// Numbers of a recipe's loss, handed to the pass at run time.
struct PassNumbers {
  double gamma = 2, alpha = 0.25;
  int ring_width = 0;
  boundary::Metric ring_metric = boundary::Metric::euclidean;
  boundary::Side ring_side = boundary::Side::both;
};

/// logits (N,1,H,W) any float type; labels (N,H,W) uint8, 255 ignored; valid (N,H,W) uint8.
/// errors: RTS-L51 when shapes, dtypes or devices do not fit together.
using Pass = PassResult (*)(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers&, const PassContext&);

/// What `pass_of` needs of a loss policy that users write: a name for its composed pass.
template <class L>
concept HasPass = Loss<L> && requires {
  { L::pass } -> std::convertible_to<Pass>;
};

}  // namespace rts::inline RTS_ABI::losses
