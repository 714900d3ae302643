#pragma once
// Classes against classes: confusion matrix, IoU, Dice and accuracy, each class alone and in the mean.

#include <rts/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rts::inline RTS_ABI::metrics {

/// Mergeable counts of (truth, prediction). Pixels with a truth of `classes` or more (255: unknown) are left out.
class Confusion {
 public:
  explicit Confusion(int classes) : classes_(classes), counts_(static_cast<std::size_t>(classes) * static_cast<std::size_t>(classes), 0) {}

  /// `valid`: 0 leaves a pixel out; null: all count. errors: RTS-V64 a prediction outside the classes
  void add(const std::uint8_t* truth, const std::uint8_t* prediction, const std::uint8_t* valid, std::size_t n);
  void merge(const Confusion& o) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += o.counts_[i];
  }

  int classes() const { return classes_; }
  std::int64_t count(int truth, int prediction) const { return counts_[static_cast<std::size_t>(truth * classes_ + prediction)]; }
  /// NaN for a class that neither truth nor prediction holds.
  double iou(int c) const;
  double dice(int c) const;
  /// Share of a class' pixels that are found (recall); of predicted pixels that are right (precision).
  double recall(int c) const;
  double precision(int c) const;
  /// Means over classes that occur.
  double mean_iou() const;
  double mean_dice() const;
  double mean_accuracy() const;
  double pixel_accuracy() const;

 private:
  std::int64_t row(int c) const;
  std::int64_t column(int c) const;
  template <class F>
  double mean(F&& f) const;

  int classes_;
  std::vector<std::int64_t> counts_;
};

}  // namespace rts::inline RTS_ABI::metrics

#if RTS_HEADER_ONLY
#include <rts/metrics/confusion.ipp>
#endif
