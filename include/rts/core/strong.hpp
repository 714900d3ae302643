#pragma once
// Numbers that look alike and must not be mixed: pixels, metres, class counts, ignored labels.

#include <rts/core/config.hpp>

#include <compare>
#include <cstdint>

namespace rts::inline RTS_ABI {

/// A number with a meaning. Construction is explicit; no conversion back but `.value`.
template <class Tag, class Number>
struct Strong {
  Number value{};
  constexpr Strong() = default;
  constexpr explicit Strong(Number v) : value(v) {}
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
  friend constexpr Strong operator+(Strong a, Strong b) { return Strong(a.value + b.value); }
  friend constexpr Strong operator-(Strong a, Strong b) { return Strong(a.value - b.value); }
  friend constexpr Strong operator*(Strong a, Number b) { return Strong(a.value * b); }
};

using Pixels = Strong<struct PixelsTag, std::int64_t>;         ///< length on a raster's grid
using Metres = Strong<struct MetresTag, double>;               ///< length on the ground
using ClassCount = Strong<struct ClassCountTag, int>;          ///< number of classes, background included
using IgnoreLabel = Strong<struct IgnoreLabelTag, std::uint8_t>;  ///< label value that belongs to no class

/// The label value that every reader writes for "unknown" and every loss and metric skips.
inline constexpr IgnoreLabel ignore_label{std::uint8_t{255}};

/// Length on the ground of a run of pixels, given the pixel size in metres.
constexpr Metres ground_length(Pixels pixels, Metres pixel_size) {
  return Metres(static_cast<double>(pixels.value) * pixel_size.value);
}

static_assert(ground_length(Pixels(512), Metres(3.0)) == Metres(1536.0));

}  // namespace rts::inline RTS_ABI
