#pragma once
// Target policies: what the loss takes as the truth of a pixel. Metrics always read the labels as drawn.

#include <rts/core/reflect.hpp>
#include <rts/losses/numbers_policy.hpp>

#include <boost/hana/adapt_struct.hpp>

namespace rts::inline RTS_ABI::targets {

/// Labels as drawn: 0 or 1, nothing in between.
struct Hard : PolicyBase {
  using axis = axes::Targets;
  static constexpr std::string_view name = "Hard";
  static constexpr bool soft = false;
  static constexpr Numbers numbers{};
};

struct GaussianOptions {
  double sigma = 1;  ///< pixels
};

/// Labels blurred by a Gaussian, for bands that do not lie exactly on each other.
/// formula: t_c = (G * 1[label = c]) / (G * 1[valid]); G cut at 4 sigma, a tile's edge and ignored pixels left out
template <GaussianOptions O = GaussianOptions{}>
struct Gaussian : PolicyBase {
  using axis = axes::Targets;
  static constexpr std::string_view name = "Gaussian";
  static constexpr GaussianOptions options = O;
  static constexpr bool soft = true;
  static constexpr bool valid_options = O.sigma > 0;
  static constexpr Numbers numbers{Kind::gaussian, O.sigma};
};

struct DistanceOptions {
  int width = 3;  ///< pixels: half the ramp
};

/// A linear ramp across the border, which lies half a pixel beyond the last pixel of a class.
/// formula: u_c = clamp(1/2 + s_c / (2 width), 0, 1), s_c = +-(d_c - 1/2) with d_c the Euclidean distance to the nearest valid pixel
///          outside c (for pixels of c, +) or of c (others, -); t_c = u_c / sum u
template <DistanceOptions O = DistanceOptions{}>
struct DistanceSoft : PolicyBase {
  using axis = axes::Targets;
  static constexpr std::string_view name = "DistanceSoft";
  static constexpr DistanceOptions options = O;
  static constexpr bool soft = true;
  static constexpr bool valid_options = O.width > 0;
  static constexpr Numbers numbers{Kind::distance, static_cast<double>(O.width)};
};

struct SmoothedOptions {
  double epsilon = 0.1;  ///< share given to all classes alike, in [0, 1)
};

/// Label smoothing. formula: t_c = (1 - epsilon) 1[label = c] + epsilon / classes
/// source: Szegedy et al. 2016, section 7
template <SmoothedOptions O = SmoothedOptions{}>
struct Smoothed : PolicyBase {
  using axis = axes::Targets;
  static constexpr std::string_view name = "Smoothed";
  static constexpr SmoothedOptions options = O;
  static constexpr bool soft = true;
  static constexpr bool valid_options = O.epsilon >= 0 && O.epsilon < 1;
  static constexpr Numbers numbers{Kind::smoothed, O.epsilon};
};

}  // namespace rts::inline RTS_ABI::targets
BOOST_HANA_ADAPT_STRUCT(rts::targets::GaussianOptions, sigma);
BOOST_HANA_ADAPT_STRUCT(rts::targets::DistanceOptions, width);
BOOST_HANA_ADAPT_STRUCT(rts::targets::SmoothedOptions, epsilon);
