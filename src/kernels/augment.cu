// The augmentation chain on CUDA: one kernel for each type that tiles are stored as.
#include <rts/augment/apply.cuh>

#include <cuda_runtime.h>

namespace rts::kernels {

int launch_augment(const void* device_batch, void* opaque) {
  const auto& b = *static_cast<const augment::DeviceBatch*>(device_batch);
  const auto stream = static_cast<cudaStream_t>(opaque);
  if (b.images <= 0) return 0;
  const auto patches = static_cast<long long>((b.frame.width + device::patch_columns - 1) / device::patch_columns) * ((b.frame.height + device::patch_rows - 1) / device::patch_rows) * b.images;
  const auto grid = static_cast<unsigned>(patches < 65535 ? patches : 65535);
  if (b.type == PixelType::u8) device::augment_batch<std::uint8_t><<<grid, device::augment_threads, 0, stream>>>(b);
  else if (b.type == PixelType::u16) device::augment_batch<std::uint16_t><<<grid, device::augment_threads, 0, stream>>>(b);
  else device::augment_batch<float><<<grid, device::augment_threads, 0, stream>>>(b);
  return cudaGetLastError();
}

}  // namespace rts::kernels
