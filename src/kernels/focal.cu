// Focal loss per pixel on CUDA; the arithmetic is that of losses/pointwise_formula.hpp.
#include <rts/losses/pointwise_formula.hpp>
#include <rts/losses/focal_launch.hpp>

#include <cuda_runtime.h>

namespace rts::kernels {
namespace {

__global__ void focal_kernel(const float* __restrict__ logits, const std::uint8_t* __restrict__ labels, float* __restrict__ values, float* __restrict__ gradient, std::int64_t count, float gamma, float alpha, float scale) {
  for (std::int64_t i = blockIdx.x * static_cast<std::int64_t>(blockDim.x) + threadIdx.x; i < count; i += static_cast<std::int64_t>(gridDim.x) * blockDim.x) {
    const std::uint8_t label = labels[i];
    const float sign = label == 1 ? 1.0f : -1.0f, factor = label == 255 ? 0.0f : label == 1 ? alpha
                                                                                            : 1 - alpha;
    const Likelihood<float> x = sigmoid_likelihood<PolynomialMath>(sign * logits[i]);
    const PointValue<float> r = FocalTerm<-1>::at<PolynomialMath>(x, &gamma);
    values[i] = factor * r.value;
    gradient[i] = sign * factor * r.slope * x.q * scale;
  }
}

}  // namespace

int launch_focal(const float* logits, const std::uint8_t* labels, float* values, float* gradient, std::int64_t count, float gamma, float alpha, float scale, void* stream) {
  if (count <= 0) return 0;
  const std::int64_t blocks = (count + 255) / 256;
  focal_kernel<<<static_cast<unsigned>(blocks < 4096 ? blocks : 4096), 256, 0, static_cast<cudaStream_t>(stream)>>>(logits, labels, values, gradient, count, gamma, alpha, scale);
  return static_cast<int>(cudaGetLastError());
}

}  // namespace rts::kernels
