#pragma once
// The contract of the Scheduler axis: the learning rate as a function of time.

#include <rts/core/policy.hpp>

#include <concepts>

namespace rts::inline RTS_ABI::schedulers {

/// What a schedule needs to know beside its own options.
struct Span {
  double epochs = 300;    ///< length of the run
  double base_lr = 1e-4;  ///< the decoder's base once nothing is frozen: `min_lr` and `start_lr` refer to it
};

template <class S>
concept Scheduler = PolicyOf<S, axes::Scheduler> && requires(const Span& span) {
  { S::warmup_epochs } -> std::convertible_to<int>;
  { S::moves(1e-4) } -> std::convertible_to<bool>;
  { S::rate(0.0, 1e-4, span) } -> std::convertible_to<double>;
};

}  // namespace rts::inline RTS_ABI::schedulers
