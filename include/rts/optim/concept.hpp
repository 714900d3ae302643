#pragma once
// The contract of the Optimizer axis.

#include <rts/core/policy.hpp>

#include <concepts>

namespace rts::inline RTS_ABI::optim {

template <class P>
concept Optimizer = PolicyOf<P, axes::Optimizer> && requires {
  { P::lr } -> std::convertible_to<double>;
  { P::valid_options } -> std::convertible_to<bool>;
};

}  // namespace rts::inline RTS_ABI::optim
