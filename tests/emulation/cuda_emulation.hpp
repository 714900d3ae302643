#pragma once
// Enough of CUDA to run a block's code on the CPU, a thread for a thread: barriers, warp shuffles, vector types. One block at a time.

#include <atomic>
#include <barrier>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __noinline__
#define __shared__ static
#define __grid_constant__
#define __launch_bounds__(...)

struct Index {
  unsigned x = 0;
};
inline thread_local Index threadIdx, blockIdx;
inline Index gridDim, blockDim;

namespace emulation {
inline constexpr int threads = 256;
inline std::unique_ptr<std::barrier<>> block, warp[threads / 32];

/// Runs `body` as one block of 256 threads.
template <class F>
void run_block(F&& body) {
  gridDim.x = 1;
  blockDim.x = threads;
  block = std::make_unique<std::barrier<>>(threads);
  for (auto& w : warp) w = std::make_unique<std::barrier<>>(32);
  std::vector<std::thread> all;
  for (unsigned t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      threadIdx.x = t;
      blockIdx.x = 0;
      body();
    });
  for (auto& t : all) t.join();
}
template <class T>
T shuffle(T value, unsigned from) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8);
  std::barrier<>& w = *warp[threadIdx.x / 32];
  static std::uint64_t slots[threads];
  slots[threadIdx.x] = 0;
  std::memcpy(&slots[threadIdx.x], &value, sizeof(T));
  w.arrive_and_wait();
  std::memcpy(&value, &slots[threadIdx.x / 32 * 32 + from], sizeof(T));
  w.arrive_and_wait();
  return value;
}
}  // namespace emulation

inline void __syncthreads() { emulation::block->arrive_and_wait(); }
template <class T>
T __shfl_sync(unsigned, T v, int from) { return emulation::shuffle(v, static_cast<unsigned>(from) & 31); }
template <class T>
T __shfl_xor_sync(unsigned, T v, int mask) { return emulation::shuffle(v, (threadIdx.x ^ static_cast<unsigned>(mask)) & 31); }
inline std::uint32_t atomicAdd(std::uint32_t* to, std::uint32_t v) { return std::atomic_ref<std::uint32_t>(*to).fetch_add(v); }
inline std::uint32_t __vcmpne4(std::uint32_t a, std::uint32_t b) {
  std::uint32_t out = 0;
  for (int i = 0; i < 32; i += 8)
    if ((a >> i & 255) != (b >> i & 255)) out |= 255u << i;
  return out;
}
inline std::uint32_t __vcmpeq4(std::uint32_t a, std::uint32_t b) { return ~__vcmpne4(a, b); }
inline int __popc(std::uint32_t v) { return std::popcount(v); }
inline float __expf(float x) { return std::exp(x); }
inline float __logf(float x) { return std::log(x); }
inline float __frcp_rn(float x) { return 1.0f / x; }
inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }

struct float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) uint2 {
  std::uint32_t x, y;
};
struct alignas(16) uint4 {
  std::uint32_t x, y, z, w;
};
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint4 make_uint4(std::uint32_t x, std::uint32_t y, std::uint32_t z, std::uint32_t w) { return {x, y, z, w}; }
template <class T>
void __stcs(T* to, T v) { *to = v; }
