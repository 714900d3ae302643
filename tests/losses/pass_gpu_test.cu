// The CUDA pass against the definition in double precision, its bits over launches, and its time. Exit code 77 (skipped) where no GPU is.
#include <rts/losses/pass_launch.hpp>
#include <rts/losses/pointwise_formula.hpp>
#include <rts/losses/region_formula.hpp>

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>

using namespace rts::kernels;

namespace {

constexpr double value_tolerance = 2e-5, gradient_tolerance = 2e-5, bf16_tolerance = 4e-3, fp16_tolerance = 1e-3;  // as tests/losses/pass_test.cpp
int failures = 0;

void expect(bool good, const char* what, double found) {
  if (good) return;
  ++failures;
  std::printf("FAILED %s: %.3g\n", what, found);
}

struct Batch {
  int images, height, width;
  std::vector<float> logits;
  std::vector<std::uint8_t> labels, valid;
  std::size_t pixels() const { return logits.size(); }
};

Batch make(int images, int height, int width) {
  Batch b{images, height, width, {}, {}, {}};
  std::uint32_t s = 1;
  const auto next = [&] { return s = s * 1664525u + 1013904223u, s >> 8; };
  for (int i = 0; i < images * height * width; ++i) {
    const int y = i / width % height, x = i % width;
    b.logits.push_back(static_cast<float>(static_cast<int>(next() % 2000) - 1000) / 120.0f);
    b.labels.push_back(next() % 200 == 0 ? 255 : std::sin(0.11 * x) + std::sin(0.07 * y + 0.02 * x + i / (height * width)) > 0.9);
    b.valid.push_back(next() % 300 != 0);
  }
  return b;
}

/// 16-bit logits as the kernel sees them, in fp32.
std::vector<std::uint16_t> to_16(std::vector<float>& values, LogitType type) {
  std::vector<std::uint16_t> raw(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (type == LogitType::bf16) {
      const __nv_bfloat16 h = __float2bfloat16(values[i]);
      std::memcpy(&raw[i], &h, 2);
      values[i] = __bfloat162float(h);
    } else {
      const __half h = __float2half(values[i]);
      std::memcpy(&raw[i], &h, 2);
      values[i] = __half2float(h);
    }
  }
  return raw;
}

struct Answer {
  double value = 0;
  std::vector<double> gradient;
};

template <class S>
Answer by_definition(const Batch& b, const CudaPass& p) {
  const int h = b.height, w = b.width, area = h * w, r = p.ring_width;
  std::vector<char> keep(b.pixels());
  std::vector<double> counts(2 * static_cast<std::size_t>(b.images), 0.0);
  for (int n = 0; n < b.images; ++n)
    for (int i = 0; i < area; ++i) {
      const auto known = [&](int k) { return b.valid[static_cast<std::size_t>(n * area + k)] && b.labels[static_cast<std::size_t>(n * area + k)] != 255; };
      const auto label = [&](int k) { return b.labels[static_cast<std::size_t>(n * area + k)]; };
      bool k = known(i);
      for (int dy = -r; dy <= r && k && r; ++dy)
        for (int dx = -r; dx <= r && k; ++dx) {
          const int y = i / w + dy, x = i % w + dx;
          if (y < 0 || x < 0 || y >= h || x >= w || (p.ring_euclidean && dx * dx + dy * dy > r * r)) continue;
          if (known(y * w + x) && label(y * w + x) != label(i)) k = false;
        }
      keep[static_cast<std::size_t>(n * area + i)] = k;
      if (k) counts[static_cast<std::size_t>(2 * n + label(i))] += 1;
    }
  double total[2] = {0, 0};
  int used = 0;
  for (int n = 0; n < b.images; ++n) {
    for (int c = 0; c < 2; ++c) total[c] += counts[static_cast<std::size_t>(2 * n + c)];
    used += counts[static_cast<std::size_t>(2 * n)] + counts[static_cast<std::size_t>(2 * n + 1)] > 0;
  }
  Answer a;
  a.gradient.assign(b.pixels(), 0.0);
  std::vector<double> probability(b.pixels());
  for (std::size_t i = 0; i < b.pixels(); ++i) {
    const bool one = b.labels[i] == 1;
    const auto x = sigmoid_likelihood<ReferenceMath>(one ? b.logits[i] : -b.logits[i]);
    probability[i] = one ? x.p : x.q;
    if (!keep[i]) continue;
    double f[S::terms + 1];
    float numbers[4 * S::terms + 1];
    for (int t = 0; t < S::terms; ++t) {
      f[t] = p.point[t].factor[one] / (total[0] * p.point[t].weight[0] + total[1] * p.point[t].weight[1]);
      std::copy(p.point[t].numbers, p.point[t].numbers + 4, numbers + 4 * t);
    }
    const auto point = S::template at<ReferenceMath>(x, f, numbers);
    a.value += point.value;
    a.gradient[i] += (one ? 1 : -1) * point.slope * x.q;
  }
  std::vector<RegionSums> sums(static_cast<std::size_t>(b.images));
  RegionSums all;
  for (std::size_t i = 0; i < b.pixels(); ++i) {
    if (!keep[i]) continue;
    for (RegionSums* s : {&sums[i / static_cast<std::size_t>(area)], &all}) s->predicted += probability[i], s->tp += b.labels[i] * probability[i], s->truth += b.labels[i];
  }
  for (int k = 0; k < p.regions; ++k) {
    const CudaRegion& t = p.region[k];
    for (int n = 0; n < (t.by_batch ? 1 : b.images); ++n) {
      const RegionValue v = region_loss(t.by_batch ? all : sums[static_cast<std::size_t>(n)], t.alpha, t.beta, t.epsilon, t.exponent);
      const double share = t.by_batch ? t.weight : t.weight / used;
      a.value += share * v.value;
      for (std::size_t i = t.by_batch ? 0 : static_cast<std::size_t>(n * area); i < (t.by_batch ? b.pixels() : static_cast<std::size_t>((n + 1) * area)); ++i)
        if (keep[i]) a.gradient[i] += share * probability[i] * (1 - probability[i]) * (v.constant + v.linear * b.labels[i]);
    }
  }
  return a;
}

/// One batch on the device with room for its answer.
class OnDevice {
 public:
  OnDevice(Batch& b, LogitType type, CudaPass p) : n_(b.pixels()), size_(type == LogitType::fp32 ? 4 : 2), pass(p) {
    const std::vector<std::uint16_t> raw = type == LogitType::fp32 ? std::vector<std::uint16_t>{} : to_16(b.logits, type);
    pass.type = type;
    pass.images = b.images, pass.height = b.height, pass.width = b.width;
    pass.logits = copy(type == LogitType::fp32 ? static_cast<const void*>(b.logits.data()) : raw.data(), n_ * size_);
    pass.labels = static_cast<std::uint8_t*>(copy(b.labels.data(), n_)), pass.valid = static_cast<std::uint8_t*>(copy(b.valid.data(), n_));
    pass.gradient = copy(nullptr, n_ * size_), pass.value = static_cast<float*>(copy(nullptr, 4));
    pass.workspace = copy(nullptr, cuda_workspace_bytes(pass));
  }
  ~OnDevice() {
    for (void* p : owned_) cudaFree(p);
  }
  std::vector<unsigned char> answer() const {
    std::vector<unsigned char> bytes(4 + n_ * size_);
    cudaMemcpy(bytes.data(), pass.value, 4, cudaMemcpyDeviceToHost);
    cudaMemcpy(bytes.data() + 4, pass.gradient, n_ * size_, cudaMemcpyDeviceToHost);
    return bytes;
  }
  Answer read() const {
    const auto bytes = answer();
    Answer a;
    float value;
    std::memcpy(&value, bytes.data(), 4);
    a.value = value;
    for (std::size_t i = 0; i < n_; ++i) {
      const unsigned char* at = bytes.data() + 4 + i * size_;
      float f;
      std::uint16_t h;
      if (pass.type == LogitType::fp32) std::memcpy(&f, at, 4);
      else {
        std::memcpy(&h, at, 2);
        if (pass.type == LogitType::bf16) {
          __nv_bfloat16 v;
          std::memcpy(&v, &h, 2);
          f = __bfloat162float(v);
        } else {
          __half v;
          std::memcpy(&v, &h, 2);
          f = __half2float(v);
        }
      }
      a.gradient.push_back(f);
    }
    return a;
  }

 private:
  void* copy(const void* from, std::size_t bytes) {
    void* to = nullptr;
    cudaMalloc(&to, bytes);
    if (from) cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice);
    else cudaMemset(to, 0, bytes);
    owned_.push_back(to);
    return to;
  }
  std::size_t n_, size_;
  std::vector<void*> owned_;

 public:
  CudaPass pass;
};

template <class S, bool Regions>
void check(const char* name, CudaPass numbers, double bytes_per_pixel_of_labels) {
  for (const LogitType type : {LogitType::fp32, LogitType::fp16, LogitType::bf16}) {
    const char* type_name = type == LogitType::fp32 ? "fp32" : type == LogitType::fp16 ? "fp16"
                                                                                       : "bf16";
    {
      Batch b = make(3, 96, 160);
      OnDevice d(b, type, numbers);
      expect(launch_cuda_pass<S, Regions>(d.pass, nullptr) == 0 && cudaDeviceSynchronize() == cudaSuccess, name, static_cast<double>(cudaGetLastError()));
      const Answer want = by_definition<S>(b, d.pass), got = d.read();
      double largest = 1e-30, off = 0;
      for (std::size_t i = 0; i < want.gradient.size(); ++i) largest = std::max(largest, std::fabs(want.gradient[i])), off = std::max(off, std::fabs(want.gradient[i] - got.gradient[i]));
      const double value_off = std::fabs(got.value - want.value) / std::fabs(want.value);
      expect(value_off < value_tolerance, "value", value_off);
      // fp16 gradients of an unscaled mean are subnormal: one unit of the smallest is granted
      const double bound = (type == LogitType::fp32 ? gradient_tolerance : type == LogitType::fp16 ? fp16_tolerance
                                                                                                   : bf16_tolerance) +
                           (type == LogitType::fp16 ? 6e-8 / largest : 0);
      expect(off / largest < bound, "gradient", off / largest);
      const auto first = d.answer();
      for (const bool one : {true, false, true}) {
        d.pass.one_launch = one;
        launch_cuda_pass<S, Regions>(d.pass, nullptr);
        cudaDeviceSynchronize();
        expect(d.answer() == first, "the same bits in one launch and in three", one);
      }
      std::printf("%-24s %s  value off by %.1e, gradient by %.1e\n", name, type_name, value_off, off / largest);
    }
    Batch b = make(32, 512, 512);
    OnDevice d(b, type, numbers);
    for (const bool one : {true, false}) {
      d.pass.one_launch = one;
      cudaEvent_t begin, end;
      cudaEventCreate(&begin), cudaEventCreate(&end);
      for (int i = 0; i < 10; ++i) launch_cuda_pass<S, Regions>(d.pass, nullptr);
      cudaEventRecord(begin);
      for (int i = 0; i < 100; ++i) launch_cuda_pass<S, Regions>(d.pass, nullptr);
      cudaEventRecord(end), cudaEventSynchronize(end);
      float ms = 0;
      cudaEventElapsedTime(&ms, begin, end);
      const double seconds = ms / 100 * 1e-3, bytes = (type == LogitType::fp32 ? 8.0 : 4.0) + bytes_per_pixel_of_labels;
      std::printf("%-24s %s  %s  %.1f us for 32x512x512, %.0f bytes a pixel at least, %.2f TB/s\n", name, type_name, one ? "one launch " : "three      ", seconds * 1e6, bytes, bytes * static_cast<double>(b.pixels()) / seconds * 1e-12);
    }
  }
}

}  // namespace

int main() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::puts("no GPU: skipped");
    return 77;
  }
  CudaPass focal;
  focal.points = 1;
  focal.point[0] = {{0.75f, 0.25f}, {1, 1}, {2, 0, 0, 0}};
  check<Pointwise<FocalTerm<2>>, false>("focal", focal, 2);
  CudaPass general = focal;
  general.point[0].numbers[0] = 1.5f;
  check<Pointwise<FocalTerm<-1>>, false>("focal, gamma 1.5", general, 2);
  CudaPass ringed = focal;
  ringed.ring_width = 3;
  check<Pointwise<FocalTerm<2>>, false>("focal + ring 3", ringed, 2);
  CudaPass tversky;
  tversky.regions = 1;
  tversky.region[0] = {1, 0.3, 0.7, 1, 1, false};
  check<Pointwise<>, true>("Tversky", tversky, 2);
  CudaPass both = ringed;
  both.regions = 2;
  both.region[0] = {1, 0.3, 0.7, 1, 1, false};
  both.region[1] = {0.5, 0.5, 0.5, 0.5, 0.75, true};
  both.ring_euclidean = false;
  both.ring_width = 5;
  check<Pointwise<FocalTerm<2>>, true>("focal + 2 regions + box 5", both, 2);
  CudaPass one = ringed;
  one.regions = 1;
  one.region[0] = tversky.region[0];
  check<Pointwise<FocalTerm<2>>, true>("focal + Tversky + ring 3", one, 2);
  return failures ? 1 : 0;
}
