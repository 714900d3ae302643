#pragma once
// Augmentation policies. Flips and quarter turns draw an element of D4; a chain composes them into one, applied once.

#include <rts/augment/concept.hpp>
#include <rts/core/d4_formula.hpp>
#include <rts/core/philox_formula.hpp>
#include <rts/core/reflect.hpp>

#include <boost/hana/adapt_struct.hpp>

namespace rts::inline RTS_ABI::augment {

struct ChanceOptions {
  double p = 0.5;  ///< probability of being applied
};

/// With probability p a quarter turn of 90, 180 or 270 degrees, each alike. Needs square tiles.
template <ChanceOptions O = ChanceOptions{}>
struct Rotate90 : PolicyBase {
  static constexpr std::string_view name = "Rotate90";
  static constexpr ChanceOptions options = O;
  static constexpr bool quarter_turns = true;
  static constexpr D4 draw(Random& random) {
    if (!random.chance(O.p)) return {};
    return D4::quarter_turns(1 + static_cast<int>(random.below(3)));
  }
};

/// Left to right with probability p.
template <ChanceOptions O = ChanceOptions{}>
struct FlipHorizontal : PolicyBase {
  static constexpr std::string_view name = "FlipHorizontal";
  static constexpr ChanceOptions options = O;
  static constexpr D4 draw(Random& random) { return random.chance(O.p) ? D4{false, false, true} : D4{}; }
};

/// Top to bottom with probability p.
template <ChanceOptions O = ChanceOptions{}>
struct FlipVertical : PolicyBase {
  static constexpr std::string_view name = "FlipVertical";
  static constexpr ChanceOptions options = O;
  static constexpr D4 draw(Random& random) { return random.chance(O.p) ? D4{false, true, false} : D4{}; }
};

/// Transforms in order, fused into one symmetry per sample.
template <class... T>
struct Chain : PolicyBase {
  using axis = axes::Augmentation;
  static constexpr std::string_view name = "Chain";
  static constexpr bool well_formed = (Transform<T> && ...);
  // A type that is no transform is reported by its own code; it must not fail here first.
  template <class X>
  static constexpr bool valid_probability = [] {
    if constexpr (Transform<X>) return X::options.p >= 0 && X::options.p <= 1;
    else return true;
  }();
  template <class X>
  static constexpr bool turns = [] {
    if constexpr (Transform<X>) return bool(X::quarter_turns);
    else return false;
  }();
  template <class X>
  static constexpr bool repeats = [] {
    if constexpr (Transform<X>) return bool(X::deterministic);
    else return true;
  }();
  static constexpr bool quarter_turns = (turns<T> || ...);
  static constexpr bool deterministic = (repeats<T> && ...);
  static constexpr bool probabilities_valid = (valid_probability<T> && ...);

  static constexpr D4 draw(Random& random) {
    D4 all;
    ((all = all.then(T::draw(random))), ...);
    return all;
  }
  static Description describe() {
    Description d{"augmentation", "Chain"};
    (d.children.push_back({"", std::string(T::name), rts::detail::fields_of(T::options)}), ...);
    return d;
  }
};

/// Tiles as they are.
struct None : PolicyBase {
  using axis = axes::Augmentation;
  static constexpr std::string_view name = "None";
  static constexpr bool well_formed = true;
  static constexpr bool probabilities_valid = true;
  static constexpr D4 draw(Random&) { return {}; }
};

}  // namespace rts::inline RTS_ABI::augment
BOOST_HANA_ADAPT_STRUCT(rts::augment::ChanceOptions, p);
