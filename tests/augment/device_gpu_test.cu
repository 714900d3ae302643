// The chain on a GPU against the CPU's, and its time: run by scripts/gpu_check. Skipped (77) where no GPU is.
#include "device_case.hpp"

#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

using rts::PixelType;
using rts::augment::DeviceBatch;

namespace {

#define CUDA_OK(call)                                      \
  if (const cudaError_t e = (call); e != cudaSuccess) {    \
    std::printf("%s: %s\n", #call, cudaGetErrorString(e)); \
    std::exit(1);                                          \
  }

template <class T>
T* upload(const std::vector<T>& v) {
  void* p = nullptr;
  CUDA_OK(cudaMalloc(&p, v.size() * sizeof(T)));
  CUDA_OK(cudaMemcpy(p, v.data(), v.size() * sizeof(T), cudaMemcpyHostToDevice));
  return static_cast<T*>(p);
}

bool run(const char* name, PixelType type, int bands, int edge, bool forced) {
  constexpr int images = 32, rounds = 50;
  constexpr double value_tolerance = 4e-3, label_share = 2e-3;
  const DeviceCase c = device_case(type, images, bands, edge, forced);
  DeviceBatch b;
  std::memcpy(&b, c.batch.data(), sizeof b);
  b.image = upload(c.image);
  b.label = upload(c.label), b.valid = upload(c.valid);
  b.draws = reinterpret_cast<const rts::augment::DeviceDraw*>(upload(c.draws));
  float* out = nullptr;
  CUDA_OK(cudaMalloc(&out, c.wanted.size() * sizeof(float)));
  CUDA_OK(cudaMalloc(&b.label_out, c.label.size()));
  CUDA_OK(cudaMalloc(&b.valid_out, c.valid.size()));
  b.out = out;
  if (const int e = rts::kernels::launch_augment(&b, nullptr); e != 0) return std::printf("%s: launch failed, CUDA error %d\n", name, e), false;
  std::vector<float> image(c.wanted.size());
  std::vector<std::uint8_t> label(c.label.size()), valid(c.valid.size());
  CUDA_OK(cudaMemcpy(image.data(), out, image.size() * sizeof(float), cudaMemcpyDeviceToHost));
  CUDA_OK(cudaMemcpy(label.data(), b.label_out, label.size(), cudaMemcpyDeviceToHost));
  CUDA_OK(cudaMemcpy(valid.data(), b.valid_out, valid.size(), cudaMemcpyDeviceToHost));
  const std::size_t area = static_cast<std::size_t>(edge) * static_cast<std::size_t>(edge);
  std::size_t labels = 0, masks = 0;
  double worst = 0;
  for (std::size_t i = 0; i < label.size(); ++i) {
    masks += valid[i] != c.wanted_valid[i];
    if (valid[i] != c.wanted_valid[i]) continue;
    labels += label[i] != c.wanted_label[i];
    for (std::size_t k = 0; k < static_cast<std::size_t>(bands); ++k) {
      const std::size_t at = (i / area * static_cast<std::size_t>(bands) + k) * area + i % area;
      worst = std::max(worst, static_cast<double>(std::fabs(image[at] - c.wanted[at])));
    }
  }
  cudaEvent_t begin, end;
  CUDA_OK(cudaEventCreate(&begin));
  CUDA_OK(cudaEventCreate(&end));
  CUDA_OK(cudaEventRecord(begin));
  for (int k = 0; k < rounds; ++k) rts::kernels::launch_augment(&b, nullptr);
  CUDA_OK(cudaEventRecord(end));
  CUDA_OK(cudaEventSynchronize(end));
  float ms = 0;
  CUDA_OK(cudaEventElapsedTime(&ms, begin, end));
  ms /= rounds;
  const double bytes = static_cast<double>(c.image.size() + 4 * label.size()) + 4.0 * static_cast<double>(image.size());
  const bool good = worst < value_tolerance && static_cast<double>(labels + masks) < 2 * label_share * static_cast<double>(label.size());
  std::printf("%-28s %8.1f us a batch of %d  %7.0f GB/s of minimum bytes  one CPU core %9.0f us  worst %.2g, labels %zu, masks %zu  %s\n", name, 1000.0 * ms, images, bytes / ms / 1e6, 1e6 * c.cpu_seconds, worst, labels, masks, good ? "ok" : "DIFFERS");
  cudaFree(const_cast<void*>(b.image)), cudaFree(out);
  return good;
}

}  // namespace

int main() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::puts("no GPU: skipped");
    return 77;
  }
  bool good = run("rgb uint8 guide", PixelType::u8, 3, 512, false);
  good = run("rgb uint8 forced", PixelType::u8, 3, 512, true) && good;
  good = run("9 bands uint8 forced", PixelType::u8, 9, 512, true) && good;
  good = run("9 bands float forced", PixelType::f32, 9, 512, true) && good;
  good = run("rgb uint16 forced, 200 px", PixelType::u16, 3, 200, true) && good;
  return good ? 0 : 1;
}
