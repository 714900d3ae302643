#pragma once
// Launches the kernels of pass.cuh: one cooperative launch, or one a phase.

#include <rts/losses/pass.cuh>

#include <cuda_runtime.h>

namespace rts::kernels::device {

/// Grid that fills the device once; 2 blocks an SM where occupancy cannot be asked.
template <class Kernel>
int resident_blocks(Kernel kernel, std::size_t shared) {
  int device = 0, processors = 0, each = 0;
  if (cudaGetDevice(&device) != cudaSuccess || cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device) != cudaSuccess) return 0;
  if (cudaOccupancyMaxActiveBlocksPerMultiprocessor(&each, kernel, threads, shared) != cudaSuccess) return 0;
  return processors * each;
}

template <class S, bool Regions, bool Softmax, LogitType T>
int launch_typed(const CudaPass& p, void* opaque) {
  const auto stream = static_cast<cudaStream_t>(opaque);
  if (p.images <= 0) return cudaMemsetAsync(p.value, 0, sizeof(float), stream);
  const int rows = band_rows(p.height, p.width, p.ring_width);
  const std::size_t shared = 8 * static_cast<std::size_t>(rows + 2 * p.ring_width) * static_cast<std::size_t>(p.width / 32);
  int device = 0, cooperative = 0;
  if (const cudaError_t e = cudaGetDevice(&device); e != cudaSuccess) return e;
  if (const cudaError_t e = cudaDeviceGetAttribute(&cooperative, cudaDevAttrCooperativeLaunch, device); e != cudaSuccess) return e;
  const int blocks = resident_blocks(one_launch<S, Regions, Softmax, T>, shared);
  if (blocks < 1) return cudaErrorInvalidConfiguration;
  CudaPass copy = p;
  if (p.one_launch && cooperative) {
    void* arguments[] = {&copy};
    return cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(&one_launch<S, Regions, Softmax, T>), dim3(static_cast<unsigned>(blocks)), dim3(threads), arguments, shared, stream);
  }
  const auto grid = static_cast<unsigned>(blocks);
  prepare_launch<T><<<grid, threads, shared, stream>>>(copy);
  points_launch<S, Regions, Softmax, T><<<grid, threads, 0, stream>>>(copy);
  regions_launch<S, Regions, Softmax, T><<<Regions ? grid : 1, threads, 0, stream>>>(copy);
  return cudaGetLastError();
}

}  // namespace rts::kernels::device
