#pragma once
// EfficientNet B0 to B7 and EfficientNet-Lite 0 to 4 as encoders, with the peers' parameter names and numbers.

#include <rts/models/network.hpp>

namespace rts::inline RTS_ABI::models {

/// `efficientnet-b{variant}` of segmentation_models_pytorch 0.6.0.
/// source: Tan, Le 2019; batch-norm epsilon 1e-3, momentum 0.01; static padding for the variant's own image size.
std::shared_ptr<EncoderNetwork> make_efficientnet(int variant, int bands, double drop_path);

/// `timm-tf_efficientnet_lite{variant}` of segmentation_models_pytorch 0.6.0.
/// Batch-norm epsilon 1e-5, momentum 0.1; symmetric padding; ReLU6; no squeeze-and-excitation; fixed stem.
std::shared_ptr<EncoderNetwork> make_efficientnet_lite(int variant, int bands, double drop_path);

}  // namespace rts::inline RTS_ABI::models

#if RTS_HEADER_ONLY
#include <rts/models/encoders/efficientnet.ipp>
#endif
