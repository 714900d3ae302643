#pragma once
// Device code of the fused pass: ring and counts on bit planes, pointwise value and gradient, regions. See pass_launch.hpp.
// Launching is in pass_launch.cuh; tests run these functions on the CPU too, a thread for a thread (tests/losses/emulation).

#include <rts/losses/dynamic_shared.cuh>
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

/// What lies in the workspace, in this order; every word is written before it is read.
struct Workspace {
  std::uint32_t *keep, *object;  // bit planes: LossMask; class 1 of a sigmoid
  std::uint32_t* counts;         // [image][band][class] within the LossMask
  float* values;                 // [chunk]
  float* sums;                   // [chunk][plane][2]: sum p, sum p t
  std::int64_t words, chunks;

  __host__ __device__ explicit Workspace(const CudaPass& p) {
    const std::int64_t pixels = p.images * p.height * p.width;
    words = pixels / 32;
    chunks = pixels / chunk_pixels;
    keep = static_cast<std::uint32_t*>(p.workspace);
    object = keep + words;
    counts = object + words;
    values = reinterpret_cast<float*>(counts + p.images * bands_of(p.height, p.width, p.ring_width) * p.classes);
    sums = values + chunks;
  }
  static std::size_t bytes(const CudaPass& p) {
    const std::int64_t pixels = p.images * p.height * p.width;
    return static_cast<std::size_t>(4 * (2 * (pixels / 32) + p.images * bands_of(p.height, p.width, p.ring_width) * p.classes + (1 + 2 * p.planes) * (pixels / chunk_pixels)));
  }
};

__device__ __forceinline__ std::uint32_t bits_of_bytes(std::uint32_t m) { return ((m & 0x01010101u) * 0x10204080u) >> 28; }

/// 32 pixels: known bits, and those whose label is `wanted` - 1 (0: any label above 0).
__device__ __forceinline__ void pack(const std::uint8_t* labels, const std::uint8_t* valid, int wanted, std::uint32_t& known, std::uint32_t& object) {
  known = object = 0;
#pragma unroll
  for (int part = 0; part < 2; ++part) {
    const uint4 l = *reinterpret_cast<const uint4*>(labels + 16 * part), v = *reinterpret_cast<const uint4*>(valid + 16 * part);
    const std::uint32_t ls[4] = {l.x, l.y, l.z, l.w}, vs[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const std::uint32_t k = __vcmpne4(vs[i], 0) & __vcmpne4(ls[i], 0xFFFFFFFFu);
      known |= bits_of_bytes(k) << (16 * part + 4 * i);
      const std::uint32_t same = wanted ? __vcmpeq4(ls[i], 0x01010101u * static_cast<std::uint32_t>(wanted - 1)) : __vcmpne4(ls[i], 0);
      object |= bits_of_bytes(k & same) << (16 * part + 4 * i);
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

/// Phase 0 of one band: planes of LossMask and class 1, and counts. `planes`: 2 x (rows + 2 ring) x words.
/// A sigmoid rings both classes at once; a softmax takes its classes one after another, and each gives its part of the LossMask.
__device__ inline void prepare_band(const CudaPass& p, const Workspace& w, int image, int band, std::uint32_t* planes) {
  __shared__ int reach[CudaPass::max_ring + 1];
  __shared__ std::uint32_t totals[cuda_classes];
  const bool softmax = p.planes > 1;
  const int words = p.width / 32, ring = p.ring_width, rows = band_rows(p.height, p.width, ring), first = band * rows, last = min(first + rows, p.height), halo = rows + 2 * ring;
  std::uint32_t *object = planes, *other = planes + halo * words;
  const std::int64_t base = static_cast<std::int64_t>(image) * p.height * p.width;
  if (threadIdx.x < cuda_classes) totals[threadIdx.x] = 0;
  for (int dy = static_cast<int>(threadIdx.x); dy <= ring; dy += threads) {
    int x = ring;
    while (p.ring_euclidean && x * x + dy * dy > ring * ring) --x;
    reach[dy] = x;
  }
  for (int c = softmax ? 0 : 1; c < p.classes; ++c) {
    for (int i = static_cast<int>(threadIdx.x); i < halo * words; i += threads) {
      const int y = first - ring + i / words;
      std::uint32_t k = 0, o = 0;
      if (y >= 0 && y < p.height && y < last + ring) {
        const std::int64_t at = base + static_cast<std::int64_t>(y) * p.width + 32 * (i % words);
        pack(p.labels + at, p.valid + at, softmax ? c + 1 : 0, k, o);
      }
      object[i] = o;
      other[i] = k & ~o;
    }
    __syncthreads();
    const bool ring_object = softmax ? (p.ring_side == 0 || (p.ring_side == 1) == (c > 0)) : p.ring_side != 2, ring_other = !softmax && p.ring_side != 1;
    std::uint32_t objects = 0, others = 0;
    for (int i = static_cast<int>(threadIdx.x); i < (last - first) * words; i += threads) {
      const int x = i % words, at = i + ring * words;
      const std::uint32_t o = object[at], b = other[at];
      std::uint32_t near_other = 0, near_object = 0;
      for (int dy = -ring; dy <= ring && ring > 0; ++dy) {
        const int r = reach[dy < 0 ? -dy : dy], j = at + dy * words;
        if (o && ring_object) near_other |= widen(x > 0 ? other[j - 1] : 0, other[j], x + 1 < words ? other[j + 1] : 0, r);
        if (b && ring_other) near_object |= widen(x > 0 ? object[j - 1] : 0, object[j], x + 1 < words ? object[j + 1] : 0, r);
      }
      const std::uint32_t kept_object = o & ~near_other, kept_other = softmax ? 0 : b & ~near_object;
      const std::int64_t to = (base + static_cast<std::int64_t>(first) * p.width) / 32 + i;
      w.keep[to] = (softmax && c > 0 ? w.keep[to] : 0) | kept_object | kept_other;  // the same thread wrote it for the class before
      w.object[to] = o;
      objects += static_cast<std::uint32_t>(__popc(kept_object));
      others += static_cast<std::uint32_t>(__popc(kept_other));
    }
    atomicAdd(&totals[c], objects);  // integers in shared memory: any order gives the same sum
    if (!softmax) atomicAdd(&totals[0], others);
    __syncthreads();
  }
  if (static_cast<int>(threadIdx.x) < p.classes) w.counts[(static_cast<std::int64_t>(image) * bands_of(p.height, p.width, ring) + band) * p.classes + threadIdx.x] = totals[threadIdx.x];
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
      Pair pair;
      memcpy(&pair, &parts[i], 4);
      const float2 f = FromPair{}(pair);
      z[2 * i] = f.x, z[2 * i + 1] = f.y;
    }
  }
  __device__ static void store(void* p, std::int64_t at, const float* z) {
    std::uint32_t parts[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const Pair pair = ToPair{}(z[2 * i], z[2 * i + 1]);
      memcpy(&parts[i], &pair, 4);
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

/// Pixels of a class in the LossMask of one image.
__device__ inline double image_counts(const CudaPass& p, const Workspace& w, std::int64_t image, int c) {
  const int bands = bands_of(p.height, p.width, p.ring_width);
  double sum = 0;
  for (int b = 0; b < bands; ++b) sum += w.counts[(image * bands + b) * p.classes + c];
  return sum;
}
__device__ inline double image_pixels(const CudaPass& p, const Workspace& w, std::int64_t image) {
  double sum = 0;
  for (int c = 0; c < p.classes; ++c) sum += image_counts(p, w, image, c);
  return sum;
}

/// Everything a block needs to know of the whole batch; in shared memory.
struct Totals {
  float factor[CudaPass::max_terms][cuda_classes];  ///< weight x class factor / denominator
  float constant[cuda_classes], linear[cuda_classes];  ///< regions: d loss / d p_c = constant[c] + linear[c] t_c, of one image
  double pixels[cuda_classes];
  float scale;
  int used_images;
};
__device__ __noinline__ inline void read_totals(const CudaPass& p, const Workspace& w, Totals& t) {
  for (int c = 0; c < p.classes; ++c) {
    const double sum = block_sum(p.images, [&](std::int64_t i) { return image_counts(p, w, i, c); });
    if (threadIdx.x == 0) t.pixels[c] = sum;
  }
  const double used = p.regions ? block_sum(p.images, [&](std::int64_t i) { return image_pixels(p, w, i) > 0 ? 1.0 : 0.0; }) : 0;
  if (threadIdx.x == 0) {
    for (int k = 0; k < p.points; ++k) {
      double denominator = 0;
      for (int c = 0; c < p.classes; ++c) denominator += t.pixels[c] * p.point[k].weight[c];
      for (int c = 0; c < p.classes; ++c) t.factor[k][c] = denominator > 0 ? static_cast<float>(p.point[k].factor[c] / denominator) : 0.0f;
    }
    t.scale = p.inverse_accumulation * (p.loss_scale ? *p.loss_scale : 1.0f);
    t.used_images = static_cast<int>(used);
  }
  __syncthreads();
}

/// The region terms for one image, by a whole block: coefficients into `t`; returns what the image adds to the value.
/// Not inlined: its registers are its own.
__device__ __noinline__ inline double region_terms(const CudaPass& p, const Workspace& w, Totals& t, std::int64_t image) {
  const std::int64_t chunks = static_cast<std::int64_t>(p.height) * p.width / chunk_pixels;
  const double batch_pixels = block_sum(p.images, [&](std::int64_t i) { return image_pixels(p, w, i); }), own_pixels = image_pixels(p, w, image);
  double value = 0;
  for (int plane = 0; plane < p.planes; ++plane) {
    const int c = plane + p.classes - p.planes;  // a sigmoid: the object alone
    double constant = 0, linear = 0;
    for (int by_batch = 0; by_batch < 2; ++by_batch) {
      bool any = false;
      for (int r = 0; r < p.regions; ++r) any |= p.region[r].by_batch == (by_batch != 0);
      if (!any || (by_batch ? batch_pixels : own_pixels) <= 0) continue;  // the same for all threads
      const std::int64_t first = by_batch ? 0 : image * chunks, n = by_batch ? w.chunks : chunks;
      RegionSums sums;
      sums.predicted = block_sum(n, [&](std::int64_t i) { return static_cast<double>(w.sums[2 * ((first + i) * p.planes + plane)]); });
      sums.tp = block_sum(n, [&](std::int64_t i) { return static_cast<double>(w.sums[2 * ((first + i) * p.planes + plane) + 1]); });
      sums.truth = by_batch ? t.pixels[c] : image_counts(p, w, image, c);
      for (int r = 0; r < p.regions && threadIdx.x == 0; ++r) {
        const CudaRegion& term = p.region[r];
        if (term.by_batch != (by_batch != 0)) continue;
        const RegionValue v = region_loss(sums, term.alpha, term.beta, term.epsilon, term.exponent);
        const double share = term.weight / p.planes / (by_batch ? 1 : t.used_images);
        value += share * v.value / (by_batch ? static_cast<double>(p.images) : 1.0);
        constant += share * v.constant;
        linear += share * v.linear;
      }
    }
    __syncthreads();  // the coefficients of the image before have been read
    if (threadIdx.x == 0) t.constant[c] = static_cast<float>(constant * t.scale), t.linear[c] = static_cast<float>(linear * t.scale);
  }
  __syncthreads();
  return value;  // of thread 0
}

/// What the phases ask of a chunk.
enum class Ask { values_and_gradient,  ///< pointwise terms alone
                 values_and_sums,      ///< before the regions are known
                 gradient };           ///< of points and regions

template <class S>
__device__ __forceinline__ PointValue<float> point_value(const CudaPass& p, const Totals& t, const Likelihood<float>& x, int label) {
  float f[S::terms + 1], numbers[S::terms * S::numbers_per_term + 1];
#pragma unroll
  for (int k = 0; k < S::terms; ++k) {
    f[k] = t.factor[k][label];
#pragma unroll
    for (int i = 0; i < S::numbers_per_term; ++i) numbers[k * S::numbers_per_term + i] = p.point[k].numbers[i];
  }
  return S::template at<DeviceMath>(x, f, numbers);
}

__device__ __forceinline__ float warp_sum(float v) {
#pragma unroll
  for (int k = 16; k > 0; k /= 2) v += __shfl_xor_sync(0xFFFFFFFFu, v, k);
  return v;
}

/// One chunk of a sigmoid by one warp.
template <class S, Ask What, bool Regions, LogitType T>
__device__ __forceinline__ void sigmoid_chunk(const CudaPass& p, const Workspace& w, const Totals& t, std::int64_t c) {
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
      const PointValue<float> r = point_value<S>(p, t, x, one);
      const float probability = one ? x.p : x.q;
      float slope = r.slope * x.q * t.scale;
      slope = one ? slope : -slope;
      if constexpr (Regions && What == Ask::gradient) slope += x.p * x.q * (t.constant[1] + (one ? t.linear[1] : 0.0f));
      g[i] = known ? slope : 0.0f;
      value += known ? r.value : 0.0f;
      mass += known ? probability : 0.0f;
      hits += known && one ? probability : 0.0f;
    }
    if constexpr (What != Ask::values_and_sums)
      if (p.gradient) Lane<T>::store(p.gradient, at, g);
  }
  if constexpr (What == Ask::gradient) return;
  value = warp_sum(value);
  if constexpr (Regions) mass = warp_sum(mass), hits = warp_sum(hits);
  if (lane) return;
  w.values[c] = value;
  if constexpr (Regions) w.sums[2 * c] = mass, w.sums[2 * c + 1] = hits;
}

/// One chunk of a softmax by one warp: the logits are read once for the sums (rescaled as the maximum grows) and once for what follows.
template <class S, Ask What, bool Regions, LogitType T>
__device__ __forceinline__ void softmax_chunk(const CudaPass& p, const Workspace& w, const Totals& t, std::int64_t c) {
  const int lane = static_cast<int>(threadIdx.x & 31);
  const std::int64_t area = static_cast<std::int64_t>(p.height) * p.width, image = c * chunk_pixels / area, inside = c * chunk_pixels % area;
  const std::uint32_t keep = w.keep[32 * c + lane];
  float value = 0;
  for (int j = 0; j < chunk_pixels / (32 * lane_pixels); ++j) {
    const int offset = j * 32 * lane_pixels + lane * lane_pixels;
    const std::int64_t first = image * p.planes * area + inside + offset;
    const std::uint32_t kept = lane_bits(keep, j, lane);
    const uint2 raw = *reinterpret_cast<const uint2*>(p.labels + c * chunk_pixels + offset);
    float z[lane_pixels], top[lane_pixels], others[lane_pixels], own[lane_pixels], slope[lane_pixels], inverse[lane_pixels], weighted[lane_pixels];
    int label[lane_pixels];
#pragma unroll
    for (int i = 0; i < lane_pixels; ++i) {
      label[i] = static_cast<int>((i < 4 ? raw.x : raw.y) >> (8 * (i & 3)) & 255u);
      if (!(kept >> i & 1)) label[i] = 0;  // any class will do: the pixel does not count
      top[i] = -INFINITY, others[i] = 0, own[i] = 0, weighted[i] = 0;
    }
    for (int k = 0; k < p.planes; ++k) {
      Lane<T>::load(p.logits, first + k * area, z);
#pragma unroll
      for (int i = 0; i < lane_pixels; ++i) {
        const float above = fmaxf(top[i], z[i]), shrink = k ? DeviceMath::exp_negative(top[i] - above) : 0.0f, e = DeviceMath::exp_negative(z[i] - above);
        top[i] = above;
        others[i] = others[i] * shrink + (k == label[i] ? 0.0f : e);
        own[i] = k == label[i] ? z[i] : own[i];
        if constexpr (Regions && What == Ask::gradient) weighted[i] = weighted[i] * shrink + e * t.constant[k];
      }
    }
#pragma unroll
    for (int i = 0; i < lane_pixels; ++i) {
      const bool known = kept >> i & 1;
      const float margin = own[i] - top[i], e = DeviceMath::exp_negative(margin), sum = others[i] + e, log_sum = __logf(sum);
      inverse[i] = __frcp_rn(sum);
      Likelihood<float> x;
      x.p = e * inverse[i];
      x.q = others[i] * inverse[i];
      x.nll = log_sum - margin;
      x.nll_safe = x.nll < 1e30f ? x.nll : 1e30f;
      x.log_q = others[i] > 0 ? __logf(others[i]) - log_sum : -88.0f;
      const PointValue<float> r = point_value<S>(p, t, x, label[i]);
      value += known ? r.value : 0.0f;
      slope[i] = r.slope * t.scale;
      if constexpr (Regions && What == Ask::gradient) weighted[i] = weighted[i] * inverse[i] + x.p * t.linear[label[i]];
      others[i] = x.q;
    }
    if (What == Ask::values_and_sums || p.gradient)
      for (int k = 0; k < p.planes; ++k) {
        Lane<T>::load(p.logits, first + k * area, z);
        float mass = 0, hits = 0;
#pragma unroll
        for (int i = 0; i < lane_pixels; ++i) {
          const bool known = kept >> i & 1, mine = k == label[i];
          const float probability = DeviceMath::exp_negative(z[i] - top[i]) * inverse[i];
          mass += known ? probability : 0.0f;
          hits += known && mine ? probability : 0.0f;
          float g = slope[i] * (mine ? others[i] : -probability);
          if constexpr (Regions && What == Ask::gradient) g += probability * (t.constant[k] + (mine ? t.linear[k] : 0.0f) - weighted[i]);
          z[i] = known ? g : 0.0f;
        }
        if constexpr (What == Ask::values_and_sums) {
          mass = warp_sum(mass), hits = warp_sum(hits);
          float* to = w.sums + 2 * (c * p.planes + k);
          if (lane == 0) to[0] = (j ? to[0] : 0.0f) + mass, to[1] = (j ? to[1] : 0.0f) + hits;
        } else {
          Lane<T>::store(p.gradient, first + k * area, z);
        }
      }
  }
  if constexpr (What == Ask::gradient) return;
  value = warp_sum(value);
  if (lane == 0) w.values[c] = value;
}

template <class S, Ask What, bool Regions, bool Softmax, LogitType T>
__device__ __forceinline__ void chunk(const CudaPass& p, const Workspace& w, const Totals& t, std::int64_t c) {
  if constexpr (Softmax) softmax_chunk<S, What, Regions, T>(p, w, t, c);
  else sigmoid_chunk<S, What, Regions, T>(p, w, t, c);
}

template <class S, bool Regions, bool Softmax, LogitType T>
__device__ void points_phase(const CudaPass& p, const Workspace& w, const Totals& t) {
  const std::int64_t warp = (static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x) / 32, step = static_cast<std::int64_t>(gridDim.x) * warps;
  for (std::int64_t c = warp; c < w.chunks; c += step) chunk<S, Regions ? Ask::values_and_sums : Ask::values_and_gradient, Regions, Softmax, T>(p, w, t, c);
}

/// Regions: gradient of every chunk. A block stays with an image as long as it can.
template <class S, bool Softmax, LogitType T>
__device__ void regions_phase(const CudaPass& p, const Workspace& w, Totals& t) {
  const std::int64_t per_image = static_cast<std::int64_t>(p.height) * p.width / chunk_pixels, groups = (per_image + warps - 1) / warps, all = p.images * groups;
  const std::int64_t first = all * blockIdx.x / gridDim.x, last = all * (blockIdx.x + 1) / gridDim.x;
  std::int64_t image = -1;
  for (std::int64_t g = first; g < last; ++g) {
    if (g / groups != image) {
      image = g / groups;
      region_terms(p, w, t, image);
    }
    const std::int64_t c = (g % groups) * warps + threadIdx.x / 32;
    if (c < per_image) chunk<S, Ask::gradient, true, Softmax, T>(p, w, t, image * per_image + c);
  }
}

/// The value, by one block.
__device__ __noinline__ inline void value_phase(const CudaPass& p, const Workspace& w, Totals& t, bool regions) {
  double value = block_sum(w.chunks, [&](std::int64_t i) { return static_cast<double>(w.values[i]); });
  for (std::int64_t i = 0; i < p.images && regions; ++i) value += region_terms(p, w, t, i);
  if (threadIdx.x == 0) *p.value = static_cast<float>(value);
}

__device__ inline void prepare_phase(const CudaPass& p, const Workspace& w, std::uint32_t* planes) {
  const int bands = bands_of(p.height, p.width, p.ring_width);
  for (std::int64_t i = blockIdx.x; i < p.images * bands; i += gridDim.x) prepare_band(p, w, static_cast<int>(i / bands), static_cast<int>(i % bands), planes);
}

/// All phases in one cooperative launch.
template <class S, bool Regions, bool Softmax, LogitType T>
__global__ void __launch_bounds__(threads, Regions || Softmax ? 2 : 3) one_launch(const __grid_constant__ CudaPass p) {
  __shared__ Totals totals;
  const Workspace w(p);
  const auto grid = cooperative_groups::this_grid();
  prepare_phase(p, w, dynamic_shared());
  grid.sync();
  read_totals(p, w, totals);
  points_phase<S, Regions, Softmax, T>(p, w, totals);
  grid.sync();
  if constexpr (Regions) regions_phase<S, Softmax, T>(p, w, totals);
  if (blockIdx.x == gridDim.x - 1) value_phase(p, w, totals, Regions);
}

template <LogitType T>
__global__ void __launch_bounds__(threads) prepare_launch(const __grid_constant__ CudaPass p) {
  prepare_phase(p, Workspace(p), dynamic_shared());
}
template <class S, bool Regions, bool Softmax, LogitType T>
__global__ void __launch_bounds__(threads, Regions || Softmax ? 2 : 3) points_launch(const __grid_constant__ CudaPass p) {
  __shared__ Totals totals;
  const Workspace w(p);
  read_totals(p, w, totals);
  points_phase<S, Regions, Softmax, T>(p, w, totals);
}
template <class S, bool Regions, bool Softmax, LogitType T>
__global__ void __launch_bounds__(threads, Regions || Softmax ? 2 : 3) regions_launch(const __grid_constant__ CudaPass p) {
  __shared__ Totals totals;
  const Workspace w(p);
  read_totals(p, w, totals);
  if constexpr (Regions) regions_phase<S, Softmax, T>(p, w, totals);
  if (blockIdx.x == gridDim.x - 1) value_phase(p, w, totals, Regions);
}

}  // namespace rts::kernels::device
