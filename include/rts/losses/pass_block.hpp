#pragma once
// The inner loops of a fused pass on the CPU: 1,024 pixels at a time, value and gradient from one evaluation.
// Pointers and numbers only; knows no tensor. Sums are fixed trees, so they do not depend on threads or layout.

#include <rts/core/instruction_set.hpp>
#include <rts/losses/pass_launch.hpp>
#include <rts/losses/pointwise_formula.hpp>

namespace rts::kernels {

inline constexpr int block_pixels = 1024;
inline constexpr int softmax_pixels = 128;  ///< pixels of all classes that a softmax keeps at a time

/// One block. Class planes of `logits`, `soft`, `gradient`, `probability` lie `*_plane` floats apart.
struct Block {
  const float* logits = nullptr;
  std::int64_t logit_plane = 0;
  const std::uint8_t* codes = nullptr;  ///< class of each pixel; 255: not in the LossMask
  const float* soft = nullptr;          ///< soft structures: probability of each class (one logit: of class 1)
  std::int64_t soft_plane = 0;
  const float* weights = nullptr;  ///< weighted and soft structures: weight of each pixel
  int classes = 2;
  const float* factors = nullptr;  ///< [class][term]: weight x class factor / denominator
  const float* numbers = nullptr;  ///< [term][4]
  float scale = 1;                 ///< of the gradient
  float* gradient = nullptr;       ///< out
  std::int64_t gradient_plane = 0;
  float* probability = nullptr;  ///< out, where the structure has region terms; without pointwise terms it lies in `gradient`
  std::int64_t probability_plane = 0;
  float* workspace = nullptr;                         ///< classes x softmax_pixels
  const float *constant = nullptr, *linear = nullptr;  ///< region gradient: d loss / d p_c = constant[c] + linear[c] t_c
  float value = 0;                                    ///< out
  float* sums = nullptr;                              ///< out, [class][2]: sum of p and of p t
};

/// How targets come: labels; labels with a weight for each pixel; a probability for each class, with weights.
enum class TargetMode { hard,
                        weighted,
                        soft };

/// Sum of n = 2^k floats as a fixed tree, in place.
template <int N>
RTS_FORMULA float tree_sum(float* v) {
  for (int n = N / 2; n >= 16; n /= 2)
    for (int i = 0; i < n; ++i) v[i] += v[i + n];
  for (int n = 8; n > 0; n /= 2)
    for (int i = 0; i < n; ++i) v[i] += v[i + n];
  return v[0];
}

template <class S, bool Regions, TargetMode Mode, class M>
RTS_FORMULA void sigmoid_loop(const float* __restrict__ logits, const std::uint8_t* __restrict__ codes, const float* __restrict__ soft, const float* __restrict__ weights,
                              const float* __restrict__ numbers, const float* factors, float scale, float* __restrict__ gradient, float* __restrict__ probability, float* __restrict__ value, float* __restrict__ mass, float* __restrict__ hits) {
  float object[S::terms + 1] = {}, background[S::terms + 1] = {};
  for (int t = 0; t < S::terms; ++t) background[t] = factors[t], object[t] = factors[S::terms + t];
  for (int i = 0; i < block_pixels; ++i) {
    const std::int32_t code = codes[i];
    const bool known = code != ignored_label;
    float v, g, p, target;
    if constexpr (Mode == TargetMode::soft) {
      target = soft[i];
      const auto x = sigmoid_likelihood<M>(logits[i]), o = other_class<M>(x);
      const auto as_object = S::template at<M>(x, object, numbers), as_background = S::template at<M>(o, background, numbers);
      v = M::select(target > 0, target * as_object.value, 0.0f) + M::select(target < 1, (1 - target) * as_background.value, 0.0f);
      g = target * as_object.slope * x.q - (1 - target) * as_background.slope * x.p;
      p = x.p;
    } else {
      const bool positive = code == 1;
      float factor[S::terms + 1];
      for (int t = 0; t < S::terms; ++t) factor[t] = M::select(positive, object[t], background[t]);
      const auto x = sigmoid_likelihood<M>(M::select(positive, logits[i], -logits[i]));
      const auto r = S::template at<M>(x, factor, numbers);
      v = r.value;
      g = r.slope * x.q;
      g = M::select(positive, g, -g);
      p = M::select(positive, x.p, x.q);
      target = M::select(positive, 1.0f, 0.0f);
    }
    if constexpr (S::terms > 0) {
      if constexpr (Mode != TargetMode::hard) v *= weights[i], g *= weights[i];
      value[i] = M::select(known, v, 0.0f);
      gradient[i] = M::select(known, g * scale, 0.0f);
    }
    if constexpr (Regions) {
      (S::terms > 0 ? probability : gradient)[i] = p;
      const float w = Mode == TargetMode::hard ? p : p * weights[i];
      mass[i] = M::select(known, w, 0.0f);
      hits[i] = M::select(known, w * target, 0.0f);
    }
  }
}

template <class S, bool Regions, TargetMode Mode, class M>
RTS_FORMULA void sigmoid_block(Block& b) {
  alignas(64) float value[S::terms > 0 ? block_pixels : 1], mass[Regions ? block_pixels : 1], hits[Regions ? block_pixels : 1];
  sigmoid_loop<S, Regions, Mode, M>(b.logits, b.codes, b.soft, b.weights, b.numbers, b.factors, b.scale, b.gradient, b.probability, value, mass, hits);
  if constexpr (S::terms > 0) b.value = tree_sum<block_pixels>(value);
  if constexpr (Regions) {
    b.sums[2] = tree_sum<block_pixels>(mass);
    b.sums[3] = tree_sum<block_pixels>(hits);
  }
}

/// Softmax of `softmax_pixels` pixels; `e` keeps e^(z - max) of every class.
template <class S, bool Regions, TargetMode Mode, class M>
struct SoftmaxLoops {
  static constexpr int n = softmax_pixels;
  struct Row {
    alignas(64) float top[n], sum[n], own[n], others[n], margin[n], inverse[n], slope[n];
  };

  RTS_FORMULA static void exponentials(const float* __restrict__ z, const std::uint8_t* __restrict__ codes, float* __restrict__ e, Row& __restrict__ r, int c) {
    for (int i = 0; i < n; ++i) {
      const float d = z[i] - r.top[i], x = M::exp_negative(d);
      const bool mine = codes[i] == c;
      e[i] = x;
      r.sum[i] += x;
      if constexpr (Mode != TargetMode::soft) {
        r.own[i] += M::select(mine, x, 0.0f);
        r.others[i] += M::select(mine, 0.0f, x);
        r.margin[i] += M::select(mine, d, 0.0f);
      }
    }
  }
  RTS_FORMULA static void factor_of_class(const std::uint8_t* __restrict__ codes, float* __restrict__ factor, float of_class, int c) {
    for (int i = 0; i < n; ++i) factor[i] = M::select(codes[i] == c, of_class, factor[i]);
  }
  RTS_FORMULA static void hard_terms(const std::uint8_t* __restrict__ codes, const float* __restrict__ weights, const float* __restrict__ numbers, const float* __restrict__ factor, Row& __restrict__ r, float* __restrict__ value) {
    for (int i = 0; i < n; ++i) {
      const bool known = codes[i] != ignored_label;
      const float inverse = 1.0f / r.sum[i], log_sum = M::log(r.sum[i]);
      const float nll = log_sum - r.margin[i];
      float f[S::terms + 1];
      for (int t = 0; t < S::terms; ++t) f[t] = factor[t * n + i];
      const auto point = S::template at<M>(Likelihood<float>{r.own[i] * inverse, r.others[i] * inverse, nll, M::select(nll < 1e30f, nll, 1e30f), M::log(r.others[i]) - log_sum}, f, numbers);
      const float w = Mode == TargetMode::hard ? 1.0f : weights[i];
      value[i] = M::select(known, w * point.value, 0.0f);
      r.slope[i] = M::select(known, w * point.slope, 0.0f);
      r.inverse[i] = inverse;
    }
  }
  RTS_FORMULA static void begin_soft(Row& __restrict__ r, float* __restrict__ value) {
    for (int i = 0; i < n; ++i) {
      r.inverse[i] = 1.0f / r.sum[i];
      r.own[i] = M::log(r.sum[i]);
      r.slope[i] = 0;
      value[i] = 0;
    }
  }
  RTS_FORMULA static void soft_terms(const float* __restrict__ z, const std::uint8_t* __restrict__ codes, const float* __restrict__ soft, const float* __restrict__ weights, const float* __restrict__ numbers, const float* __restrict__ factor, const float* __restrict__ e,
                                     Row& __restrict__ r, float* __restrict__ value, float* __restrict__ gradient) {
    for (int i = 0; i < n; ++i) {
      const bool known = codes[i] != ignored_label;
      const float rest = r.sum[i] - e[i], q = M::select(rest > 0, rest, 0.0f) * r.inverse[i], nll = r.own[i] - (z[i] - r.top[i]);
      const auto point = S::template at<M>(Likelihood<float>{e[i] * r.inverse[i], q, nll, M::select(nll < 1e30f, nll, 1e30f), M::log(M::select(rest > 0, rest, 0.0f)) - r.own[i]}, factor, numbers);
      const float share = M::select(known, weights[i] * soft[i], 0.0f);
      value[i] += M::select(share > 0, share * point.value, 0.0f);
      const float own = M::select(share > 0, share * point.slope, 0.0f);
      gradient[i] = own;
      r.slope[i] += own;
    }
  }
  RTS_FORMULA static void gradients(const std::uint8_t* __restrict__ codes, const float* __restrict__ soft, const float* __restrict__ weights, const float* __restrict__ e, const Row& __restrict__ r, float scale, float* __restrict__ gradient, float* __restrict__ probability,
                                    float* __restrict__ mass, float* __restrict__ hits, int c) {
    for (int i = 0; i < n; ++i) {
      const bool mine = codes[i] == c, known = codes[i] != ignored_label;
      const float p = e[i] * r.inverse[i];
      if constexpr (S::terms == 0) gradient[i] = p;
      else if constexpr (Mode == TargetMode::soft) gradient[i] = M::select(known, scale * (gradient[i] - p * r.slope[i]), 0.0f);
      else gradient[i] = M::select(known, scale * r.slope[i] * (M::select(mine, r.others[i] * r.inverse[i], 0.0f) - M::select(mine, 0.0f, p)), 0.0f);
      if constexpr (Regions) {
        if constexpr (S::terms > 0) probability[i] = p;
        const float w = Mode == TargetMode::hard ? p : p * weights[i];
        mass[i] = M::select(known, w, 0.0f);
        if constexpr (Mode == TargetMode::soft) hits[i] = M::select(known, w * soft[i], 0.0f);
        else hits[i] = M::select(mine, w, 0.0f);
      }
    }
  }
};

template <class S, bool Regions, TargetMode Mode, class M>
RTS_FORMULA void softmax_block(Block& b) {
  using Loops = SoftmaxLoops<S, Regions, Mode, M>;
  constexpr int n = softmax_pixels;
  alignas(64) float value[block_pixels], factor[(S::terms + 1) * n], mass[n], hits[n];
  typename Loops::Row r;
  if constexpr (Regions)
    for (int c = 0; c < 2 * b.classes; ++c) b.sums[c] = 0;
  for (int first = 0; first < block_pixels; first += n) {
    const std::uint8_t* codes = b.codes + first;
    const float* weights = b.weights ? b.weights + first : nullptr;
    const auto logits = [&](int c) { return b.logits + c * b.logit_plane + first; };
    const auto gradient = [&](int c) { return b.gradient + c * b.gradient_plane + first; };
    const auto soft = [&](int c) { return b.soft ? b.soft + c * b.soft_plane + first : nullptr; };
    for (int i = 0; i < n; ++i) r.top[i] = logits(0)[i], r.sum[i] = 0, r.own[i] = 0, r.others[i] = 0, r.margin[i] = 0;
    for (int c = 1; c < b.classes; ++c) {
      const float* z = logits(c);
      for (int i = 0; i < n; ++i) r.top[i] = M::select(z[i] > r.top[i], z[i], r.top[i]);
    }
    for (int i = 0; i < (S::terms + 1) * n; ++i) factor[i] = 0;
    for (int c = 0; c < b.classes; ++c) {
      Loops::exponentials(logits(c), codes, b.workspace + c * n, r, c);
      if constexpr (Mode != TargetMode::soft)
        for (int t = 0; t < S::terms; ++t) Loops::factor_of_class(codes, factor + t * n, b.factors[c * S::terms + t], c);
    }
    if constexpr (Mode == TargetMode::soft) {
      Loops::begin_soft(r, value + first);
      for (int c = 0; c < b.classes; ++c) Loops::soft_terms(logits(c), codes, soft(c), weights, b.numbers, b.factors + c * S::terms, b.workspace + c * n, r, value + first, gradient(c));
    } else {
      Loops::hard_terms(codes, weights, b.numbers, factor, r, value + first);
    }
    for (int c = 0; c < b.classes; ++c) {
      Loops::gradients(codes, soft(c), weights, b.workspace + c * n, r, b.scale, gradient(c), Regions && S::terms > 0 ? b.probability + c * b.probability_plane + first : nullptr, mass, hits, c);
      if constexpr (Regions) {
        b.sums[2 * c] += tree_sum<n>(mass);
        b.sums[2 * c + 1] += tree_sum<n>(hits);
      }
    }
  }
  b.value = tree_sum<block_pixels>(value);
}

/// Gradient of the region terms: d loss / d p_c = w (constant[c] + linear[c] t_c). Added to the pointwise gradient, or, without
/// pointwise terms (Alone), put in place of the probability that lies there.
template <TargetMode Mode, class M>
RTS_FORMULA float target_of(const std::uint8_t* codes, const float* soft, int i, int c) {
  if constexpr (Mode == TargetMode::soft) return soft[i];
  else return M::select(codes[i] == c, 1.0f, 0.0f);
}
template <bool Alone, TargetMode Mode, class M>
RTS_FORMULA void region_sigmoid_loop(const float* __restrict__ probability, const std::uint8_t* __restrict__ codes, const float* __restrict__ soft, const float* __restrict__ weights, float constant, float linear, float* __restrict__ gradient) {
  for (int i = 0; i < block_pixels; ++i) {
    const float p = Alone ? gradient[i] : probability[i];
    float g = p * (1 - p) * (constant + linear * target_of<Mode, M>(codes, soft, i, 1));
    if constexpr (Mode != TargetMode::hard) g *= weights[i];
    g = M::select(codes[i] != ignored_label, g, 0.0f);
    gradient[i] = Alone ? g : gradient[i] + g;
  }
}
template <TargetMode Mode, class M>
RTS_FORMULA void region_softmax_dot(const float* __restrict__ p, const std::uint8_t* __restrict__ codes, const float* __restrict__ soft, float constant, float linear, float* __restrict__ dot, int c) {
  for (int i = 0; i < block_pixels; ++i) dot[i] += p[i] * (constant + linear * target_of<Mode, M>(codes, soft, i, c));
}
template <bool Alone, TargetMode Mode, class M>
RTS_FORMULA void region_softmax_loop(const float* __restrict__ probability, const std::uint8_t* __restrict__ codes, const float* __restrict__ soft, const float* __restrict__ weights, float constant, float linear, const float* __restrict__ dot, float* __restrict__ gradient, int c) {
  for (int i = 0; i < block_pixels; ++i) {
    const float p = Alone ? gradient[i] : probability[i];
    float g = p * (constant + linear * target_of<Mode, M>(codes, soft, i, c) - dot[i]);
    if constexpr (Mode != TargetMode::hard) g *= weights[i];
    g = M::select(codes[i] != ignored_label, g, 0.0f);
    gradient[i] = Alone ? g : gradient[i] + g;
  }
}
template <bool Alone, bool Softmax, TargetMode Mode, class M>
RTS_FORMULA void region_block(Block& b) {
  if constexpr (!Softmax) {
    region_sigmoid_loop<Alone, Mode, M>(b.probability, b.codes, b.soft, b.weights, b.constant[1], b.linear[1], b.gradient);
  } else {
    alignas(64) float dot[block_pixels] = {};
    for (int c = 0; c < b.classes; ++c)
      region_softmax_dot<Mode, M>(Alone ? b.gradient + c * b.gradient_plane : b.probability + c * b.probability_plane, b.codes, b.soft ? b.soft + c * b.soft_plane : nullptr, b.constant[c], b.linear[c], dot, c);
    for (int c = 0; c < b.classes; ++c)
      region_softmax_loop<Alone, Mode, M>(Alone ? nullptr : b.probability + c * b.probability_plane, b.codes, b.soft ? b.soft + c * b.soft_plane : nullptr, b.weights, b.constant[c], b.linear[c], dot, b.gradient + c * b.gradient_plane, c);
  }
}

using BlockFunction = void (*)(Block&);

namespace isa {
template <class S, bool Regions, bool Softmax, TargetMode Mode>
RTS_FORMULA void point(Block& b) {
  if constexpr (Softmax) softmax_block<S, Regions, Mode, PolynomialMath>(b);
  else sigmoid_block<S, Regions, Mode, PolynomialMath>(b);
}
template <class S, bool Regions, bool Softmax, TargetMode Mode>
void point_baseline(Block& b) { point<S, Regions, Softmax, Mode>(b); }
template <class S, bool Regions, bool Softmax, TargetMode Mode>
RTS_TARGET_AVX2 void point_avx2(Block& b) { point<S, Regions, Softmax, Mode>(b); }
template <class S, bool Regions, bool Softmax, TargetMode Mode>
RTS_TARGET_AVX512 void point_avx512(Block& b) { point<S, Regions, Softmax, Mode>(b); }
template <bool Alone, bool Softmax, TargetMode Mode>
void region_baseline(Block& b) { region_block<Alone, Softmax, Mode, PolynomialMath>(b); }
template <bool Alone, bool Softmax, TargetMode Mode>
RTS_TARGET_AVX2 void region_avx2(Block& b) { region_block<Alone, Softmax, Mode, PolynomialMath>(b); }
template <bool Alone, bool Softmax, TargetMode Mode>
RTS_TARGET_AVX512 void region_avx512(Block& b) { region_block<Alone, Softmax, Mode, PolynomialMath>(b); }
}  // namespace isa

/// The block functions of one structure for the active instruction set, by softmax and target mode.
struct Structure {
  int terms = 0;
  bool regions = false;
  BlockFunction (*point)(Isa, bool softmax, TargetMode) = nullptr;
  int (*cuda)(const CudaPass&, void* stream) = nullptr;  ///< null: no kernel is compiled for it
};

/// Whether a CUDA kernel is compiled for a structure: those of structures.def, and those with a term that says `cuda = true`, which
/// rts_add_experiment(... STRUCTURES) compiles; where no kernels are linked, none.
template <class S, bool Regions>
struct IsCompiled {
  static constexpr bool value = false;
};
#if defined(RTS_CUDA_KERNELS)
template <class... Terms, bool Regions>
  requires((requires { requires Terms::cuda; } || ...))
struct IsCompiled<Pointwise<Terms...>, Regions> {
  static constexpr bool value = true;
};
#define RTS_STRUCTURE(regions, ...)                    \
  template <>                                          \
  struct IsCompiled<Pointwise<__VA_ARGS__>, regions> { \
    static constexpr bool value = true;                \
  };
#include <rts/losses/structures.def>
#undef RTS_STRUCTURE
#endif

template <bool Alone, bool Softmax, TargetMode Mode>
BlockFunction choose_region(Isa isa) {
  if (isa == Isa::avx512) return &isa::region_avx512<Alone, Softmax, Mode>;
  if (isa == Isa::avx2) return &isa::region_avx2<Alone, Softmax, Mode>;
  return &isa::region_baseline<Alone, Softmax, Mode>;
}
template <bool Alone>
BlockFunction region_function(Isa isa, bool softmax, TargetMode mode) {
  switch (mode) {
    case TargetMode::hard: return softmax ? choose_region<Alone, true, TargetMode::hard>(isa) : choose_region<Alone, false, TargetMode::hard>(isa);
    case TargetMode::weighted: return softmax ? choose_region<Alone, true, TargetMode::weighted>(isa) : choose_region<Alone, false, TargetMode::weighted>(isa);
    default: return softmax ? choose_region<Alone, true, TargetMode::soft>(isa) : choose_region<Alone, false, TargetMode::soft>(isa);
  }
}

template <class S, bool Regions, bool Softmax, TargetMode Mode>
BlockFunction choose_point(Isa isa) {
  if (isa == Isa::avx512) return &isa::point_avx512<S, Regions, Softmax, Mode>;
  if (isa == Isa::avx2) return &isa::point_avx2<S, Regions, Softmax, Mode>;
  return &isa::point_baseline<S, Regions, Softmax, Mode>;
}
/// Instantiates the kernels of a structure: S is a `Pointwise<...>`, Regions whether sums over regions follow.
template <class S, bool Regions>
BlockFunction point_function(Isa isa, bool softmax, TargetMode mode) {
  switch (mode) {
    case TargetMode::hard: return softmax ? choose_point<S, Regions, true, TargetMode::hard>(isa) : choose_point<S, Regions, false, TargetMode::hard>(isa);
    case TargetMode::weighted: return softmax ? choose_point<S, Regions, true, TargetMode::weighted>(isa) : choose_point<S, Regions, false, TargetMode::weighted>(isa);
    default: return softmax ? choose_point<S, Regions, true, TargetMode::soft>(isa) : choose_point<S, Regions, false, TargetMode::soft>(isa);
  }
}
template <class S, bool Regions>
constexpr auto cuda_launcher() -> int (*)(const CudaPass&, void*) {
  if constexpr (IsCompiled<S, Regions>::value) return &launch_cuda_pass<S, Regions>;
  else return nullptr;
}
template <class S, bool Regions>
inline constexpr Structure structure_of = {S::terms, Regions, &point_function<S, Regions>, cuda_launcher<S, Regions>()};

}  // namespace rts::kernels
