#pragma once
#include <rts/metrics/curve.hpp>

#include <rts/core/instruction_set.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace rts::inline RTS_ABI::metrics {
namespace detail {

inline constexpr double curve_nan = std::numeric_limits<double>::quiet_NaN();

/// Places in the order of scores: bins of 1/1024 from -32 on. Written without branches, for vectors.
[[gnu::always_inline]] inline std::int32_t fixed_key(float z) {
  const float v = (z + 32.0f) * 1024.0f;
  const float cut = v > 0.0f ? v : 0.0f;  // NaN too
  return static_cast<std::int32_t>(cut < 65535.0f ? cut : 65535.0f);
}
/// Sign and magnitude to order: negative numbers upside down below the others.
[[gnu::always_inline]] inline std::int32_t ordered_bits(std::uint32_t b) { return static_cast<std::int32_t>(b & 0x8000u ? 0xFFFFu - b : b + 0x8000u); }

inline float half_value(std::uint16_t h) {
  const std::uint32_t exponent = h >> 10 & 31u, mantissa = h & 1023u;
  const float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24) : exponent == 31 ? (mantissa ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity())
                                                                                                         : std::ldexp(static_cast<float>(mantissa + 1024u), static_cast<int>(exponent) - 25);
  return h & 0x8000u ? -magnitude : magnitude;
}

constexpr std::size_t count_block = 2048;

/// Keys of a block with the class above them: 0 background, 1 positive, 2 neither.
template <class Key>
[[gnu::always_inline]] inline void block_keys(std::size_t n, const std::uint8_t* __restrict__ labels, const std::uint8_t* __restrict__ valid, std::uint32_t* __restrict__ out, Key&& key) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t label = labels[i];
    out[i] = static_cast<std::uint32_t>(key(i)) | (label > 1 ? 2u : label) << 16;
  }
  if (valid)
    for (std::size_t i = 0; i < n; ++i) out[i] = valid[i] ? out[i] : out[i] | 2u << 16;
}
[[gnu::always_inline]] inline void float_keys(const float* __restrict__ z, std::size_t n, const std::uint8_t* labels, const std::uint8_t* valid, std::uint32_t* out) {
  block_keys(n, labels, valid, out, [z](std::size_t i) __attribute__((always_inline)) { return fixed_key(z[i]); });
}
inline void float_keys_baseline(const float* z, std::size_t n, const std::uint8_t* labels, const std::uint8_t* valid, std::uint32_t* out) { float_keys(z, n, labels, valid, out); }
RTS_TARGET_AVX2 inline void float_keys_avx2(const float* z, std::size_t n, const std::uint8_t* labels, const std::uint8_t* valid, std::uint32_t* out) { float_keys(z, n, labels, valid, out); }
RTS_TARGET_AVX512 inline void float_keys_avx512(const float* z, std::size_t n, const std::uint8_t* labels, const std::uint8_t* valid, std::uint32_t* out) { float_keys(z, n, labels, valid, out); }

template <class Keys>
inline void count_all(std::size_t n, Counts& positive, Counts& background, Keys&& keys) {
  std::uint32_t index[count_block];
  std::int64_t neither[1];
  std::int64_t* const to[4] = {background.data(), positive.data(), neither, neither};
  for (std::size_t first = 0; first < n; first += count_block) {
    const std::size_t m = std::min(count_block, n - first);
    keys(first, m, index);
    for (std::size_t i = 0; i < m; ++i) {
      const std::uint32_t c = index[i] >> 16;
      if (c < 2) ++to[c][index[i] & 0xFFFFu];
    }
  }
}

/// psi(x + n) - psi(x), the sum of 1/x + 1/(x + 1) + ... n terms, for n >= 0. source: Abramowitz and Stegun 6.3.18
inline double harmonic(double x, double n) {
  if (n <= 16) {
    double sum = 0;
    for (int j = 0; j < static_cast<int>(n); ++j) sum += 1 / (x + j);
    return sum;
  }
  const auto psi = [](double v) {
    double shift = 0;
    for (; v < 10; v += 1) shift -= 1 / v;
    const double r = 1 / (v * v);
    return shift + std::log(v) - 0.5 / v - r * (1.0 / 12 - r * (1.0 / 120 - r * (1.0 / 252 - r / 240)));
  };
  return psi(x + n) - psi(x);
}

/// What `p` positives and `n` background pixels of one bin add to average precision times positives, below `tp` and `fp` of higher bins.
/// Lowest: all background first, then positives one by one; highest: all positives at once, before the background.
inline Bounds bin_bounds(double tp, double fp, double p, double n) {
  if (p == 0) return {0, 0};
  return {p - (fp + n) * harmonic(tp + fp + n + 1, p), p * (tp + p) / (tp + p + fp)};
}

inline double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }
inline double softplus(double z) { return z > 0 ? z + std::log1p(std::exp(-z)) : std::log1p(std::exp(z)); }

}  // namespace detail

RTS_INLINE int key_of(float score) { return detail::fixed_key(score); }
RTS_INLINE int key_of_bits(std::uint16_t bits, Key key) { return key == Key::whole_number ? bits : detail::ordered_bits(bits); }
RTS_INLINE double score_of(int key, Key kind) {
  if (kind == Key::fixed) return (key + 0.5) / 1024 - 32;
  if (kind == Key::whole_number) return key;
  const auto bits = static_cast<std::uint16_t>(key >= 0x8000 ? key - 0x8000 : 0xFFFF - key);
  return kind == Key::fp16 ? detail::half_value(bits) : std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

RTS_INLINE void count_scores(const float* scores, const std::uint8_t* labels, const std::uint8_t* valid, std::size_t n, Counts& positive, Counts& background) {
  const auto isa = kernels::active_isa();
  const auto keys = isa == kernels::Isa::avx512 ? &detail::float_keys_avx512 : isa == kernels::Isa::avx2 ? &detail::float_keys_avx2
                                                                                                         : &detail::float_keys_baseline;
  detail::count_all(n, positive, background, [&](std::size_t first, std::size_t m, std::uint32_t* out) { keys(scores + first, m, labels + first, valid ? valid + first : nullptr, out); });
}

RTS_INLINE void count_bits(const std::uint16_t* bits, Key key, const std::uint8_t* labels, const std::uint8_t* valid, std::size_t n, Counts& positive, Counts& background) {
  detail::count_all(n, positive, background, [&](std::size_t first, std::size_t m, std::uint32_t* out) {
    const std::uint16_t* b = bits + first;
    if (key == Key::whole_number) detail::block_keys(m, labels + first, valid ? valid + first : nullptr, out, [b](std::size_t i) { return b[i]; });
    else detail::block_keys(m, labels + first, valid ? valid + first : nullptr, out, [b](std::size_t i) { return detail::ordered_bits(b[i]); });
  });
}

RTS_INLINE Curve::Curve(Key key, const Counts& positive, const Counts& near, const Counts& far, double weight) : key_(key), tp_(key_count + 1, 0.0), fp_(key_count + 1, 0.0) {
  for (std::size_t i = key_count; i-- > 0;) {
    tp_[i] = tp_[i + 1] + static_cast<double>(positive[i]);
    fp_[i] = fp_[i + 1] + static_cast<double>(near[i]) + (far.empty() ? 0.0 : weight * static_cast<double>(far[i]));
  }
}

RTS_INLINE double Curve::average_precision() const {
  if (positives() <= 0) return detail::curve_nan;
  double ap = 0;
  for (std::size_t i = key_count; i-- > 0;)
    if (const double p = tp_[i] - tp_[i + 1]; p > 0) ap += p * (tp_[i] / (tp_[i] + fp_[i]));
  return ap / positives();
}
RTS_INLINE Bounds Curve::average_precision_bounds() const {
  if (positives() <= 0) return {detail::curve_nan, detail::curve_nan};
  if (key_ != Key::fixed) return {average_precision(), average_precision()};
  Bounds sum;
  for (std::size_t i = key_count; i-- > 0;) {
    const Bounds b = detail::bin_bounds(tp_[i + 1], fp_[i + 1], tp_[i] - tp_[i + 1], fp_[i] - fp_[i + 1]);
    sum.low += b.low, sum.high += b.high;
  }
  return {sum.low / positives(), sum.high / positives()};
}
RTS_INLINE double Curve::roc_auc() const {
  double sum = 0;
  for (std::size_t i = 0; i < key_count; ++i) sum += (tp_[i] - tp_[i + 1]) * (negatives() - 0.5 * (fp_[i] + fp_[i + 1]));
  return positives() > 0 && negatives() > 0 ? sum / (positives() * negatives()) : detail::curve_nan;
}
RTS_INLINE Bounds Curve::roc_auc_bounds() const {
  double half = 0;  // pairs within a bin may count as right or wrong
  for (std::size_t i = 0; i < key_count && key_ == Key::fixed; ++i) half += 0.5 * (tp_[i] - tp_[i + 1]) * (fp_[i] - fp_[i + 1]);
  const double auc = roc_auc(), width = half / (positives() * negatives());
  return {auc - width, auc + width};
}

RTS_INLINE double Curve::precision_at(int key) const {
  const auto i = static_cast<std::size_t>(key);
  return tp_[i] + fp_[i] > 0 ? tp_[i] / (tp_[i] + fp_[i]) : detail::curve_nan;
}
RTS_INLINE double Curve::recall_at(int key) const { return positives() > 0 ? tp_[static_cast<std::size_t>(key)] / positives() : detail::curve_nan; }
RTS_INLINE double Curve::iou_at(int key) const {
  const auto i = static_cast<std::size_t>(key);
  return positives() > 0 ? tp_[i] / (positives() + fp_[i]) : detail::curve_nan;
}
RTS_INLINE double Curve::f_at(int key, double beta) const {
  // (1 + b^2) TP / ((1 + b^2) TP + b^2 FN + FP)
  const auto i = static_cast<std::size_t>(key);
  const double b = beta * beta;
  return positives() > 0 ? (1 + b) * tp_[i] / (tp_[i] + fp_[i] + b * positives()) : detail::curve_nan;
}

template <class Measure>
Chosen Curve::best(Measure&& measure) const {
  Chosen c{-1, detail::curve_nan, detail::curve_nan, detail::curve_nan, -1};
  for (int i = key_count - 1; i >= 0; --i) {
    const auto k = static_cast<std::size_t>(i);
    if (tp_[k] == tp_[k + 1] && fp_[k] == fp_[k + 1]) continue;
    if (const double v = measure(i); v > c.value) c = {v, score_of(i, key_), precision_at(i), recall_at(i), i};
  }
  if (c.key < 0) c.value = detail::curve_nan;
  return c;
}
RTS_INLINE Chosen Curve::precision_at_recall(double recall) const {
  return best([&](int i) { return recall_at(i) >= recall ? precision_at(i) : -1.0; });
}
RTS_INLINE Chosen Curve::recall_at_precision(double precision) const {
  return best([&](int i) { return precision_at(i) >= precision && tp_[static_cast<std::size_t>(i)] > 0 ? recall_at(i) : -1.0; });
}
RTS_INLINE Chosen Curve::best_f(double beta) const {
  return best([&](int i) { return f_at(i, beta); });
}
RTS_INLINE Chosen Curve::best_iou() const {
  return best([&](int i) { return iou_at(i); });
}

RTS_INLINE double Curve::brier(double slope, double intercept) const {
  double sum = 0;
  for (int i = 0; i < key_count; ++i) {
    const double p = positive(i), n = background(i);
    if (p == 0 && n == 0) continue;
    const double q = detail::sigmoid(slope * score_of(i, key_) + intercept);
    sum += p * (1 - q) * (1 - q) + n * q * q;
  }
  return sum / (positives() + negatives());
}
RTS_INLINE double Curve::nll(double slope, double intercept) const {
  double sum = 0;
  for (int i = 0; i < key_count; ++i) {
    const double p = positive(i), n = background(i);
    if (p == 0 && n == 0) continue;
    const double z = slope * score_of(i, key_) + intercept;
    sum += p * detail::softplus(-z) + n * detail::softplus(z);
  }
  return sum / (positives() + negatives());
}
RTS_INLINE std::vector<Curve::Reliability> Curve::reliability(double slope, double intercept, int bins) const {
  std::vector<Reliability> out(static_cast<std::size_t>(bins), {0, 0, 0});
  for (int i = 0; i < key_count; ++i) {
    const double p = positive(i), n = background(i);
    if (p == 0 && n == 0) continue;
    const double q = detail::sigmoid(slope * score_of(i, key_) + intercept);
    Reliability& r = out[static_cast<std::size_t>(std::min(bins - 1, static_cast<int>(q * bins)))];
    r.probability += q * (p + n), r.frequency += p, r.weight += p + n;
  }
  for (Reliability& r : out)
    if (r.weight > 0) r.probability /= r.weight, r.frequency /= r.weight;
  return out;
}
RTS_INLINE double Curve::calibration_error(double slope, double intercept, int bins) const {
  double sum = 0;
  for (const Reliability& r : reliability(slope, intercept, bins)) sum += r.weight * std::abs(r.probability - r.frequency);
  return sum / (positives() + negatives());
}
RTS_INLINE std::vector<Curve::Point> Curve::points(int n) const {
  std::vector<Point> out;
  double next = 0;
  for (int i = key_count - 1; i >= 0 && positives() > 0; --i) {
    if (positive(i) == 0 || recall_at(i) < next) continue;
    out.push_back({recall_at(i), precision_at(i), score_of(i, key_)});
    next = recall_at(i) + 1.0 / n;
  }
  return out;
}

RTS_INLINE bool Refinement::choose(const Curve& c, double tolerance) {
  std::vector<std::pair<double, int>> widths;
  double tp = 0, fp = 0, total = 0;
  for (int i = key_count - 1; i >= 0; --i) {
    const double p = c.positive(i), n = c.background(i);
    if (slot_[static_cast<std::size_t>(i)] < 0 && p > 0) {
      const Bounds b = detail::bin_bounds(tp, fp, p, n);
      total += b.high - b.low;
      widths.emplace_back(b.high - b.low, i);
    }
    tp += p, fp += n;
  }
  fresh_.clear();
  if (total <= tolerance * c.positives()) return false;
  std::sort(widths.rbegin(), widths.rend());
  for (std::size_t k = 0; k < widths.size() && k < slots; ++k) {
    fresh_.push_back(widths[k].second);
    slot_[static_cast<std::size_t>(widths[k].second)] = static_cast<std::int32_t>(positive_.size() / parts);
    for (auto* v : {&positive_, &near_, &far_}) v->resize(v->size() + parts, 0);
  }
  return true;
}
RTS_INLINE void Refinement::count(const float* scores, const std::uint8_t* labels, const std::uint8_t* valid, std::size_t n, bool far) {
  std::vector<std::int32_t> wanted(key_count, -1);
  for (const int b : fresh_) wanted[static_cast<std::size_t>(b)] = slot_[static_cast<std::size_t>(b)];
  for (std::size_t i = 0; i < n; ++i) {
    if ((valid && !valid[i]) || labels[i] > 1) continue;
    const int key = key_of(scores[i]), slot = wanted[static_cast<std::size_t>(key)];
    if (slot < 0) continue;
    const double inside = (static_cast<double>(scores[i]) + 32) * 1024 - key;
    const auto part = static_cast<std::size_t>(std::clamp(inside * parts, 0.0, parts - 1.0));
    ++(labels[i] ? positive_ : far ? far_
                                   : near_)[static_cast<std::size_t>(slot) * parts + part];
  }
}
RTS_INLINE Bounds Refinement::average_precision_bounds(const Counts& positive, const Counts& near, const Counts& far, double weight) const {
  Bounds sum;
  double tp = 0, fp = 0;
  const auto add = [&](double p, double n) {
    const Bounds b = detail::bin_bounds(tp, fp, p, n);
    sum.low += b.low, sum.high += b.high;
    tp += p, fp += n;
  };
  for (std::size_t i = key_count; i-- > 0;) {
    if (slot_[i] < 0) add(static_cast<double>(positive[i]), static_cast<double>(near[i]) + (far.empty() ? 0.0 : weight * static_cast<double>(far[i])));
    else
      for (std::size_t k = parts; k-- > 0;) {
        const std::size_t at = static_cast<std::size_t>(slot_[i]) * parts + k;
        add(static_cast<double>(positive_[at]), static_cast<double>(near_[at]) + weight * static_cast<double>(far_[at]));
      }
  }
  return tp > 0 ? Bounds{sum.low / tp, sum.high / tp} : Bounds{detail::curve_nan, detail::curve_nan};
}

}  // namespace rts::inline RTS_ABI::metrics
