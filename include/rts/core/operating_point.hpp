#pragma once
// An operating point: a threshold with everything it was chosen for. Applied elsewhere it is an error.

#include <rts/core/config.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI {

/// What a threshold is bound to. Two of them agree when no field differs.
struct Binding {
  std::string fingerprint;      ///< of the recipe
  std::string weights;          ///< hash of the weights, of all of an ensemble's
  std::string bands;            ///< names in order
  std::string normalization;    ///< hash of means and deviations
  double pixel_size = 0;        ///< metres
  int tile_height = 0, tile_width = 0;
  double overlap = 0;
  std::string blending;         ///< "cosine", or "halo N"
  std::string scales;           ///< "1,0.5"
  std::string views;            ///< test-time augmentation
  int ensemble = 1;             ///< number of networks
  int connectivity = 8;
  double smallest = 0;          ///< metres along the longer side

  /// Names of fields that differ, each with both values: "overlap: 0.25, here 0.5".
  std::vector<std::string> differences(const Binding& here) const;
};

struct OperatingPoint {
  Binding binding;
  std::string dataset;          ///< version of the data it was chosen on
  double ratio = 0;             ///< negatives per positive tile; 0: the data's own
  std::string objective;        ///< "object precision 0.8 at IoU 0.3"
  std::string calibration = "none";   ///< "temperature", "platt"
  double slope = 1, intercept = 0;    ///< sigmoid(slope x logit + intercept)
  std::optional<double> threshold;    ///< calibrated probability; none: the target was out of reach
  double precision = 0, recall = 0;   ///< reached on validation
  std::map<std::string, double> by_region = {};   ///< thresholds of regions that have their own
  std::string note;
};

}  // namespace rts::inline RTS_ABI

#if RTS_HEADER_ONLY
#include <rts/core/operating_point.ipp>
#endif
