#pragma once
// The contract of the Sampler axis: how many negatives each epoch draws for a positive, and the share of positives in a batch.

#include <rts/core/policy.hpp>

#include <concepts>
#include <vector>

namespace rts::inline RTS_ABI::samplers {

/// How an epoch's tiles are drawn: negatives per positive by epoch, regions in turn, or by weight.
enum class Drawing { ratio,
                     stratified,
                     weighted };

template <class S>
concept Sampler = PolicyOf<S, axes::Sampler> && requires {
  { S::positive_fraction } -> std::convertible_to<double>;
  { S::gapless } -> std::convertible_to<bool>;
  { S::ratios_positive } -> std::convertible_to<bool>;
  { S::last_epoch } -> std::convertible_to<int>;
  { S::ratios(1) } -> std::same_as<std::vector<double>>;
};

}  // namespace rts::inline RTS_ABI::samplers
