// Maps a raster with a 1 x 1 convolution, and copies it by GDAL alone: a worker of scripts/bench. Usage: bench_inference FOLDER
// Lines: "map NAME THREADS", "map_deflate NAME THREADS", "copy NAME", "copy_deflate NAME"; NAME is a raster of the folder. Answers seconds.
#include <rts/core/allocation.hpp>
#include <rts/inference/predict.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <gdal.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <sstream>

int main(int argc, char** argv) {
  using namespace rts;
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  keep_freed_memory();
  raster::initialize();
  raster::set_cache(256 << 20);
  const at::Tensor weight = at::full({1, 1, 1, 1}, 0.5f), bias = at::full({1}, -1.0f);
  const inference::Network network = [&](const at::Tensor& x) {
    const c10::NoGradGuard no_grad;
    return at::conv2d(x, weight, bias);
  };
  Observer silent;
  const std::vector<inference::InputBand> bands{{.name = "grey", .mean = 100, .factor = 0.01f}};
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string what, name;
    int threads = 1;
    words >> what >> name >> threads;
    const auto start = std::chrono::steady_clock::now();
    if (what.starts_with("map")) {
      at::set_num_threads(threads);
      inference::predict({folder / name}, bands, {network}, folder / "map.tif", {{.tile_height = 512, .tile_width = 512, .overlap = 0.25, .batch = 4}, /*byte_output=*/true, {}, {}, {}, /*compress=*/what == "map_deflate", /*resumable=*/false}, silent);
    } else {
      const GDALDatasetH in = GDALOpen((folder / name).c_str(), GA_ReadOnly);
      const char *deflate[] = {"TILED=YES", "COMPRESS=DEFLATE", "PREDICTOR=2", nullptr}, *plain[] = {"TILED=YES", nullptr};
      GDALClose(GDALCreateCopy(GDALGetDriverByName("GTiff"), (folder / "copy.tif").c_str(), in, FALSE, const_cast<char**>(what == "copy_deflate" ? deflate : plain), nullptr, nullptr));
      GDALClose(in);
    }
    std::printf("%.9g\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    std::fflush(stdout);
  }
}
