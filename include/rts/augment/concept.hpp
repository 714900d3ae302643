#pragma once
// The contract of the Augmentation axis: what a transform of a chain is.

#include <rts/augment/steps_formula.hpp>
#include <rts/core/policy.hpp>

#include <concepts>
#include <string_view>

namespace rts::inline RTS_ABI::augment {

/// When a transform works: on objects before anything moves, on places, on values.
enum class Phase { objects,
                   geometric,
                   photometric };

/// Takes every step and does nothing: for the concept alone.
struct AnySink {
  constexpr void operator()(const GeometricStep&) {}
  constexpr void operator()(const ElasticStep&) {}
  constexpr void operator()(const PhotometricStep&) {}
  constexpr void operator()(const PasteStep&) {}
};

/// A transform of a chain: named, with a probability `options.p`, drawing steps into a sink. `draw` is called when it is applied:
/// its own chance has been thrown before.
template <class T>
concept Transform = requires(Random& random, const Frame& frame, AnySink& sink) {
  { T::name } -> std::convertible_to<std::string_view>;
  { T::options.p } -> std::convertible_to<double>;
  { T::phase } -> std::convertible_to<Phase>;
  { T::quarter_turns } -> std::convertible_to<bool>;
  T::draw(random, frame, sink);
};

/// Defaults of transforms.
struct TransformBase : PolicyBase {
  static constexpr Phase phase = Phase::photometric;
  static constexpr bool needs_colour = false;  ///< works on red, green and blue together
  static constexpr bool elastic = false;       ///< adds a displacement; a chain has one at most
  static constexpr bool reads_neighbours = false;  ///< gives steps that read a pixel's neighbours
  static constexpr int largest_crop = 0;       ///< pixels; must fit the tile
  static constexpr int most_steps = 1;         ///< steps that one draw gives to the sink
};

}  // namespace rts::inline RTS_ABI::augment
