#pragma once
// Distributions of band values as quantiles: how far one lies from another, and the monotone map that makes them alike.

#include <rts/data/dataset.hpp>

namespace rts::inline RTS_ABI::data {

/// Values at equal shares of a sample: element i at share i / (size - 1). Empty: unknown.
using Quantiles = std::vector<double>;
inline constexpr std::size_t quantile_count = 257;

/// Sorts the values. Empty for fewer than two.
Quantiles quantiles_of(std::vector<float>& values);

/// Quantiles of each band over at most `windows` windows of the training split (all windows when none has a split), in the bands' units.
std::vector<Quantiles> training_quantiles(const Source& source, std::size_t windows = 64);

/// How far values lie from what a model was trained on.
struct Drift {
  double shift = 0;      ///< of the mean, in the training deviations
  double elsewhere = 0;  ///< share of values that would have to move to make the distributions alike, in 32 classes of the training values
  bool far() const { return shift > 0.5 || shift < -0.5 || elsewhere > 0.35; }
};
/// errors: none; unknown quantiles give 0 elsewhere.
Drift drift_of(const std::vector<float>& sorted, const Quantiles& trained, double mean, double std);

/// Maps values of one distribution to those of another at the same share; beyond the ends by the ends' difference.
class MonotoneMap {
 public:
  MonotoneMap() = default;
  MonotoneMap(Quantiles from, Quantiles to);
  bool identity() const { return from_.empty(); }
  float operator()(float v) const;

 private:
  Quantiles from_, to_;
};

}  // namespace rts::inline RTS_ABI::data

#if RTS_HEADER_ONLY
#include <rts/data/quantiles.ipp>
#endif
