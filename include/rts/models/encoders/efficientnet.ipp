#pragma once
#include <rts/models/encoders/efficientnet.hpp>

#include <rts/models/layers.hpp>

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace rts::inline RTS_ABI::models {
namespace efficientnet {

struct Stage {
  int repeats, kernel, stride, expand, in, out;
};
inline constexpr Stage stages[7] = {{1, 3, 1, 1, 32, 16}, {2, 3, 2, 6, 16, 24}, {2, 5, 2, 6, 24, 40}, {3, 3, 2, 6, 40, 80}, {3, 5, 1, 6, 80, 112}, {4, 5, 2, 6, 112, 192}, {1, 3, 1, 6, 192, 320}};

/// Width and depth multipliers, and the image size that fixes the static padding.
struct Scale {
  double width, depth;
  int image;
};
inline constexpr Scale scales[8] = {{1.0, 1.0, 224}, {1.0, 1.1, 240}, {1.1, 1.2, 260}, {1.2, 1.4, 300}, {1.4, 1.8, 380}, {1.6, 2.2, 456}, {1.8, 2.6, 528}, {2.0, 3.1, 600}};
inline constexpr Scale lite_scales[5] = {{1.0, 1.0, 224}, {1.0, 1.1, 240}, {1.1, 1.2, 260}, {1.2, 1.4, 280}, {1.4, 1.8, 300}};

/// Channels scaled and rounded to multiples of 8, never below 90 %.
inline int round_filters(int filters, double width) {
  const double scaled = filters * width;
  int rounded = std::max(8, static_cast<int>(scaled + 4) / 8 * 8);
  if (rounded < 0.9 * scaled) rounded += 8;
  return rounded;
}
inline int round_repeats(int repeats, double depth) { return static_cast<int>(std::ceil(depth * repeats)); }

/// Mobile inverted bottleneck with squeeze-and-excitation (names of efficientnet_pytorch).
class MBConv : public torch::nn::Module {
 public:
  MBConv(int in, int out, int kernel, int stride, int expand, int image, double drop)
      : skip_(stride == 1 && in == out), drop_(drop) {
    const int wide = in * expand;
    if (expand != 1) {
      expand_conv_ = register_module("_expand_conv", std::make_shared<Conv2d>(ConvOptions{.in = in, .out = wide}));
      bn0_ = register_module("_bn0", norm(wide));
    }
    depthwise_conv_ = register_module("_depthwise_conv", std::make_shared<Conv2d>(ConvOptions{.in = wide, .out = wide, .kernel = kernel, .stride = stride, .groups = wide, .padding = same_padding(image, kernel, stride)}));
    bn1_ = register_module("_bn1", norm(wide));
    const int squeezed = std::max(1, in / 4);
    se_reduce_ = register_module("_se_reduce", std::make_shared<Conv2d>(ConvOptions{.in = wide, .out = squeezed, .bias = true}));
    se_expand_ = register_module("_se_expand", std::make_shared<Conv2d>(ConvOptions{.in = squeezed, .out = wide, .bias = true}));
    project_conv_ = register_module("_project_conv", std::make_shared<Conv2d>(ConvOptions{.in = wide, .out = out}));
    bn2_ = register_module("_bn2", norm(out));
  }

  static std::shared_ptr<BatchNorm2d> norm(int channels) { return std::make_shared<BatchNorm2d>(channels, 1e-3, 0.01); }

  at::Tensor forward(const at::Tensor& input) {  // (N,in,H,W) -> (N,out,H',W')
    at::Tensor x = input;
    if (expand_conv_) x = conv_norm_act(*expand_conv_, *bn0_, Activation::silu, x);
    x = conv_norm_act(*depthwise_conv_, *bn1_, Activation::silu, x);
    at::Tensor s = at::adaptive_avg_pool2d(x, {1, 1});  // (N,wide,1,1)
    s = se_expand_->forward(at::silu(se_reduce_->forward(s)));
    x = c10::GradMode::is_enabled() ? at::sigmoid(s) * x : x.mul_(at::sigmoid(s));
    x = conv_norm_act(*project_conv_, *bn2_, Activation::none, x);
    return skip_ ? drop_path(x, drop_, is_training()) + input : x;
  }

 private:
  bool skip_;
  double drop_;
  std::shared_ptr<Conv2d> expand_conv_, depthwise_conv_, se_reduce_, se_expand_, project_conv_;
  std::shared_ptr<BatchNorm2d> bn0_, bn1_, bn2_;
};

class FullEncoder : public EncoderNetwork {
 public:
  FullEncoder(int variant, int bands, double drop_path) : EncoderNetwork("encoder") {
    const Scale scale = scales[variant];
    int image = scale.image;
    const int stem = round_filters(32, scale.width);
    stem_ = register_module("_conv_stem", std::make_shared<Conv2d>(ConvOptions{.in = bands, .out = stem, .kernel = 3, .stride = 2, .padding = same_padding(image, 3, 2)}));
    bn0_ = register_module("_bn0", MBConv::norm(stem));
    image = (image + 1) / 2;
    channels = {bands, stem};

    int total = 0;
    for (const Stage& s : stages) total += round_repeats(s.repeats, scale.depth);
    auto blocks = std::make_shared<torch::nn::Module>("_blocks");
    int out = 0;
    for (const Stage& s : stages) {
      out = round_filters(s.out, scale.width);
      if (s.stride == 2 && !blocks_.empty() && &s != &stages[1]) mark(last_channels_);
      for (int r = 0; r < round_repeats(s.repeats, scale.depth); ++r) {
        const int index = static_cast<int>(blocks_.size());
        const int in = r == 0 ? round_filters(s.in, scale.width) : out;
        const int stride = r == 0 ? s.stride : 1;
        blocks_.push_back(blocks->register_module(std::to_string(index), std::make_shared<MBConv>(in, out, s.kernel, stride, s.expand, image, drop_path * index / total)));
        if (stride == 2) image = (image + 1) / 2;
      }
      last_channels_ = out;
    }
    mark(out);
    // The peer takes B0's features of stride 16 after the first block of their stage, every other variant's after the last.
    if (variant == 0) {
      outputs_.erase(10);
      outputs_.insert(8);
    }
    register_module("_blocks", blocks);
    const int head = round_filters(1280, scale.width);
    register_module("_conv_head", std::make_shared<Conv2d>(ConvOptions{.in = out, .out = head}));  // unused here; part of the published files
    register_module("_bn1", MBConv::norm(head));
  }

  std::vector<at::Tensor> forward(const at::Tensor& image) override {
    std::vector<at::Tensor> features{image};
    at::Tensor x = conv_norm_act(*stem_, *bn0_, Activation::silu, image);
    features.push_back(x);
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      x = blocks_[i]->forward(x);
      if (outputs_.count(i)) features.push_back(x);
    }
    return features;
  }

 private:
  /// The block added last is the deepest of its stride: its output is a feature.
  void mark(int out) {
    outputs_.insert(blocks_.size() - 1);
    channels.push_back(out);
  }
  int last_channels_ = 0;
  std::shared_ptr<Conv2d> stem_;
  std::shared_ptr<BatchNorm2d> bn0_;
  std::vector<std::shared_ptr<MBConv>> blocks_;
  std::set<std::size_t> outputs_;
};

/// Depthwise-separable (first stage) or inverted residual block without squeeze-and-excitation (names of timm).
class LiteBlock : public torch::nn::Module {
 public:
  LiteBlock(int in, int out, int kernel, int stride, int expand, double drop) : skip_(stride == 1 && in == out), drop_(drop) {
    const int wide = in * expand;
    const auto depthwise = [&] {
      return std::make_shared<Conv2d>(ConvOptions{.in = wide, .out = wide, .kernel = kernel, .stride = stride, .groups = wide, .padding = symmetric_padding(kernel)});
    };
    if (expand == 1) {
      dw_ = register_module("conv_dw", depthwise());
      bn_dw_ = register_module("bn1", norm(wide));
      project_ = register_module("conv_pw", std::make_shared<Conv2d>(ConvOptions{.in = wide, .out = out}));
      bn_project_ = register_module("bn2", norm(out));
    } else {
      expand_ = register_module("conv_pw", std::make_shared<Conv2d>(ConvOptions{.in = in, .out = wide}));
      bn_expand_ = register_module("bn1", norm(wide));
      dw_ = register_module("conv_dw", depthwise());
      bn_dw_ = register_module("bn2", norm(wide));
      project_ = register_module("conv_pwl", std::make_shared<Conv2d>(ConvOptions{.in = wide, .out = out}));
      bn_project_ = register_module("bn3", norm(out));
    }
    for (auto* conv : {expand_.get(), dw_.get(), project_.get()})
      if (conv) initialize(*conv, Init::fan_out_normal);
  }

  static std::shared_ptr<BatchNorm2d> norm(int channels) { return std::make_shared<BatchNorm2d>(channels, 1e-5, 0.1); }

  at::Tensor forward(const at::Tensor& input) {  // (N,in,H,W) -> (N,out,H',W')
    at::Tensor x = input;
    if (expand_) x = conv_norm_act(*expand_, *bn_expand_, Activation::relu6, x);
    x = conv_norm_act(*dw_, *bn_dw_, Activation::relu6, x);
    x = conv_norm_act(*project_, *bn_project_, Activation::none, x);
    return skip_ ? drop_path(x, drop_, is_training()) + input : x;
  }

 private:
  bool skip_;
  double drop_;
  std::shared_ptr<Conv2d> expand_, dw_, project_;
  std::shared_ptr<BatchNorm2d> bn_expand_, bn_dw_, bn_project_;
};

class LiteEncoder : public EncoderNetwork {
 public:
  LiteEncoder(int variant, int bands, double drop_path) : EncoderNetwork("encoder") {
    const Scale scale = lite_scales[variant];
    stem_ = register_module("conv_stem", std::make_shared<Conv2d>(ConvOptions{.in = bands, .out = 32, .kernel = 3, .stride = 2, .padding = symmetric_padding(3)}));
    initialize(*stem_, Init::fan_out_normal);
    bn1_ = register_module("bn1", LiteBlock::norm(32));
    channels = {bands, 32};
    // First and last stage keep one block in every variant.
    auto repeats = [&](int i) { return i == 0 || i == 6 ? stages[i].repeats : round_repeats(stages[i].repeats, scale.depth); };
    int total = 0;
    for (int i = 0; i < 7; ++i) total += repeats(i);
    auto blocks = std::make_shared<torch::nn::Module>("blocks");
    int index = 0, in = 32;
    for (int i = 0; i < 7; ++i) {
      const Stage& s = stages[i];
      const int out = round_filters(s.out, scale.width);
      auto stage = std::make_shared<torch::nn::Module>(std::to_string(i));
      for (int r = 0; r < repeats(i); ++r, ++index) {
        blocks_.push_back(stage->register_module(std::to_string(r), std::make_shared<LiteBlock>(in, out, s.kernel, r == 0 ? s.stride : 1, s.expand, drop_path * index / total)));
        in = out;
      }
      blocks->register_module(std::to_string(i), stage);
      if (i == 1 || i == 2 || i == 4 || i == 6) {
        outputs_.insert(blocks_.size() - 1);
        channels.push_back(out);
      }
    }
    register_module("blocks", blocks);
    auto head = register_module("conv_head", std::make_shared<Conv2d>(ConvOptions{.in = in, .out = 1280}));  // unused here; part of the published files
    initialize(*head, Init::fan_out_normal);
    register_module("bn2", LiteBlock::norm(1280));
  }

  std::vector<at::Tensor> forward(const at::Tensor& image) override {
    std::vector<at::Tensor> features{image};
    at::Tensor x = conv_norm_act(*stem_, *bn1_, Activation::relu6, image);
    features.push_back(x);
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      x = blocks_[i]->forward(x);
      if (outputs_.count(i)) features.push_back(x);
    }
    return features;
  }

 private:
  std::shared_ptr<Conv2d> stem_;
  std::shared_ptr<BatchNorm2d> bn1_;
  std::vector<std::shared_ptr<LiteBlock>> blocks_;
  std::set<std::size_t> outputs_;
};

}  // namespace efficientnet

RTS_INLINE std::shared_ptr<EncoderNetwork> make_efficientnet(int variant, int bands, double drop_path) {
  return std::make_shared<efficientnet::FullEncoder>(variant, bands, drop_path);
}

RTS_INLINE std::shared_ptr<EncoderNetwork> make_efficientnet_lite(int variant, int bands, double drop_path) {
  return std::make_shared<efficientnet::LiteEncoder>(variant, bands, drop_path);
}

}  // namespace rts::inline RTS_ABI::models
