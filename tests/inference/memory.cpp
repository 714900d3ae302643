// Maps a raster with a tiny network (one 1x1 convolution) and prints the process' peak memory in bytes: memory RASTER MAP.
#include <rts/core/allocation.hpp>
#include <rts/core/observer.hpp>
#include <rts/inference/predict.hpp>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cstdio>
#include <sys/resource.h>

int main(int, char** argv) {
  using namespace rts;
  keep_freed_memory();
  raster::initialize();
  raster::set_cache(16 << 20);
  const auto weight = at::full({1, 1, 1, 1}, 0.5f), bias = at::full({1}, -1.0f);
  const inference::Network network = [&](const at::Tensor& x) {
    const c10::NoGradGuard no_grad;
    return at::conv2d(x, weight, bias).contiguous();
  };
  Observer silent;
  const std::vector<inference::InputBand> bands{{.name = "grey", .mean = 100, .factor = 0.01f}};
  const auto report = inference::predict({argv[1]}, bands, {network}, argv[2], {{.tile_height = 512, .tile_width = 512, .overlap = 0.25, .batch = 4}, /*byte_output=*/true}, silent);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%ld %.1f\n", usage.ru_maxrss * 1024L, report.seconds);
}
