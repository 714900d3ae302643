#pragma once
// The Augmentation axis: chains of transforms, fused when they are compiled into one draw per tile.

#include <rts/augment/geometric_policy.hpp>
#include <rts/augment/photometric_policy.hpp>

namespace rts::inline RTS_ABI::augment {
namespace detail {

template <class T>
Description describe_transform() {
  if constexpr (requires { T::describe_transform(); }) return T::describe_transform();
  else return {"", std::string(T::name), rts::detail::fields_of(T::options)};
}

// A property of a transform, with a default for what does not have it: a type that is no transform is reported by its own code and
// must not fail here first.
#define RTS_PROPERTY(property, otherwise)                        \
  template <class T>                                             \
  consteval auto property##_of() {                               \
    if constexpr (requires { T::property; }) return T::property; \
    else return otherwise;                                       \
  }
RTS_PROPERTY(well_formed, true)
RTS_PROPERTY(valid_options, true)
RTS_PROPERTY(one_phase, true)
RTS_PROPERTY(quarter_turns, false)
RTS_PROPERTY(needs_colour, false)
RTS_PROPERTY(deterministic, true)
RTS_PROPERTY(elastic, false)
RTS_PROPERTY(reads_neighbours, true)
RTS_PROPERTY(largest_crop, 0)
RTS_PROPERTY(most_steps, 1)
RTS_PROPERTY(phase, Phase::objects)
#undef RTS_PROPERTY
template <class T>
consteval bool probability_valid() {
  if constexpr (Transform<T>) return T::options.p >= 0 && T::options.p <= 1;
  else return true;
}
/// 0: says none; 1: reflect; 2: constant; 3: both.
template <class T>
consteval int borders_of() {
  if constexpr (requires { T::borders; }) return T::borders;
  else if constexpr (requires { { T::options.border } -> std::convertible_to<Border>; }) return T::options.border == Border::reflect ? 1 : 2;
  else return 0;
}

/// Properties of a list of transforms.
template <class... T>
struct Transforms {
  static constexpr bool well_formed = (Transform<T> && ...) && (well_formed_of<T>() && ...);
  static constexpr bool probabilities_valid = (probability_valid<T>() && ...);
  static constexpr bool valid_options = (bool(valid_options_of<T>()) && ...);
  static constexpr bool ordered = [] {
    constexpr Phase phases[] = {Phase::objects, phase_of<T>()...};
    for (std::size_t i = 1; i < std::size(phases); ++i)
      if (phases[i] < phases[i - 1]) return false;
    return (bool(one_phase_of<T>()) && ...);
  }();
  static constexpr bool quarter_turns = (quarter_turns_of<T>() || ...);
  static constexpr bool needs_colour = (needs_colour_of<T>() || ...);
  static constexpr bool pastes_objects = ((Transform<T> && phase_of<T>() == Phase::objects) || ...);
  static constexpr bool deterministic = (deterministic_of<T>() && ...);
  static constexpr bool reads_neighbours = (bool(reads_neighbours_of<T>()) || ...);
  static constexpr int displacements = (0 + ... + int(elastic_of<T>()));
  static constexpr int largest_crop = [] {
    int most = 0;
    ((most = largest_crop_of<T>() > most ? largest_crop_of<T>() : most), ...);
    return most;
  }();
  static constexpr int borders = (0 | ... | borders_of<T>());
  /// Value steps that a draw may hold at most.
  static constexpr int value_steps = (0 + ... + (phase_of<T>() == Phase::photometric ? most_steps_of<T>() : 0));
  static constexpr int most_steps = [] {
    int most = 1;
    ((most = most_steps_of<T>() > most ? most_steps_of<T>() : most), ...);
    return most;
  }();
};

}  // namespace detail

/// One of several transforms of one phase, chosen in proportion to their `p`; the group is applied with its own.
template <ChanceOptions O, class... T>
struct OneOf : TransformBase {
  static constexpr std::string_view name = "OneOf";
  static constexpr ChanceOptions options = O;
  using list = detail::Transforms<T...>;
  static constexpr bool well_formed = sizeof...(T) > 0 && list::well_formed;
  static constexpr bool valid_options = list::valid_options && list::probabilities_valid && [] {
    if constexpr (well_formed) return (0.0 + ... + T::options.p) > 0;
    else return true;
  }();
  static constexpr Phase phase = [] {
    constexpr Phase phases[] = {detail::phase_of<T>()..., Phase::objects};
    return phases[0];
  }();
  static constexpr bool one_phase = ((detail::phase_of<T>() == phase) && ...);
  static constexpr bool quarter_turns = list::quarter_turns;
  static constexpr bool needs_colour = list::needs_colour;
  static constexpr bool deterministic = list::deterministic;
  static constexpr bool elastic = list::displacements > 0;
  static constexpr bool reads_neighbours = list::reads_neighbours;
  static constexpr int largest_crop = list::largest_crop;
  static constexpr int borders = list::borders;
  static constexpr int most_steps = list::most_steps;
  static void draw(Random& random, const Frame& f, auto& sink) {
    double at = random.uniform(0, (0.0 + ... + T::options.p));
    bool done = false;
    ((!done && (at -= T::options.p) < 0 ? (T::draw(random, f, sink), done = true) : false), ...);
  }
  static Description describe_transform() { return {"", "OneOf", rts::detail::fields_of(options), {detail::describe_transform<T>()...}}; }
};

/// Transforms in order: objects, then places, then values. One draw per tile, one sampling however many of them move pixels.
template <class... T>
struct Chain : PolicyBase {
  using axis = axes::Augmentation;
  static constexpr std::string_view name = "Chain";
  using list = detail::Transforms<T...>;
  static constexpr bool well_formed = list::well_formed;
  static constexpr bool probabilities_valid = list::probabilities_valid;
  static constexpr bool valid_options = list::valid_options && list::value_steps <= Draw::max_steps;
  static constexpr bool ordered = list::ordered;
  static constexpr bool one_border = list::borders != 3;
  static constexpr bool quarter_turns = list::quarter_turns;
  static constexpr bool needs_colour = list::needs_colour;
  static constexpr bool pastes_objects = list::pastes_objects;
  static constexpr int displacements = list::displacements;
  static constexpr bool reads_neighbours = list::reads_neighbours;
  static constexpr int largest_crop = list::largest_crop;
  static constexpr bool deterministic = list::deterministic;

  /// Throws each transform's chance and gives what it draws to the sink, step by step: a `Draw` makes one map of them.
  template <class Sink>
  static void draw(Random& random, const Frame& frame, Sink& sink) {
    ((random.chance(T::options.p) ? T::draw(random, frame, sink) : void()), ...);
  }
  static Description describe() { return {"augmentation", "Chain", {}, {detail::describe_transform<T>()...}}; }
};

/// Tiles as they are.
struct None : PolicyBase {
  using axis = axes::Augmentation;
  static constexpr std::string_view name = "None";
  static constexpr bool well_formed = true, probabilities_valid = true, ordered = true, one_border = true, needs_colour = false, pastes_objects = false, reads_neighbours = false;
  static constexpr int displacements = 0, largest_crop = 0;
  template <class Sink>
  static constexpr void draw(Random&, const Frame&, Sink&) {}
};

/// The guide's chain: D4 and affine, elastic, then colour.
using Guide = Chain<Rotate90<>, FlipHorizontal<>, FlipVertical<>, ShiftScaleRotate<>, Elastic<>, Shear<>, Brightness<>, Contrast<>, Saturation<>>;
/// The guide's chain for inputs without red, green and blue.
using GuideGeometry = Chain<Rotate90<>, FlipHorizontal<>, FlipVertical<>, ShiftScaleRotate<>, Elastic<>, Shear<>>;
static_assert(Guide::ordered && Guide::well_formed);

}  // namespace rts::inline RTS_ABI::augment
