#pragma once
// Augmentation on CUDA: the loader hands over tiles as they are stored with what was drawn for them, one kernel a batch makes network input.

#include <rts/augment/device_draw.hpp>
#include <rts/train/stage.hpp>

namespace rts::inline RTS_ABI::train {

/// Whether the compiled kernels are linked.
bool has_device_augment();

/// Draws and pastes on the CPU, copies the stored pixels into the slot.
data::Stage stored_stage(const Plan& plan, const augment::BandSet& bands, std::uint64_t seed, std::shared_ptr<const augment::ObjectBank> objects = nullptr);

struct DeviceInput {
  at::Tensor image;  ///< (N,bands,H,W) fp32, channels last
  at::Tensor label, valid;
};
/// On the current stream of a CUDA device. errors: RTS-T63 when the kernels are not linked, or cannot be launched.
DeviceInput augment_on_device(const data::Batch& batch, const data::Dataset& d, const augment::BandSet& bands, const at::Device& device);

}  // namespace rts::inline RTS_ABI::train

#if RTS_HEADER_ONLY
#include <rts/train/device_stage.ipp>
#endif
