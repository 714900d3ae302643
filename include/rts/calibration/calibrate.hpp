#pragma once
// Temperature, slope and intercept, thresholds: chosen on validation predictions, which the type says.

#include <rts/core/operating_point.hpp>
#include <rts/core/splits_policy.hpp>
#include <rts/metrics/evaluation.hpp>

#include <filesystem>

namespace rts::inline RTS_ABI::calibration {

/// Scores of one split. What is fitted takes those of `Split::Validation` alone.
template <class S>
struct Predictions {
  const metrics::Evaluation& evaluation;
};

/// How probabilities are mended: sigmoid(slope x logit + intercept).
struct Fit {
  double slope = 1, intercept = 0;
  double nll_before = 0, nll_after = 0, error_before = 0, error_after = 0;  ///< negative log-likelihood per pixel, calibration error
  double temperature() const { return 1 / slope; }
};

namespace detail {
Fit fit_temperature(const metrics::Curve& curve);
Fit fit_platt(const metrics::Curve& curve);
}  // namespace detail

/// logit / T with T in (0.1, 10) by likelihood at a ratio. source: Guo et al. 2017. errors: RTS-P51 T at a bound
template <class S>
Fit fit_temperature(const Predictions<S>& p, double ratio) {
  require_validation_split<S>();
  return detail::fit_temperature(p.evaluation.curve(ratio));
}
/// slope x logit + intercept by likelihood: for another prior than the one learned from. source: Platt 1999. errors: RTS-P51 no fit
template <class S>
Fit fit_platt(const Predictions<S>& p, double ratio) {
  require_validation_split<S>();
  return detail::fit_platt(p.evaluation.curve(ratio));
}

/// Object counts over a grid of thresholds, filled tile by tile like an `Evaluation`.
class Sweep {
 public:
  /// Logits from -6 to 8, an eighth apart.
  static constexpr int steps = 113;
  static double logit(int step) { return -6 + step / 8.0; }
  explicit Sweep(const metrics::ObjectSettings& objects) : objects_(objects), near_(steps), far_(steps) {}
  /// `scores`: logits; `truth`: 0 or 1; `valid`: 0 leaves out.
  void add(const float* scores, const std::uint8_t* truth, const std::uint8_t* valid, int height, int width);
  void merge(const Sweep& other);
  /// One-to-one at IoU 0.3 when negative tiles weigh `weight`.
  metrics::ObjectFigures figures(int step, double weight) const;

 private:
  metrics::ObjectSettings objects_;
  std::vector<metrics::ObjectCounts> near_, far_;
};

/// A threshold with what it gives. key below 0: no threshold reaches the target.
struct Threshold {
  double logit = 0, precision = 0, recall = 0;
  bool reached = false;
};

namespace detail {
Threshold pixel_threshold(const metrics::Curve& curve, double precision);
Threshold object_threshold(const Sweep& sweep, double weight, double precision);
}  // namespace detail

/// The threshold with the highest recall among those with at least this precision, of pixels or of objects.
template <class S>
Threshold choose_threshold(const Predictions<S>& p, double ratio, double precision) {
  require_validation_split<S>();
  return detail::pixel_threshold(p.evaluation.curve(ratio), precision);
}
template <class S>
Threshold choose_threshold(const Predictions<S>& p, const Sweep& sweep, double ratio, double precision) {
  require_validation_split<S>();
  return detail::object_threshold(sweep, p.evaluation.weight_for(ratio), precision);
}

/// operating_point.json. errors: RTS-P52 unreadable
void write_operating_point(const std::filesystem::path& path, const OperatingPoint& p);
OperatingPoint read_operating_point(const std::filesystem::path& path);
/// errors: RTS-P53 an operating point of another model or another way of mapping, with all that differs
void require_same(const OperatingPoint& p, const Binding& here, const std::filesystem::path& path);

}  // namespace rts::inline RTS_ABI::calibration

#if RTS_HEADER_ONLY
#include <rts/calibration/calibrate.ipp>
#endif
