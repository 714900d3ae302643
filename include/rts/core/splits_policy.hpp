#pragma once
// The three splits as types: they travel with datasets and predictions, so that a number can be refused where it comes from.

#include <rts/core/config.hpp>

#include <string_view>
#include <type_traits>

namespace rts::inline RTS_ABI {

struct Split {
  struct Train {
    static constexpr std::string_view name = "train";
  };
  struct Validation {
    static constexpr std::string_view name = "val";
  };
  struct Test {
    static constexpr std::string_view name = "test";
  };
};

/// What is fitted to scores (temperature, thresholds, smallest object) takes validation scores alone.
template <class S>
constexpr void require_validation_split() {
  static_assert(std::is_same_v<S, Split::Validation>,
                "[RTS-V03] what: calibration or a threshold chosen on another split than validation; why: figures on the test split would be fitted to it, those on training flattered by it; "
                "fix: give predictions of Split::Validation");
}

}  // namespace rts::inline RTS_ABI
