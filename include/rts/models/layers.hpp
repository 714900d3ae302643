#pragma once
// Convolution and batch norm with the peers' parameter names and paddings. No network is defined here.

#include <rts/core/config.hpp>

#include <torch/nn/module.h>

#include <array>
#include <memory>

namespace rts::inline RTS_ABI::models {

struct ConvOptions {
  int in = 1, out = 1, kernel = 1, stride = 1, groups = 1;
  bool bias = false;
  /// Zeros added left, right, top, bottom.
  std::array<int, 4> padding{0, 0, 0, 0};
};

/// Padding that keeps ceil(size / stride) outputs for an input of `size`, as TensorFlow does: the odd pixel goes right and below.
std::array<int, 4> same_padding(int size, int kernel, int stride);
/// kernel / 2 on every side.
std::array<int, 4> symmetric_padding(int kernel);

/// 2-D convolution. weight (out, in / groups, kernel, kernel), bias (out).
class Conv2d : public torch::nn::Module {
 public:
  explicit Conv2d(const ConvOptions& options);
  at::Tensor forward(const at::Tensor& x);  // (N,in,H,W) -> (N,out,H',W')
  const ConvOptions options;
  at::Tensor weight, bias;

 private:
  bool symmetric_;
};

/// Batch normalisation over (N,H,W) with running statistics.
class BatchNorm2d : public torch::nn::Module {
 public:
  BatchNorm2d(int channels, double eps, double momentum);
  at::Tensor forward(const at::Tensor& x);  // (N,C,H,W)
  at::Tensor weight, bias, running_mean, running_var, num_batches_tracked;
  const double eps, momentum;
};

enum class Activation { none,
                        relu,
                        relu6,
                        silu };

/// Convolution, batch norm, activation, in place wherever the gradient allows it. The norm is not folded into the weights:
/// on the deepest encoders that alone moves the logits by more than the tolerance towards the peer.
at::Tensor conv_norm_act(Conv2d& conv, BatchNorm2d& norm, Activation activation, const at::Tensor& x);

/// Stochastic depth: in training each sample's branch is dropped with probability p, the others scaled by 1 / (1 - p).
at::Tensor drop_path(const at::Tensor& x, double p, bool training);

/// First values of a layer's weights.
enum class Init { torch_default,
                  fan_out_normal,
                  fan_in_uniform,
                  xavier_uniform };
void initialize(Conv2d& conv, Init init);

}  // namespace rts::inline RTS_ABI::models

#if RTS_HEADER_ONLY
#include <rts/models/layers.ipp>
#endif
