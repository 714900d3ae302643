#pragma once
// Boundary policies: what happens to pixels near a class border, in the loss alone.

#include <rts/core/reflect.hpp>
#include <rts/losses/numbers_policy.hpp>

#include <boost/hana/adapt_struct.hpp>

namespace rts::inline RTS_ABI::boundary {

struct RingOptions {
  int width = 3;  ///< pixels
  Metric metric = Metric::euclidean;
  Side side = Side::both;  ///< inside: only pixels of objects; outside: only background
};

/// Leaves a ring around class borders out of the loss: every pixel whose centre lies within `width` of the
/// centre of a valid pixel of another class. A tile's edge is no border. Joins the `LossMask` only.
template <RingOptions O = RingOptions{}>
struct Ignore : PolicyBase {
  using axis = axes::Boundary;
  static constexpr std::string_view name = "Ignore";
  static constexpr RingOptions options = O;
  static constexpr bool needs_boundary_mask = true;
  static constexpr int width = O.width;
  static constexpr Numbers numbers{.ignore = O.width, .metric = O.metric, .side = O.side};
};

struct WeightOptions {
  int width = 5;          ///< pixels: from here on the weight is 1
  double at_border = 0.1;  ///< weight at distance 0; above 1 it stresses borders
  Metric metric = Metric::euclidean;
};

/// Weighs pixels by their distance d to the nearest valid pixel of another class:
/// formula: at_border + (1 - at_border) min(d, width) / width
/// reduction: means divide by the sum of weights.
template <WeightOptions O = WeightOptions{}>
struct Weight : PolicyBase {
  using axis = axes::Boundary;
  static constexpr std::string_view name = "Weight";
  static constexpr WeightOptions options = O;
  static constexpr bool needs_boundary_mask = true;
  static constexpr int width = O.width;
  static constexpr bool valid_options = O.at_border >= 0;
  static constexpr Numbers numbers{.weigh = O.width, .at_border = O.at_border, .metric = O.metric};
};

/// Borders count like any other pixel.
struct None : PolicyBase {
  using axis = axes::Boundary;
  static constexpr std::string_view name = "None";
  static constexpr int width = 0;
  static constexpr Numbers numbers{};
};

}  // namespace rts::inline RTS_ABI::boundary
BOOST_HANA_ADAPT_STRUCT(rts::boundary::RingOptions, width, metric, side);
BOOST_HANA_ADAPT_STRUCT(rts::boundary::WeightOptions, width, at_border, metric);
