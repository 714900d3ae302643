#pragma once
// The contract of the Augmentation axis: what a transform of a chain is.

#include <rts/core/d4_formula.hpp>
#include <rts/core/philox_formula.hpp>
#include <rts/core/policy.hpp>

#include <concepts>
#include <string_view>

namespace rts::inline RTS_ABI::augment {

/// A transform of a chain: named, with a probability, drawing an element of D4.
template <class T>
concept Transform = requires(Random& random) {
  { T::name } -> std::convertible_to<std::string_view>;
  { T::options.p } -> std::convertible_to<double>;
  { T::quarter_turns } -> std::convertible_to<bool>;
  { T::draw(random) } -> std::same_as<D4>;
};

}  // namespace rts::inline RTS_ABI::augment
