#pragma once
// The three splits as types: they travel with datasets and predictions, so that a number can be refused where it comes from.

#include <rts/core/config.hpp>

#include <string_view>
#include <type_traits>

namespace rts::inline RTS_ABI {

namespace splits {
struct Train { static constexpr std::string_view name = "train"; };
struct Validation { static constexpr std::string_view name = "val"; };
struct Test { static constexpr std::string_view name = "test"; };
}  // namespace splits

/// What is fitted to scores (temperature, thresholds, smallest object) takes validation scores alone.
template <class Split>
constexpr void require_validation_split() {
  static_assert(std::is_same_v<Split, splits::Validation>,
                "[RTS-V03] what: calibration or a threshold chosen on another split than validation; why: figures on the test split would be fitted to it, those on training flattered by it; "
                "fix: give predictions of splits::Validation");
}

}  // namespace rts::inline RTS_ABI
