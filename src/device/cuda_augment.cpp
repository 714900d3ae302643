// Runs the compiled chain on torch's current stream. Built where nvcc is and torch's CUDA libraries are linked.
#include <rts/core/error.hpp>
#include <rts/train/device_stage.hpp>

#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace rts::inline RTS_ABI::train {

bool has_device_augment() { return true; }

DeviceInput augment_on_device(const data::Batch& batch, const data::Dataset& d, const augment::BandSet& bands, const at::Device& device) {
  const c10::cuda::CUDAGuard guard(device);
  const at::Tensor stored = batch.stored.to(device, /*non_blocking=*/true), draws = batch.draws.to(device, true), label = batch.label.to(device, true), valid = batch.valid.to(device, true);
  const std::int64_t n = label.size(0), h = label.size(1), w = label.size(2), c = static_cast<std::int64_t>(bands.bands.size());
  DeviceInput out{at::empty({n, c, h, w}, stored.options().dtype(at::kFloat), at::MemoryFormat::ChannelsLast), at::empty_like(label), at::empty_like(valid)};
  augment::DeviceBatch b{.type = d.pixels, .image = stored.const_data_ptr(), .label = label.const_data_ptr<std::uint8_t>(), .valid = valid.const_data_ptr<std::uint8_t>(), .draws = static_cast<const augment::DeviceDraw*>(draws.const_data_ptr()), .out = out.image.mutable_data_ptr(), .label_out = out.label.mutable_data_ptr<std::uint8_t>(), .valid_out = out.valid.mutable_data_ptr<std::uint8_t>(), .images = static_cast<int>(n), .frame = {static_cast<int>(h), static_cast<int>(w)}};
  augment::set_bands(b, bands);
  b.image_stride = out.image.stride(0), b.band_stride = out.image.stride(1), b.row_stride = out.image.stride(2), b.column_stride = out.image.stride(3);
  const int error = kernels::launch_augment(&b, c10::cuda::getCurrentCUDAStream().stream());
  RTS_CHECK(error == 0, .code = "RTS-T63", .what = "the CUDA chain could not be launched", .expected = "success", .found = "CUDA error " + std::to_string(error), .fix = "run `doctor`; the driver may be older than the kernels");
  return out;
}

}  // namespace rts::inline RTS_ABI::train
