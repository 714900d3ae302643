#pragma once
// The networks' common base: an ordinary module with public dimensions. Knows nothing of recipes or training.

#include <rts/core/config.hpp>

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::models {

/// What a factory needs to build a network.
struct NetworkOptions {
  int bands = 3;
  int classes = 1;         ///< logits per pixel
  double drop_path = 0.2;
  double dropout = 0;
};

/// A segmentation network: image (N,bands,H,W) float, normalised -> logits (N,classes,H,W).
/// H and W are multiples of `stride`. Parameters of the encoder are named "encoder.*".
class Network : public torch::nn::Module {
 public:
  Network(std::string library_name, const NetworkOptions& options, int stride_, bool is_global_)
      : torch::nn::Module(library_name), name(std::move(library_name)), bands(options.bands), classes(options.classes), stride(stride_), is_global(is_global_) {}

  virtual at::Tensor forward(const at::Tensor& image) = 0;

  const std::string name;  ///< as in `library_names()`
  const int bands;
  const int classes;
  const int stride;      ///< input sizes are multiples of it
  const bool is_global;  ///< a pixel's logit may depend on the whole window

  /// Training or evaluation mode, with the encoder's batch norm kept in evaluation mode when it is frozen.
  void set_mode(bool training, bool encoder_frozen);
};

/// Part of a network that turns an image into features at strides 1, 2, 4, 8, 16, 32.
class EncoderNetwork : public torch::nn::Module {
 public:
  using torch::nn::Module::Module;
  virtual std::vector<at::Tensor> forward(const at::Tensor& image) = 0;
  std::vector<int> channels;  ///< of the features; channels[0] is the number of bands
};

}  // namespace rts::inline RTS_ABI::models

#if RTS_HEADER_ONLY
#include <rts/models/network.ipp>
#endif
