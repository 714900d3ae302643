#pragma once
// Device code of the fused pass: ring and counts on bit planes, pointwise value and gradient, regions. See pass_launch.hpp.

#include <rts/losses/pass_launch.hpp>
#include <rts/losses/pointwise_formula.hpp>
#include <rts/losses/region_formula.hpp>

#include <cooperative_groups.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace rts::kernels::device {

inline constexpr int threads = 256, warps = threads / 32, chunk_pixels = 1024, lane_pixels = 8;
inline constexpr int shared_limit = 48 * 1024;

/// Formulas on the special-function units. accuracy: relative error below 2e-6, checked by scripts/gpu_check.
struct DeviceMath {
  using Real = float;
  __device__ __forceinline__ static Real select(bool c, Real a, Real b) { return c ? a : b; }
  __device__ __forceinline__ static Real absolute(Real x) { return fabsf(x); }
  __device__ __forceinline__ static Real exp_negative(Real x) { return x < -87.0f ? 0.0f : __expf(x); }
  __device__ __forceinline__ static Real log(Real x) { return __logf(x); }
  __device__ __forceinline__ static void reciprocal_and_log1p(Real e, Real& reciprocal, Real& log1p) {
    const Real a = 1.0f + e, b = 2.0f + e, d = __frcp_rn(a * b);
    reciprocal = d * b;
    log1p = PolynomialMath::log1p_of(e * d * a);
  }
};

/// Rows of a band that fit shared memory beside the ring's halo.
__host__ __device__ inline int band_rows(int height, int width, int ring) {
  const int words = width / 32, fits = shared_limit / (2 * 4 * words) - 2 * ring;
  const int rows = fits < 64 ? fits : 64;
  return rows < height ? rows : height;
}
__host__ __device__ inline int bands_of(int height, int width, int ring) {
  const int rows = band_rows(height, width, ring);
  return (height + rows - 1) / rows;
}

/// What lies in the workspace, in this order; every word is written before it is read, but for the ticket.
struct Workspace {
  std::uint32_t* ticket;
  std::uint32_t *keep, *object;  // bit planes: LossMask, class 1
  std::uint32_t* counts;         // [image][band][2]: background, object within the LossMask
  float* values;                 // [chunk]
  float* sums;                   // [chunk][2]: sum p, sum p t
  std::int64_t words, chunks, bands;

  __host__ __device__ Workspace(const CudaPass& p) {
    const std::int64_t pixels = p.images * p.height * p.width;
    words = pixels / 32;
    chunks = pixels / chunk_pixels;
    bands = p.images * p.height;  // at most one a row
    auto* at = static_cast<std::uint32_t*>(p.workspace);
    ticket = at;
    keep = at + 32;
    object = keep + words;
    counts = object + words;
    values = reinterpret_cast<float*>(counts + 2 * bands);
    sums = values + chunks;
  }
  static std::size_t bytes(std::int64_t images, std::int64_t height, std::int64_t width) {
    const std::int64_t pixels = images * height * width;
    return static_cast<std::size_t>(4 * (32 + 2 * (pixels / 32) + 2 * images * height + 3 * (pixels / chunk_pixels)));
  }
};

__device__ __forceinline__ std::uint32_t bits_of_bytes(std::uint32_t m) { return ((m & 0x01010101u) * 0x10204080u) >> 28; }

/// 32 pixels: known and object bits.
__device__ __forceinline__ void pack(const std::uint8_t* labels, const std::uint8_t* valid, std::uint32_t& known, std::uint32_t& object) {
  known = object = 0;
#pragma unroll
  for (int part = 0; part < 2; ++part) {
    const uint4 l = *reinterpret_cast<const uint4*>(labels + 16 * part), v = *reinterpret_cast<const uint4*>(valid + 16 * part);
    const std::uint32_t ls[4] = {l.x, l.y, l.z, l.w}, vs[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const std::uint32_t k = __vcmpne4(vs[i], 0) & __vcmpne4(ls[i], 0xFFFFFFFFu);
      known |= bits_of_bytes(k) << (16 * part + 4 * i);
      object |= bits_of_bytes(k & __vcmpne4(ls[i], 0)) << (16 * part + 4 * i);
    }
  }
}

/// Bits of `word` within `reach` of a set bit; the neighbours bring those of the words beside it.
__device__ __forceinline__ std::uint32_t widen(std::uint32_t before, std::uint32_t word, std::uint32_t after, int reach) {
  for (int reached = 0; reached < reach;) {
    const int s = min(reach - reached, 2 * reached + 1);
    const std::uint32_t b = before | before << s | before >> s | word << (32 - s), a = after | after << s | after >> s | word >> (32 - s);
    word = word | word << s | word >> s | before >> (32 - s) | after << (32 - s);
    before = b, after = a;
    reached += s;
  }
  return word;
}

/// Phase 0 of one band: planes of LossMask and class 1, and their counts. `planes`: 2 x (rows + 2 ring) x words.
__device__ inline void prepare_band(const CudaPass& p, const Workspace& w, int image, int band, std::uint32_t* planes) {
  __shared__ int reach[CudaPass::max_ring + 1];
  __shared__ std::uint32_t totals[2];
  const int words = p.width / 32, ring = p.ring_width, rows = band_rows(p.height, p.width, ring), first = band * rows, last = min(first + rows, p.height), halo = rows + 2 * ring;
  std::uint32_t *object = planes, *other = planes + halo * words;
  const std::int64_t base = static_cast<std::int64_t>(image) * p.height * p.width;
  if (threadIdx.x < 2) totals[threadIdx.x] = 0;
  for (int dy = threadIdx.x; dy <= ring; dy += threads) {
    int x = ring;
    while (p.ring_euclidean && x * x + dy * dy > ring * ring) --x;
    reach[dy] = x;
  }
  for (int i = threadIdx.x; i < halo * words; i += threads) {
    const int y = first - ring + i / words;
    std::uint32_t k = 0, o = 0;
    if (y >= 0 && y < p.height && y < last + ring) {
      const std::int64_t at = base + static_cast<std::int64_t>(y) * p.width + 32 * (i % words);
      pack(p.labels + at, p.valid + at, k, o);
    }
    object[i] = o;
    other[i] = k & ~o;
  }
  __syncthreads();
  std::uint32_t background = 0, objects = 0;
  for (int i = threadIdx.x; i < (last - first) * words; i += threads) {
    const int x = i % words, at = i + ring * words;
    const std::uint32_t o = object[at], b = other[at];
    std::uint32_t near_other = 0, near_object = 0;
    for (int dy = -ring; dy <= ring && ring > 0; ++dy) {
      const int r = reach[dy < 0 ? -dy : dy], j = at + dy * words;
      if (o && p.ring_side != 2) near_other |= widen(x > 0 ? other[j - 1] : 0, other[j], x + 1 < words ? other[j + 1] : 0, r);
      if (b && p.ring_side != 1) near_object |= widen(x > 0 ? object[j - 1] : 0, object[j], x + 1 < words ? object[j + 1] : 0, r);
    }
    const std::uint32_t keep = (o | b) & ~((near_other & o) | (near_object & b));
    const std::int64_t to = (base + static_cast<std::int64_t>(first) * p.width) / 32 + i;
    w.keep[to] = keep;
    w.object[to] = o;
    objects += __popc(keep & o);
    background += __popc(keep & b);
  }
  atomicAdd(&totals[0], background);  // integers in shared memory: any order gives the same sum
  atomicAdd(&totals[1], objects);
  __syncthreads();
  if (threadIdx.x < 2) w.counts[2 * (static_cast<std::int64_t>(image) * bands_of(p.height, p.width, ring) + band) + threadIdx.x] = totals[threadIdx.x];
  __syncthreads();
}

/// Sum of one number a thread over the block, as a fixed tree; all threads get it.
__device__ inline double block_tree(double own) {
  __shared__ double part[warps];
#pragma unroll
  for (int k = 16; k > 0; k /= 2) own += __shfl_xor_sync(0xFFFFFFFFu, own, k);
  if ((threadIdx.x & 31) == 0) part[threadIdx.x / 32] = own;
  __syncthreads();
  double sum = 0;
#pragma unroll
  for (int k = 0; k < warps; ++k) sum += part[k];
  __syncthreads();
  return sum;
}
/// Sum of f(i), i < n, the same for any block: thread t takes t, t + 256, ..., then the tree.
template <class F>
__device__ __forceinline__ double block_sum(std::int64_t n, F&& f) {
  double own = 0;
  for (std::int64_t i = threadIdx.x; i < n; i += threads) own += f(i);
  return block_tree(own);
}

template <LogitType T>
struct Lane;  // eight logits of a lane: 16-byte accesses
template <>
struct Lane<LogitType::fp32> {
  __device__ static void load(const void* p, std::int64_t at, float* z) {
    const float4* from = reinterpret_cast<const float4*>(static_cast<const float*>(p) + at);
    const float4 a = from[0], b = from[1];
    z[0] = a.x, z[1] = a.y, z[2] = a.z, z[3] = a.w, z[4] = b.x, z[5] = b.y, z[6] = b.z, z[7] = b.w;
  }
  __device__ static void store(void* p, std::int64_t at, const float* z) {
    float4* to = reinterpret_cast<float4*>(static_cast<float*>(p) + at);
    __stcs(to, make_float4(z[0], z[1], z[2], z[3]));
    __stcs(to + 1, make_float4(z[4], z[5], z[6], z[7]));
  }
};
template <class Pair, class FromPair, class ToPair>
struct HalfLane {
  __device__ static void load(const void* p, std::int64_t at, float* z) {
    const uint4 raw = *reinterpret_cast<const uint4*>(static_cast<const std::uint16_t*>(p) + at);
    const std::uint32_t parts[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float2 f = FromPair{}(*reinterpret_cast<const Pair*>(&parts[i]));
      z[2 * i] = f.x, z[2 * i + 1] = f.y;
    }
  }
  __device__ static void store(void* p, std::int64_t at, const float* z) {
    std::uint32_t parts[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const Pair pair = ToPair{}(z[2 * i], z[2 * i + 1]);
      parts[i] = *reinterpret_cast<const std::uint32_t*>(&pair);
    }
    __stcs(reinterpret_cast<uint4*>(static_cast<std::uint16_t*>(p) + at), make_uint4(parts[0], parts[1], parts[2], parts[3]));
  }
};
struct FromBf16 {
  __device__ float2 operator()(__nv_bfloat162 v) const { return __bfloat1622float2(v); }
};
struct ToBf16 {
  __device__ __nv_bfloat162 operator()(float a, float b) const { return __floats2bfloat162_rn(a, b); }
};
struct FromFp16 {
  __device__ float2 operator()(__half2 v) const { return __half22float2(v); }
};
struct ToFp16 {
  __device__ __half2 operator()(float a, float b) const { return __floats2half2_rn(a, b); }
};
template <>
struct Lane<LogitType::bf16> : HalfLane<__nv_bfloat162, FromBf16, ToBf16> {};
template <>
struct Lane<LogitType::fp16> : HalfLane<__half2, FromFp16, ToFp16> {};

/// Masks of a lane's eight pixels in pass `j` of a chunk, from the words its warp holds.
__device__ __forceinline__ std::uint32_t lane_bits(std::uint32_t word, int j, int lane) { return __shfl_sync(0xFFFFFFFFu, word, 8 * j + lane / 4) >> (8 * (lane & 3)) & 0xFFu; }

/// One chunk by one warp. Regions && !Gradient: sums; else: gradient of points (and regions, with their two numbers).
template <class S, bool Sums, bool Gradient, bool Regions, LogitType T>
__device__ __forceinline__ void chunk(const CudaPass& p, const Workspace& w, std::int64_t c, const float (*factor)[2], float scale, float constant, float linear) {
  const int lane = static_cast<int>(threadIdx.x & 31);
  const std::uint32_t keep = w.keep[32 * c + lane], object = w.object[32 * c + lane];
  float value = 0, mass = 0, hits = 0;
#pragma unroll
  for (int j = 0; j < chunk_pixels / (32 * lane_pixels); ++j) {
    const std::int64_t at = c * chunk_pixels + j * 32 * lane_pixels + lane * lane_pixels;
    float z[lane_pixels], g[lane_pixels];
    Lane<T>::load(p.logits, at, z);
    const std::uint32_t kept = lane_bits(keep, j, lane), positive = lane_bits(object, j, lane);
#pragma unroll
    for (int i = 0; i < lane_pixels; ++i) {
      const bool known = kept >> i & 1, one = positive >> i & 1;
      const Likelihood<float> x = sigmoid_likelihood<DeviceMath>(one ? z[i] : -z[i]);
      float f[S::terms + 1], numbers[S::terms * S::numbers_per_term + 1];
#pragma unroll
      for (int t = 0; t < S::terms; ++t) {
        f[t] = one ? factor[t][1] : factor[t][0];
#pragma unroll
        for (int k = 0; k < S::numbers_per_term; ++k) numbers[t * S::numbers_per_term + k] = p.point[t].numbers[k];
      }
      const PointValue<float> r = S::template at<DeviceMath>(x, f, numbers);
      const float probability = one ? x.p : x.q;
      float slope = r.slope * x.q * scale;
      slope = one ? slope : -slope;
      if constexpr (Regions && Gradient) slope += probability * (1 - probability) * (constant + linear * (one ? 1.0f : 0.0f));
      g[i] = known ? slope : 0.0f;
      if constexpr (Sums) {
        value += known ? r.value : 0.0f;
        if constexpr (Regions) {
          mass += known ? probability : 0.0f;
          hits += known && one ? probability : 0.0f;
        }
      }
    }
    if constexpr (Gradient)
      if (p.gradient) Lane<T>::store(p.gradient, at, g);
  }
  if constexpr (Sums) {
#pragma unroll
    for (int k = 16; k > 0; k /= 2) {
      value += __shfl_xor_sync(0xFFFFFFFFu, value, k);
      if constexpr (Regions) {
        mass += __shfl_xor_sync(0xFFFFFFFFu, mass, k);
        hits += __shfl_xor_sync(0xFFFFFFFFu, hits, k);
      }
    }
    if (lane == 0) {
      w.values[c] = value;
      if constexpr (Regions) w.sums[2 * c] = mass, w.sums[2 * c + 1] = hits;
    }
  }
}

/// Pixels of a class in the LossMask of one image.
__device__ inline double image_counts(const Workspace& w, int bands, std::int64_t image, int c) {
  double sum = 0;
  for (int b = 0; b < bands; ++b) sum += w.counts[2 * (image * bands + b) + c];
  return sum;
}

/// Everything a block needs to know of the whole batch.
template <class S, bool Regions>
struct Totals {
  float factor[S::terms + 1][2];
  float scale;
  int used_images;

  __device__ void read(const CudaPass& p, const Workspace& w) {
    const int bands = bands_of(p.height, p.width, p.ring_width);
    const double background = block_sum(p.images * bands, [&](std::int64_t i) { return static_cast<double>(w.counts[2 * i]); });
    const double object = block_sum(p.images * bands, [&](std::int64_t i) { return static_cast<double>(w.counts[2 * i + 1]); });
    for (int t = 0; t < S::terms; ++t) {
      const double denominator = background * p.point[t].weight[0] + object * p.point[t].weight[1];
      for (int c = 0; c < 2; ++c) factor[t][c] = denominator > 0 ? static_cast<float>(p.point[t].factor[c] / denominator) : 0.0f;
    }
    scale = p.inverse_accumulation * (p.loss_scale ? *p.loss_scale : 1.0f);
    used_images = 0;
    if constexpr (Regions)
      used_images = static_cast<int>(block_sum(p.images, [&](std::int64_t i) { return image_counts(w, bands, i, 0) + image_counts(w, bands, i, 1) > 0 ? 1.0 : 0.0; }));
  }
};

struct RegionGradient {
  float constant, linear;
  double value;  ///< the share of the terms' value that this image adds
};
/// The region terms for the chunks of one image; by a whole block, all threads get it. Not inlined: its registers are its own.
__device__ __noinline__ inline RegionGradient region_gradient(const CudaPass& p, const Workspace& w, float scale, int used_images, std::int64_t image) {
  __shared__ RegionGradient result;
  const int bands = bands_of(p.height, p.width, p.ring_width);
  const std::int64_t chunks = static_cast<std::int64_t>(p.height) * p.width / chunk_pixels;
  double c = 0, l = 0, value = 0;
  for (int by_batch = 0; by_batch < 2; ++by_batch) {
    bool any = false;
    for (int r = 0; r < p.regions; ++r) any |= p.region[r].by_batch == (by_batch != 0);
    if (!any) continue;
    const std::int64_t first = by_batch ? 0 : image * chunks, n = by_batch ? w.chunks : chunks;
    RegionSums sums;
    sums.predicted = block_sum(n, [&](std::int64_t i) { return static_cast<double>(w.sums[2 * (first + i)]); });
    sums.tp = block_sum(n, [&](std::int64_t i) { return static_cast<double>(w.sums[2 * (first + i) + 1]); });
    const std::int64_t first_band = by_batch ? 0 : image * bands, many = by_batch ? p.images * bands : bands;
    sums.truth = block_sum(many, [&](std::int64_t i) { return static_cast<double>(w.counts[2 * (first_band + i) + 1]); });
    const double mass = sums.truth + block_sum(many, [&](std::int64_t i) { return static_cast<double>(w.counts[2 * (first_band + i)]); });
    if (threadIdx.x == 0 && mass > 0)
      for (int r = 0; r < p.regions; ++r) {
        const CudaRegion& t = p.region[r];
        if (t.by_batch != (by_batch != 0)) continue;
        const RegionValue v = region_loss(sums, t.alpha, t.beta, t.epsilon, t.exponent);
        const double share = by_batch ? t.weight : t.weight / used_images;
        value += share * v.value / (by_batch ? static_cast<double>(p.images) : 1.0);
        c += share * v.constant, l += share * v.linear;
      }
  }
  if (threadIdx.x == 0) result = {static_cast<float>(c * scale), static_cast<float>(l * scale), value};
  __syncthreads();
  const RegionGradient out = result;
  __syncthreads();
  return out;
}

template <class S, bool Regions, LogitType T>
__device__ void points_phase(const CudaPass& p, const Workspace& w, const Totals<S, Regions>& totals) {
  const std::int64_t warp = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / 32, step = static_cast<std::int64_t>(gridDim.x) * warps;
  for (std::int64_t c = warp; c < w.chunks; c += step) chunk<S, true, !Regions, Regions, T>(p, w, c, totals.factor, totals.scale, 0, 0);
}

/// Regions: gradient of every chunk. A block stays with an image as long as it can.
template <class S, LogitType T>
__device__ void regions_phase(const CudaPass& p, const Workspace& w, const Totals<S, true>& totals) {
  const std::int64_t per_image = static_cast<std::int64_t>(p.height) * p.width / chunk_pixels, groups = (per_image + warps - 1) / warps, all = p.images * groups;
  const std::int64_t first = all * blockIdx.x / gridDim.x, last = all * (blockIdx.x + 1) / gridDim.x;
  std::int64_t image = -1;
  float constant = 0, linear = 0;
  for (std::int64_t g = first; g < last; ++g) {
    if (g / groups != image) {
      image = g / groups;
      const RegionGradient g_image = region_gradient(p, w, totals.scale, totals.used_images, image);
      constant = g_image.constant, linear = g_image.linear;
    }
    const std::int64_t c = (g % groups) * warps + threadIdx.x / 32;
    if (c < per_image) chunk<S, false, true, true, T>(p, w, image * per_image + c, totals.factor, totals.scale, constant, linear);
  }
}

/// The value, by one block.
template <class S, bool Regions>
__device__ void value_phase(const CudaPass& p, const Workspace& w, const Totals<S, Regions>& totals) {
  double value = block_sum(w.chunks, [&](std::int64_t i) { return static_cast<double>(w.values[i]); });
  if constexpr (Regions)
    for (std::int64_t i = 0; i < p.images; ++i) value += region_gradient(p, w, totals.scale, totals.used_images, i).value;
  if (threadIdx.x == 0) *p.value = static_cast<float>(value);
}

__device__ inline void prepare_phase(const CudaPass& p, const Workspace& w, std::uint32_t* planes) {
  const int bands = bands_of(p.height, p.width, p.ring_width);
  for (std::int64_t i = blockIdx.x; i < p.images * bands; i += gridDim.x) prepare_band(p, w, static_cast<int>(i / bands), static_cast<int>(i % bands), planes);
}

/// All phases in one cooperative launch.
template <class S, bool Regions, LogitType T>
__global__ void __launch_bounds__(threads, Regions ? 2 : 4) one_launch(const __grid_constant__ CudaPass p) {
  extern __shared__ std::uint32_t planes[];
  const Workspace w(p);
  const auto grid = cooperative_groups::this_grid();
  prepare_phase(p, w, planes);
  grid.sync();
  Totals<S, Regions> totals;
  totals.read(p, w);
  points_phase<S, Regions, T>(p, w, totals);
  grid.sync();
  if constexpr (Regions) regions_phase<S, T>(p, w, totals);
  if (blockIdx.x == gridDim.x - 1) value_phase<S, Regions>(p, w, totals);
}

template <LogitType T>
__global__ void __launch_bounds__(threads) prepare_launch(const __grid_constant__ CudaPass p) {
  extern __shared__ std::uint32_t planes[];
  prepare_phase(p, Workspace(p), planes);
}
template <class S, bool Regions, LogitType T>
__global__ void __launch_bounds__(threads, 4) points_launch(const __grid_constant__ CudaPass p) {
  const Workspace w(p);
  Totals<S, Regions> totals;
  totals.read(p, w);
  points_phase<S, Regions, T>(p, w, totals);
}
template <class S, bool Regions, LogitType T>
__global__ void __launch_bounds__(threads, Regions ? 2 : 4) regions_launch(const __grid_constant__ CudaPass p) {
  const Workspace w(p);
  Totals<S, Regions> totals;
  totals.read(p, w);
  if constexpr (Regions) regions_phase<S, T>(p, w, totals);
  if (blockIdx.x == gridDim.x - 1) value_phase<S, Regions>(p, w, totals);
}

/// Grid that fills the device once; 2 blocks an SM where occupancy cannot be asked.
template <class Kernel>
int resident_blocks(Kernel kernel, std::size_t shared) {
  int device = 0, processors = 0, each = 0;
  if (cudaGetDevice(&device) != cudaSuccess || cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device) != cudaSuccess) return 0;
  if (cudaOccupancyMaxActiveBlocksPerMultiprocessor(&each, kernel, threads, shared) != cudaSuccess) return 0;
  return processors * each;
}

template <class S, bool Regions, LogitType T>
int launch_typed(const CudaPass& p, void* opaque) {
  const auto stream = static_cast<cudaStream_t>(opaque);
  if (p.images <= 0) return cudaMemsetAsync(p.value, 0, sizeof(float), stream);
  const int rows = band_rows(p.height, p.width, p.ring_width);
  const std::size_t shared = 8 * static_cast<std::size_t>(rows + 2 * p.ring_width) * static_cast<std::size_t>(p.width / 32);
  int device = 0, cooperative = 0;
  if (const cudaError_t e = cudaGetDevice(&device); e != cudaSuccess) return e;
  if (const cudaError_t e = cudaDeviceGetAttribute(&cooperative, cudaDevAttrCooperativeLaunch, device); e != cudaSuccess) return e;
  const int blocks = resident_blocks(one_launch<S, Regions, T>, shared);
  if (blocks < 1) return cudaErrorInvalidConfiguration;
  CudaPass copy = p;
  if (p.one_launch && cooperative) {
    void* arguments[] = {&copy};
    return cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(&one_launch<S, Regions, T>), dim3(static_cast<unsigned>(blocks)), dim3(threads), arguments, shared, stream);
  }
  const auto grid = static_cast<unsigned>(blocks);
  prepare_launch<T><<<grid, threads, shared, stream>>>(copy);
  points_launch<S, Regions, T><<<grid, threads, 0, stream>>>(copy);
  regions_launch<S, Regions, T><<<Regions ? grid : 1, threads, 0, stream>>>(copy);
  return cudaGetLastError();
}

}  // namespace rts::kernels::device
