#pragma once
// Putting weights into networks: names compared first, then shapes and dtypes, then copied. Nothing is copied when anything is wrong.

#include <rts/models/network.hpp>
#include <rts/models/weights/tensor_file.hpp>

namespace rts::inline RTS_ABI::models {

/// What a load found. `missing` and `extra` are names of the network and of the file.
struct LoadReport {
  std::size_t loaded = 0;
  std::vector<std::string> missing, extra, adapted;
  std::string text() const;
};

/// All parameters and buffers by their dotted names; the tensors share storage with the network.
TensorMap named_tensors(const torch::nn::Module& module);

/// Whole-network weights: every name must be there and fit. errors: RTS-W61 names, RTS-W62 shape or dtype.
LoadReport load_network(Network& network, const TensorFile& file, const std::string& where);

/// Encoder weights from a classification checkpoint: names with or without "encoder.", or those of
/// `efficientnet_lite_pytorch` (mapped). The classifier (`_fc`, `classifier`) is ignored; a first convolution for three
/// channels is adapted to the network's bands by repeating channels and scaling by 3 / bands.
LoadReport load_encoder(Network& network, const TensorFile& file, const std::string& where, bool adapt_channels);

}  // namespace rts::inline RTS_ABI::models

#if RTS_HEADER_ONLY
#include <rts/models/weights/load.ipp>
#endif
