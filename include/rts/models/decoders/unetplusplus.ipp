#pragma once
#include <rts/models/decoders/unetplusplus.hpp>

#include <rts/core/error.hpp>
#include <rts/models/layers.hpp>

#include <ATen/ATen.h>

#include <map>

namespace rts::inline RTS_ABI::models {
namespace unetplusplus {

/// Convolution, batch norm, ReLU; parameters "0.*" and "1.*".
class ConvNormRelu : public torch::nn::Module {
 public:
  ConvNormRelu(int in, int out) {
    conv_ = register_module("0", std::make_shared<Conv2d>(ConvOptions{.in = in, .out = out, .kernel = 3, .padding = symmetric_padding(3)}));
    norm_ = register_module("1", std::make_shared<BatchNorm2d>(out, 1e-5, 0.1));
    initialize(*conv_, Init::fan_in_uniform);
  }
  at::Tensor forward(const at::Tensor& x) { return conv_norm_act(*conv_, *norm_, Activation::relu, x); }

 private:
  std::shared_ptr<Conv2d> conv_;
  std::shared_ptr<BatchNorm2d> norm_;
};

/// Doubles the size, joins the skip connection, two convolutions.
class Block : public torch::nn::Module {
 public:
  Block(int in, int skip, int out) {
    conv1_ = register_module("conv1", std::make_shared<ConvNormRelu>(in + skip, out));
    conv2_ = register_module("conv2", std::make_shared<ConvNormRelu>(out, out));
  }
  at::Tensor forward(const at::Tensor& x, const std::vector<at::Tensor>& skips) {
    std::vector<at::Tensor> parts{at::upsample_nearest2d(x, std::nullopt, std::array<double, 2>{2.0, 2.0})};
    parts.insert(parts.end(), skips.begin(), skips.end());
    return conv2_->forward(conv1_->forward(parts.size() == 1 ? parts[0] : at::cat(parts, 1)));
  }

 private:
  std::shared_ptr<ConvNormRelu> conv1_, conv2_;
};

class UnetPlusPlusNetwork : public Network {
 public:
  UnetPlusPlusNetwork(std::string library_name, std::shared_ptr<EncoderNetwork> encoder, const NetworkOptions& options, bool is_global_)
      : Network(std::move(library_name), options, 32, is_global_), encoder_(std::move(encoder)), dropout_(options.dropout) {
    register_module("encoder", encoder_);
    const auto& c = encoder_->channels;  // bands, then strides 2, 4, 8, 16, 32
    const std::vector<int> head{c[5], c[4], c[3], c[2], c[1]};
    const std::vector<int> out{256, 128, 64, 32, 16};
    const std::vector<int> in{head[0], out[0], out[1], out[2], out[3]};
    const std::vector<int> skip{head[1], head[2], head[3], head[4], 0};

    auto decoder = std::make_shared<torch::nn::Module>("decoder");
    auto blocks = std::make_shared<torch::nn::Module>("blocks");
    for (int layer = 0; layer < depth; ++layer)
      for (int node = 0; node <= layer; ++node) {
        const bool first = node == 0;
        add(*blocks, node, layer, first ? in[layer] : skip[layer - 1], skip[layer] * (first ? layer + 1 : layer + 1 - node), first ? out[layer] : skip[layer]);
      }
    add(*blocks, 0, depth, in[depth], 0, out[depth]);
    decoder->register_module("blocks", blocks);
    register_module("decoder", decoder);

    auto head_module = std::make_shared<torch::nn::Module>("segmentation_head");
    head_ = head_module->register_module("0", std::make_shared<Conv2d>(ConvOptions{.in = out[depth], .out = options.classes, .kernel = 3, .bias = true, .padding = symmetric_padding(3)}));
    initialize(*head_, Init::xavier_uniform);
    register_module("segmentation_head", head_module);
  }

  at::Tensor forward(const at::Tensor& image) override {
    RTS_CHECK(image.dim() == 4 && image.size(1) == bands && image.size(2) % stride == 0 && image.size(3) % stride == 0, .code = "RTS-M51",
              .what = "the image does not fit the network", .where = name,
              .expected = "(N," + std::to_string(bands) + ",H,W) with H and W multiples of " + std::to_string(stride),
              .found = c10::str(image.sizes()), .fix = "cut tiles to a multiple of the stride and give the bands of the recipe");
    std::vector<at::Tensor> f = encoder_->forward(image);
    // f[5 - i]: features from the deepest (i = 0) up; node (d, l) of the nested decoder is named x_d_l.
    std::map<std::pair<int, int>, at::Tensor> x;
    for (int i = 0; i < depth; ++i) x[{i, i}] = blocks_.at({i, i})->forward(f[5 - i], {f[4 - i]});
    for (int gap = 1; gap < depth; ++gap)
      for (int d = 0; d + gap < depth; ++d) {
        const int l = d + gap;
        std::vector<at::Tensor> skips;
        for (int k = d + 1; k <= l; ++k) skips.push_back(x[{k, l}]);
        skips.push_back(f[4 - l]);
        x[{d, l}] = blocks_.at({d, l})->forward(x[{d, l - 1}], skips);
      }
    at::Tensor y = blocks_.at({0, depth})->forward(x[{0, depth - 1}], {});
    if (dropout_ > 0) y = at::feature_dropout(y, dropout_, is_training());
    return head_->forward(y);  // (N,classes,H,W)
  }

 private:
  static constexpr int depth = 4;
  void add(torch::nn::Module& parent, int node, int layer, int in, int skip, int out) {
    blocks_[{node, layer}] = parent.register_module("x_" + std::to_string(node) + "_" + std::to_string(layer), std::make_shared<Block>(in, skip, out));
  }
  std::shared_ptr<EncoderNetwork> encoder_;
  double dropout_;
  std::map<std::pair<int, int>, std::shared_ptr<Block>> blocks_;
  std::shared_ptr<Conv2d> head_;
};

}  // namespace unetplusplus

RTS_INLINE std::shared_ptr<Network> make_unetplusplus(std::string library_name, std::shared_ptr<EncoderNetwork> encoder, const NetworkOptions& options, bool encoder_is_global) {
  return std::make_shared<unetplusplus::UnetPlusPlusNetwork>(std::move(library_name), std::move(encoder), options, encoder_is_global);
}

}  // namespace rts::inline RTS_ABI::models
