// Times one metric at a time on request, on one thread: a worker of scripts/bench. Usage: bench_metrics FOLDER
// FOLDER holds what the peers read too: scores.f32, scores.bf16, labels.u8 (4 million pixels), prediction.u8, truth.u8 (4096 x 4096).
// "value WORK" answers the number computed instead of the time; "scenes FILE" a line for each scene of a file (height, width, prediction,
// truth): numbers of objects, and pairs at IoU 0.5, 0.3 and 0.1.
#include <rts/metrics/curve.hpp>
#include <rts/metrics/matching.hpp>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <string>

using namespace rts;
using namespace rts::metrics;

namespace {

template <class T>
std::vector<T> read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (bytes.empty()) throw std::runtime_error("cannot read " + file);
  const T* data = reinterpret_cast<const T*>(bytes.data());
  return {data, data + bytes.size() / sizeof(T)};
}

void match_scenes(const std::string& file) {
  const auto bytes = read<std::uint8_t>(file);
  for (std::size_t at = 0; at < bytes.size();) {
    std::int32_t size[2];
    std::memcpy(size, bytes.data() + at, sizeof size);
    const std::size_t area = static_cast<std::size_t>(size[0]) * static_cast<std::size_t>(size[1]);
    const std::uint8_t* masks = bytes.data() + at + sizeof size;
    const ObjectTables t = find_objects(masks, masks + area, size[0], size[1]);
    std::printf("%zu %zu", t.predictions.size(), t.truths.size());
    for (const double iou : match_ious) std::printf(" %lld", static_cast<long long>(match(t, {.iou = iou}).matched));
    std::printf("\n");
    at += sizeof size + 2 * area;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  const auto scores = read<float>(folder + "/scores.f32");
  const auto bits = read<std::uint16_t>(folder + "/scores.bf16");
  const auto labels = read<std::uint8_t>(folder + "/labels.u8"), prediction = read<std::uint8_t>(folder + "/prediction.u8"), truth = read<std::uint8_t>(folder + "/truth.u8");
  constexpr int edge = 4096;
  const auto counted = [&](bool bf16) {
    Counts positive(key_count), background(key_count);
    if (bf16) count_bits(bits.data(), Key::bf16, labels.data(), nullptr, bits.size(), positive, background);
    else count_scores(scores.data(), labels.data(), nullptr, scores.size(), positive, background);
    return Curve(bf16 ? Key::bf16 : Key::fixed, positive, background);
  };
  const std::map<std::string, std::function<double()>> work{
      {"average_precision_fp32", [&] { return counted(false).average_precision(); }},
      {"average_precision_bf16", [&] { return counted(true).average_precision(); }},
      {"roc_auc_bf16", [&] { return counted(true).roc_auc(); }},
      {"average_precision_all_ratios",
       [&] {
         Counts positive(key_count), background(key_count);
         count_scores(scores.data(), labels.data(), nullptr, scores.size(), positive, background);
         double sum = 0;
         for (const double w : {1.0, 200.0, 500.0, 1000.0}) sum += Curve(Key::fixed, positive, Counts(key_count), background, w).average_precision();
         return sum;
       }},
      {"objects_match", [&] { return static_cast<double>(match(find_objects(prediction.data(), truth.data(), edge, edge, nullptr, {.extent = false}), {.iou = 0.5}).matched); }},
      {"objects_match_extent", [&] { return static_cast<double>(match(find_objects(prediction.data(), truth.data(), edge, edge), {.iou = 0.5}).matched); }},
      {"objects_count", [&] { return static_cast<double>(find_objects(prediction.data(), truth.data(), edge, edge, nullptr, {.extent = false}).predictions.size()); }},
      {"objects_area",
       [&] {
         double squares = 0;
         for (const Object& o : find_objects(prediction.data(), truth.data(), edge, edge, nullptr, {.extent = false}).predictions) squares += static_cast<double>(o.area) * static_cast<double>(o.area);
         return squares;
       }},
  };
  for (std::string line; std::getline(std::cin, line);) {
    if (line.starts_with("scenes ")) {
      match_scenes(line.substr(7));
      continue;
    }
    const bool value = line.starts_with("value ");
    const auto& run = work.at(value ? line.substr(6) : line);
    const auto start = std::chrono::steady_clock::now();
    const double result = run();
    std::printf("%.17g\n", value ? result : std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    std::fflush(stdout);
  }
}
