// Loss passes as Google Benchmark cases: fused, composed, the arithmetic floor and a plain copy, one thread, in one binary.
// Counters: ns_per_px, bytes_per_px (what must move at least), share_of_peak (of the copy's rate, measured here first).
#include "cases.hpp"

#include <rts/core/allocation.hpp>

#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include <chrono>

using namespace rts;

namespace {

bench::Batch batch(std::int64_t n, std::int64_t c, std::int64_t size, double ignored, at::ScalarType type) {
  at::manual_seed(1);
  const at::Tensor smooth = at::avg_pool2d(at::rand({n, 1, size, size}), {9, 9}, {1, 1}, {4, 4}).squeeze(1);
  at::Tensor labels = ((smooth - 0.45) * 12 * static_cast<double>(c == 1 ? 2 : c)).floor().clamp(0, c == 1 ? 1 : c - 1).to(at::kByte);
  labels.masked_fill_(at::rand(labels.sizes()).lt(ignored), 255);
  return {(at::randn({n, c, size, size}) * 4).to(type), labels, at::ones({n, size, size}, at::kByte)};
}

double peak() {  // bytes a second of a copy that does not fit the cache, read and write counted
  static const double rate = [] {
    std::vector<char> a(64 << 20, 1), b(64 << 20);
    double best = 0;
    for (int i = 0; i < 5; ++i) {
      const auto start = std::chrono::steady_clock::now();
      std::memcpy(b.data(), a.data(), a.size());
      benchmark::DoNotOptimize(b.data());
      best = std::max(best, 2.0 * static_cast<double>(a.size()) / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
  }();
  return rate;
}

void count(benchmark::State& state, const bench::Batch& b, double bytes_per_px) {
  const double pixels = static_cast<double>(b.labels.numel());
  const double rate = static_cast<double>(state.iterations()) * pixels;
  state.counters["ns_per_px"] = benchmark::Counter(rate * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["bytes_per_px"] = bytes_per_px;
  state.counters["share_of_peak"] = benchmark::Counter(rate * bytes_per_px / peak(), benchmark::Counter::kIsRate);
}

/// Arguments: N, C, size, ignored in per cent, dtype (0 fp32, 1 bf16, 2 fp16).
bench::Batch batch(const benchmark::State& s) {
  const at::ScalarType types[] = {at::kFloat, at::kBFloat16, at::kHalf};
  return batch(s.range(0), s.range(1), s.range(2), static_cast<double>(s.range(3)) / 100, types[s.range(4)]);
}
double bytes(const bench::Batch& b) { return 2.0 * static_cast<double>(b.logits.nbytes()) / static_cast<double>(b.labels.numel()) + 2; }  // logits, gradient, labels, mask

template <class L, class Boundary = boundary::None>
void fused(benchmark::State& state) {
  const bench::Batch b = batch(state);
  const losses::PassNumbers n = losses::numbers_of<L, Boundary>(std::vector<double>(static_cast<std::size_t>(b.logits.size(1) == 1 ? 2 : b.logits.size(1)), 1.0));
  for (auto _ : state) benchmark::DoNotOptimize(losses::pass<L>(b.logits, b.labels, b.valid, n).gradient);
  count(state, b, bytes(b));
}
template <class L, class Boundary = boundary::None>
void composed(benchmark::State& state) {
  const bench::Batch b = batch(state);
  const losses::PassNumbers n = losses::numbers_of<L, Boundary>();
  for (auto _ : state) benchmark::DoNotOptimize(losses::composed_pass(b.logits, b.labels, b.valid, n, {}).gradient);
  count(state, b, bytes(b));
}
void floor_of_arithmetic(benchmark::State& state) {
  const bench::Batch b = batch(state);
  at::Tensor out = at::empty_like(b.logits);
  for (auto _ : state) bench::floor(b.logits, out);
  count(state, b, 8);
}
void plain_copy(benchmark::State& state) {
  const bench::Batch b = batch(state);
  at::Tensor gradient = at::empty_like(b.logits), codes = at::empty_like(b.labels);
  for (auto _ : state) bench::copy(b, gradient, codes);
  count(state, b, bytes(b));
}
/// Arguments: width, Euclidean.
void ring(benchmark::State& state) {
  const bench::Batch b = batch(1, 1, 512, 0.01, at::kFloat);
  at::Tensor codes = at::empty_like(b.labels);
  kernels::RingWorkspace space;
  const kernels::RingShape shape(static_cast<int>(state.range(0)), state.range(1) != 0);
  for (auto _ : state) bench::ring(b, shape, space, codes);
  count(state, b, 3);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "c", "size", "ignored", "dtype"})->Unit(benchmark::kMicrosecond);
  for (const int dtype : {0, 1, 2}) b->Args({4, 1, 512, 1, dtype});
  b->Args({4, 1, 512, 50, 0})->Args({1, 1, 64, 1, 0})->Args({32, 1, 512, 1, 0});
}
void classes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"n", "c", "size", "ignored", "dtype"})->Unit(benchmark::kMicrosecond);
  for (const int c : {2, 5, 10}) b->Args({4, c, 256, 1, 0});
}
void one(benchmark::internal::Benchmark* b) { b->ArgNames({"n", "c", "size", "ignored", "dtype"})->Unit(benchmark::kMicrosecond)->Args({4, 1, 512, 1, 0}); }

BENCHMARK(floor_of_arithmetic)->Apply(one);
BENCHMARK(plain_copy)->Apply(one);
BENCHMARK(fused<bench::Focal>)->Apply(sizes)->Apply(classes);
BENCHMARK(fused<losses::Focal<{.gamma = 1.5, .alpha = 0.25}>>)->Apply(one);
BENCHMARK(fused<bench::Tversky>)->Apply(one)->Apply(classes);
BENCHMARK(fused<bench::FocalTversky, bench::Ring>)->Apply(one)->Apply(classes);
BENCHMARK(fused<losses::CrossEntropy<>>)->Apply(classes);
BENCHMARK(composed<bench::Focal>)->Apply(one);
BENCHMARK(composed<bench::Tversky>)->Apply(one);
BENCHMARK(composed<bench::FocalTversky, bench::Ring>)->Apply(one);
BENCHMARK(ring)->ArgNames({"width", "euclidean"})->Unit(benchmark::kMicrosecond)->ArgsProduct({{0, 3, 5, 10}, {0, 1}});

}  // namespace

int main(int argc, char** argv) {
#ifndef NDEBUG
  std::fputs("bench_losses: a debug build measures nothing; use the release or bench preset\n", stderr);
  return 1;
#endif
  keep_freed_memory();
  at::set_num_threads(1);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
