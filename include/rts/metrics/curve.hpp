#pragma once
// Everything that follows from scores and labels alone: precision and recall over all thresholds, ROC, F, Brier, calibration error, IoU. Kept as
// counts by a 16-bit key, so that any number of pixels adds up exactly in half a megabyte a histogram.

#include <rts/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rts::inline RTS_ABI::metrics {

/// How a score becomes a key. Every key keeps the order of scores.
enum class Key : std::uint8_t {
  fixed,        ///< fp32: bins of 1/1024 over [-32, 32); scores in one bin count as ties
  bf16,         ///< the bits of a bfloat16: exact
  fp16,         ///< the bits of a half: exact
  whole_number  ///< an unsigned 16-bit integer: exact
};

/// Counts of one class of pixels by key.
using Counts = std::vector<std::int64_t>;
inline constexpr int key_count = 65536;

/// Key of a score. NaN counts as the lowest.
int key_of(float score);
int key_of_bits(std::uint16_t bits, Key key);
/// The score that a key stands for: the middle of its bin, or its exact value.
double score_of(int key, Key kind);

/// Adds scores by label: 1 to `positive`, 0 to `background`, others to neither. `valid`: 0 leaves a pixel out; null: all count.
void count_scores(const float* scores, const std::uint8_t* labels, const std::uint8_t* valid, std::size_t n, Counts& positive, Counts& background);
void count_bits(const std::uint16_t* bits, Key key, const std::uint8_t* labels, const std::uint8_t* valid, std::size_t n, Counts& positive, Counts& background);

struct Bounds {
  double low = 0, high = 0;
};
struct Chosen {
  double value = 0, score = 0, precision = 0, recall = 0;
  int key = -1;  ///< pixels with this key or a higher one are predicted; -1: not reached
};

/// Weighted counts as a curve. O(1) per question asked but for the construction and sums over 65,536 keys.
class Curve {
 public:
  /// Background pixels of positive tiles weigh 1, those of negative tiles `weight`; `far` may be empty.
  Curve(Key key, const Counts& positive, const Counts& near, const Counts& far = {}, double weight = 1);

  double positives() const { return tp_.front(); }
  double negatives() const { return fp_.front(); }
  double prevalence() const { return positives() / (positives() + negatives()); }
  /// Step-wise, ties grouped; NaN without positives. source: Davis and Goadrich 2006
  double average_precision() const;
  /// What any order within a key's bin could make of it: the exact value of fp32 scores lies between.
  Bounds average_precision_bounds() const;
  /// Area under the ROC curve, ties by half; its bounds by the same argument.
  double roc_auc() const;
  Bounds roc_auc_bounds() const;
  double precision_at(int key) const;
  double recall_at(int key) const;
  double iou_at(int key) const;
  double f_at(int key, double beta) const;
  /// Highest precision with recall of at least `recall`, and the like.
  Chosen precision_at_recall(double recall) const;
  Chosen recall_at_precision(double precision) const;
  Chosen best_f(double beta) const;
  Chosen best_iou() const;
  /// Mean squared error of sigmoid(slope x score + intercept).
  double brier(double slope = 1, double intercept = 0) const;
  /// Negative log-likelihood per pixel.
  double nll(double slope = 1, double intercept = 0) const;
  /// Mean distance of probability and frequency over `bins` bins of equal width, weighted by pixels. source: Naeini et al. 2015
  double calibration_error(double slope = 1, double intercept = 0, int bins = 15) const;
  struct Reliability {
    double probability, frequency, weight;
  };
  std::vector<Reliability> reliability(double slope = 1, double intercept = 0, int bins = 15) const;
  struct Point {
    double recall, precision, score;
  };
  /// About `n` points, evenly along recall.
  std::vector<Point> points(int n) const;
  /// Weighted counts of one key.
  double positive(int key) const { return tp_[static_cast<std::size_t>(key)] - tp_[static_cast<std::size_t>(key) + 1]; }
  double background(int key) const { return fp_[static_cast<std::size_t>(key)] - fp_[static_cast<std::size_t>(key) + 1]; }
  Key key() const { return key_; }

 private:
  template <class Measure>
  Chosen best(Measure&& measure) const;
  Key key_;
  std::vector<double> tp_, fp_;  ///< with this key or a higher one; one more at the end, 0
};

/// Splits the bins of fp32 scores that leave average precision uncertain. Pass the same scores again after `choose`.
class Refinement {
 public:
  static constexpr int parts = 256, slots = 2048;
  /// Takes the up to 2,048 bins that widen the bounds most. False when the bounds are narrower than `tolerance` already.
  bool choose(const Curve& curve, double tolerance);
  void count(const float* scores, const std::uint8_t* labels, const std::uint8_t* valid, std::size_t n, bool far);
  /// Bounds with all bins refined so far in their parts.
  Bounds average_precision_bounds(const Counts& positive, const Counts& near, const Counts& far, double weight) const;

 private:
  std::vector<std::int32_t> slot_ = std::vector<std::int32_t>(key_count, -1);  ///< of a bin
  std::vector<std::int64_t> positive_, near_, far_;                            ///< [slots][parts]
  std::vector<int> fresh_;                                                     ///< bins chosen last: only these are counted
};

}  // namespace rts::inline RTS_ABI::metrics

#if RTS_HEADER_ONLY
#include <rts/metrics/curve.ipp>
#endif
