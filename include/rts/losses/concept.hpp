#pragma once
// The contract of the Loss axis: what a recipe needs of a loss. What computes it is in pass.hpp.

#include <rts/core/policy.hpp>

#include <concepts>

namespace rts::inline RTS_ABI::losses {

/// What a recipe needs of a loss.
template <class L>
concept Loss = PolicyOf<L, axes::Loss> && requires {
  { L::binary } -> std::convertible_to<bool>;
  { L::multi_class } -> std::convertible_to<bool>;
  { L::valid_options } -> std::convertible_to<bool>;
};

}  // namespace rts::inline RTS_ABI::losses
