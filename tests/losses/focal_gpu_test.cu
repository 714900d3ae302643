// The focal kernel against the same formula on the CPU. Exit code 77 (skipped) where no GPU is.
#include <rts/losses/pointwise_formula.hpp>
#include <rts/losses/focal_launch.hpp>

#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <vector>

int main() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::puts("no GPU: skipped");
    return 77;
  }
  const std::int64_t n = 1 << 24;
  std::vector<float> logits(n), values(n), slopes(n);
  std::vector<std::uint8_t> labels(n);
  for (std::int64_t i = 0; i < n; ++i) {
    logits[i] = static_cast<float>((i * 7919 % 20011) - 10005) / 100.0f;
    labels[i] = i % 97 == 0 ? 255 : i % 13 == 0;
  }
  float *z, *v, *g;
  std::uint8_t* y;
  cudaMalloc(&z, n * 4), cudaMalloc(&v, n * 4), cudaMalloc(&g, n * 4), cudaMalloc(&y, n);
  cudaMemcpy(z, logits.data(), n * 4, cudaMemcpyHostToDevice), cudaMemcpy(y, labels.data(), n, cudaMemcpyHostToDevice);
  cudaEvent_t begin, end;
  cudaEventCreate(&begin), cudaEventCreate(&end);
  for (int i = 0; i < 3; ++i) rts::kernels::launch_focal(z, y, v, g, n, 2, 0.25f, 1, nullptr);
  cudaEventRecord(begin);
  for (int i = 0; i < 20; ++i) rts::kernels::launch_focal(z, y, v, g, n, 2, 0.25f, 1, nullptr);
  cudaEventRecord(end), cudaEventSynchronize(end);
  float ms = 0;
  cudaEventElapsedTime(&ms, begin, end);
  cudaMemcpy(values.data(), v, n * 4, cudaMemcpyDeviceToHost), cudaMemcpy(slopes.data(), g, n * 4, cudaMemcpyDeviceToHost);
  if (cudaGetLastError() != cudaSuccess) return 1;
  double worst = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const float sign = labels[i] == 1 ? 1.0f : -1.0f, factor = labels[i] == 255 ? 0.0f : labels[i] == 1 ? 0.25f
                                                                                                        : 0.75f;
    const auto likelihood = rts::kernels::sigmoid_likelihood<rts::kernels::ReferenceMath>(sign * logits[i]);
    const float gamma = 2;
    const auto point = rts::kernels::FocalTerm<-1>::at<rts::kernels::ReferenceMath>(likelihood, &gamma);
    const struct {
      double value, slope;
    } want{factor * point.value, sign * factor * point.slope * likelihood.q};
    worst = std::fmax(worst, std::fabs(values[i] - want.value) / (1e-6 + std::fabs(want.value)));
    worst = std::fmax(worst, std::fabs(slopes[i] - want.slope) / (1e-6 + std::fabs(want.slope)));
  }
  const double seconds = ms / 20 / 1e3;
  std::printf("focal: largest relative difference %.2e, %.3f ms for %lld pixels, %.0f GB/s (13 bytes a pixel)\n", worst, seconds * 1e3, static_cast<long long>(n), 13.0 * n / seconds / 1e9);
  return worst < 1e-4 ? 0 : 1;
}
