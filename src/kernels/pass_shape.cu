// Which shapes the CUDA pass takes, and the workspace they need.
#include <rts/losses/pass_launch.cuh>

namespace rts::kernels {

bool cuda_pass_takes(int classes, int height, int width, int ring_width) {
  return classes <= cuda_classes && width > 0 && height > 0 && width % 32 == 0 && static_cast<std::int64_t>(height) * width % device::chunk_pixels == 0 && ring_width <= CudaPass::max_ring && device::band_rows(height, width, ring_width) >= 1;
}
std::size_t cuda_workspace_bytes(const CudaPass& pass) { return device::Workspace::bytes(pass); }

}  // namespace rts::kernels
