// Without CUDA kernels, chains run on the CPU.
#include <rts/core/error.hpp>
#include <rts/train/device_stage.hpp>

namespace rts::inline RTS_ABI::train {

bool has_device_augment() { return false; }
DeviceInput augment_on_device(const data::Batch&, const data::Dataset&, const augment::BandSet&, const at::Device&) {
  throw Error({.code = "RTS-T63", .what = "no CUDA kernel for augmentation is linked", .fix = "build where nvcc and torch's CUDA libraries are, or augment on the CPU"});
}

}  // namespace rts::inline RTS_ABI::train
