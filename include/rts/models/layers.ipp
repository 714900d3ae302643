#pragma once
#include <rts/models/layers.hpp>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace rts::inline RTS_ABI::models {

RTS_INLINE std::array<int, 4> same_padding(int size, int kernel, int stride) {
  const int outputs = (size + stride - 1) / stride;
  const int pad = std::max((outputs - 1) * stride + kernel - size, 0);
  return {pad / 2, pad - pad / 2, pad / 2, pad - pad / 2};
}

RTS_INLINE std::array<int, 4> symmetric_padding(int kernel) {
  const int p = kernel / 2;
  return {p, p, p, p};
}

RTS_INLINE Conv2d::Conv2d(const ConvOptions& o)
    : options(o), symmetric_(o.padding[0] == o.padding[1] && o.padding[2] == o.padding[3]) {
  weight = register_parameter("weight", at::empty({o.out, o.in / o.groups, o.kernel, o.kernel}));
  if (o.bias) bias = register_parameter("bias", at::zeros({o.out}));
  initialize(*this, Init::torch_default);
}

RTS_INLINE at::Tensor Conv2d::forward(const at::Tensor& x) {
  const auto& p = options.padding;
  const std::array<std::int64_t, 2> stride{options.stride, options.stride}, dilation{1, 1};
  const std::array<std::int64_t, 2> padding = symmetric_ ? std::array<std::int64_t, 2>{p[2], p[0]} : std::array<std::int64_t, 2>{0, 0};
  const at::Tensor padded = symmetric_ ? x : at::constant_pad_nd(x, std::array<std::int64_t, 4>{p[0], p[1], p[2], p[3]});
  return at::conv2d(padded, weight, bias, at::IntArrayRef(stride), at::IntArrayRef(padding), at::IntArrayRef(dilation), options.groups);
}

RTS_INLINE BatchNorm2d::BatchNorm2d(int channels, double eps_, double momentum_) : eps(eps_), momentum(momentum_) {
  weight = register_parameter("weight", at::ones({channels}));
  bias = register_parameter("bias", at::zeros({channels}));
  running_mean = register_buffer("running_mean", at::zeros({channels}));
  running_var = register_buffer("running_var", at::ones({channels}));
  num_batches_tracked = register_buffer("num_batches_tracked", at::zeros({}, at::kLong));
}

RTS_INLINE at::Tensor BatchNorm2d::forward(const at::Tensor& x) {
  if (is_training()) num_batches_tracked.add_(1);
  return at::batch_norm(x, weight, bias, running_mean, running_var, is_training(), momentum, eps, true);
}

RTS_INLINE at::Tensor conv_norm_act(Conv2d& conv, BatchNorm2d& norm, Activation activation, const at::Tensor& x) {
  at::Tensor y = norm.forward(conv.forward(x));
  switch (activation) {  // batch norm does not need its output for the gradient, silu needs its input
    case Activation::relu: return at::relu_(y);
    case Activation::relu6: return at::relu6_(y);
    case Activation::silu: return c10::GradMode::is_enabled() ? at::silu(y) : at::silu_(y);
    case Activation::none: break;
  }
  return y;
}

RTS_INLINE at::Tensor drop_path(const at::Tensor& x, double p, bool training) {
  if (!training || p <= 0) return x;
  const double keep = 1 - p;
  return x * at::empty({x.size(0), 1, 1, 1}, x.options()).bernoulli_(keep).div_(keep);
}

RTS_INLINE void initialize(Conv2d& conv, Init init) {
  const c10::NoGradGuard no_grad;
  const ConvOptions& o = conv.options;
  const double area = static_cast<double>(o.kernel) * o.kernel;
  const double fan_in = area * o.in / o.groups;
  switch (init) {
    case Init::torch_default: {
      const double bound = 1 / std::sqrt(fan_in);
      conv.weight.uniform_(-bound, bound);
      if (conv.bias.defined()) conv.bias.uniform_(-bound, bound);
      return;
    }
    case Init::fan_out_normal: conv.weight.normal_(0, std::sqrt(2.0 * o.groups / (area * o.out))); break;
    case Init::fan_in_uniform: {
      const double bound = std::sqrt(6.0 / fan_in);
      conv.weight.uniform_(-bound, bound);
      break;
    }
    case Init::xavier_uniform: {
      const double bound = std::sqrt(6.0 / (area * (o.in + o.out)));
      conv.weight.uniform_(-bound, bound);
      break;
    }
  }
  if (conv.bias.defined()) conv.bias.zero_();
}

}  // namespace rts::inline RTS_ABI::models
