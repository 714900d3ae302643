// Reads every 512-pixel tile of a dataset (image, label, mask) with one thread, timed on request: a worker of scripts/bench.
// Reads lines "read" from standard input and answers each with its seconds. argv[1]: the dataset.
#include <rts/core/observer.hpp>
#include <rts/data/raster_source/raster_source.hpp>

#include <chrono>
#include <iostream>

using namespace rts;

int main(int, char** argv) {
  Observer silent;
  const data::RasterSource source({.root = argv[1], .bands = {"red", "green", "blue"}, .tile_height = 512, .tile_width = 512}, silent);
  const auto reader = source.reader();
  data::RawTile tile;
  for (std::string line; std::getline(std::cin, line);) {
    const auto start = std::chrono::steady_clock::now();
    for (const data::Sample& s : source.dataset().samples) reader->read(s, tile);
    std::cout << std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() << std::endl;
  }
}
