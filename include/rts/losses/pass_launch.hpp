#pragma once
// The fused pass on CUDA, hard labels with a sigmoid or a softmax: arguments and launcher. Pointers and sizes only.
// Same value and gradient bits for any grid: chunks of 1,024 pixels are summed by one warp each, and chunks in their order.

#include <cstddef>
#include <cstdint>

namespace rts::kernels {

enum class LogitType { fp32,
                       fp16,
                       bf16 };

inline constexpr int cuda_classes = 16;  ///< at most

struct CudaPoint {
  float factor[cuda_classes];  ///< weight x class factor
  float weight[cuda_classes];  ///< of a class in the denominator
  float numbers[4];
};
struct CudaRegion {
  double weight, alpha, beta, epsilon, exponent;
  bool by_batch;
};

struct CudaPass {
  static constexpr int max_terms = 4, max_ring = 31;
  const void* logits = nullptr;  ///< images x planes x height x width, contiguous, 16-byte aligned
  LogitType type = LogitType::fp32;
  const std::uint8_t *labels = nullptr, *valid = nullptr;
  void* gradient = nullptr;  ///< like logits; null: value only
  float* value = nullptr;    ///< one
  std::int64_t images = 0;
  int planes = 1, classes = 2;  ///< 1 and 2: a sigmoid; else equal: a softmax
  int height = 0, width = 0;
  int ring_width = 0;  ///< 0: no ring
  bool ring_euclidean = true;
  int ring_side = 0;                  ///< 0 both, 1 inside, 2 outside
  const float* loss_scale = nullptr;  ///< on the device; null: 1
  float inverse_accumulation = 1;
  int points = 0, regions = 0;
  CudaPoint point[max_terms] = {};
  CudaRegion region[max_terms] = {};
  void* workspace = nullptr;  ///< cuda_workspace_bytes(...)
  bool one_launch = true;     ///< cooperative where the device can; else one launch a phase
};

/// Whether the kernel takes this shape: width a multiple of 32, height x width of 1,024, the ring narrow enough for shared memory.
bool cuda_pass_takes(int classes, int height, int width, int ring_width);
std::size_t cuda_workspace_bytes(const CudaPass& pass);

namespace device {
/// Enqueues the pass of a structure on `stream` (a cudaStream_t): no allocation, no synchronisation, safe to capture.
/// Returns a cudaError_t, 0 for success. Instantiated in src/kernels for the structures of structures.def.
template <class S, bool Regions, bool Softmax, LogitType T>
int launch_typed(const CudaPass& pass, void* stream);
}  // namespace device

template <class S, bool Regions, bool Softmax>
int launch_softmax_or_not(const CudaPass& p, void* stream) {
  if (p.type == LogitType::fp32) return device::launch_typed<S, Regions, Softmax, LogitType::fp32>(p, stream);
  if (p.type == LogitType::fp16) return device::launch_typed<S, Regions, Softmax, LogitType::fp16>(p, stream);
  return device::launch_typed<S, Regions, Softmax, LogitType::bf16>(p, stream);
}
template <class S, bool Regions>
int launch_cuda_pass(const CudaPass& p, void* stream) {
  return p.planes == 1 ? launch_softmax_or_not<S, Regions, false>(p, stream) : launch_softmax_or_not<S, Regions, true>(p, stream);
}

}  // namespace rts::kernels
