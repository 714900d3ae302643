#pragma once
// UNet++ over any encoder with features at strides 2 to 32.

#include <rts/models/network.hpp>

namespace rts::inline RTS_ABI::models {

/// UNet++ as in segmentation_models_pytorch 0.6.0: nested dense skip connections, nearest upsampling, decoder channels
/// 256, 128, 64, 32, 16, batch norm, 3x3 head. source: Zhou et al. 2018.
/// errors: RTS-M51 when H or W is no multiple of the stride or the number of bands differs.
std::shared_ptr<Network> make_unetplusplus(std::string library_name, std::shared_ptr<EncoderNetwork> encoder, const NetworkOptions& options, bool encoder_is_global);

}  // namespace rts::inline RTS_ABI::models

#if RTS_HEADER_ONLY
#include <rts/models/decoders/unetplusplus.ipp>
#endif
