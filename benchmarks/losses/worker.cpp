// Times one loss at a time on request, on one thread: a worker of scripts/bench. Usage: bench_losses_worker FOLDER
// FOLDER holds the batch as raw files that the peers read too: logits.f32, labels.u8, valid.u8 (4x512x512).
#include "cases.hpp"

#include <rts/core/allocation.hpp>

#include <ATen/Parallel.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>

using namespace rts;

namespace {
at::Tensor read(const std::string& file, at::ScalarType type, at::IntArrayRef shape) {
  at::Tensor t = at::empty(shape, type);
  std::ifstream in(file, std::ios::binary);
  if (!in.read(static_cast<char*>(t.mutable_data_ptr()), static_cast<std::streamsize>(t.nbytes()))) throw std::runtime_error("cannot read " + file);
  return t;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  keep_freed_memory();
  at::set_num_threads(1);
  const std::string folder = argv[1];
  const bench::Batch b{read(folder + "/logits.f32", at::kFloat, {4, 1, 512, 512}), read(folder + "/labels.u8", at::kByte, {4, 512, 512}), read(folder + "/valid.u8", at::kByte, {4, 512, 512})};
  at::Tensor gradient = at::empty_like(b.logits), codes = at::empty_like(b.labels);
  kernels::RingWorkspace space;
  std::map<std::string, std::function<void()>> work{
      {"floor", [&] { bench::floor(b.logits, gradient); }},
      {"copy", [&] { bench::copy(b, gradient, codes); }},
      {"focal", [&] { bench::fused<bench::Focal>(b); }},
      {"focal_composed", [&] { bench::composed<bench::Focal>(b); }},
      {"tversky", [&] { bench::fused<bench::Tversky>(b); }},
      {"focal_tversky_ring", [&] { bench::fused<bench::FocalTversky, bench::Ring>(b); }},
  };
  for (const int width : {3, 5})
    for (const bool euclidean : {false, true})
      work[(euclidean ? "ring_l2_w" : "ring_box_w") + std::to_string(width)] = [&, shape = kernels::RingShape(width, euclidean)] { bench::ring(b, shape, space, codes); };
  for (std::string line; std::getline(std::cin, line);) {
    const auto split = line.find(' ');
    std::string name = line.substr(0, split);
    const std::string set = split == std::string::npos ? "" : line.substr(split + 1);  // "focal avx2"
    kernels::active_isa() = set == "avx2" ? kernels::Isa::avx2 : set == "baseline" ? kernels::Isa::baseline
                                                                                   : kernels::best_isa();
    const auto& body = work.at(name);
    for (int i = 0; i < 3; ++i) body();  // the peer's work has emptied the caches
    const int repeats = 10;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < repeats; ++i) body();
    std::cout << std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / repeats << std::endl;
  }
  return 0;
}
