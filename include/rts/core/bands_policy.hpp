#pragma once
// Bands of imagery with name and unit, and the Input axis: which bands a recipe reads, in order.

#include <rts/core/reflect.hpp>

namespace rts::inline RTS_ABI::data {

// A band: a type with a name (as in version.json or the file's band description), a unit, and whether it is a visible colour.
// clang-format off
struct Red              { static constexpr std::string_view name = "red",   unit = "reflectance"; static constexpr bool colour = true; };
struct Green            { static constexpr std::string_view name = "green", unit = "reflectance"; static constexpr bool colour = true; };
struct Blue             { static constexpr std::string_view name = "blue",  unit = "reflectance"; static constexpr bool colour = true; };
struct Nir              { static constexpr std::string_view name = "nir",   unit = "reflectance"; static constexpr bool colour = false; };
struct Ndvi             { static constexpr std::string_view name = "ndvi",  unit = "1"; static constexpr bool colour = false; };
struct RelativeElevation{ static constexpr std::string_view name = "relative_elevation", unit = "m"; static constexpr bool colour = false; };
struct ShadedRelief     { static constexpr std::string_view name = "shaded_relief", unit = "1"; static constexpr bool colour = false; };
// clang-format on

template <class B>
concept Band = requires {
  { B::name } -> std::convertible_to<std::string_view>;
  { B::unit } -> std::convertible_to<std::string_view>;
  { B::colour } -> std::convertible_to<bool>;
};

namespace detail {
template <class... B>
consteval bool distinct() {
  const std::string_view names[] = {B::name..., ""};
  for (std::size_t i = 0; i < sizeof...(B); ++i)
    for (std::size_t j = i + 1; j < sizeof...(B); ++j)
      if (names[i] == names[j]) return false;
  return true;
}
}  // namespace detail

/// The Input axis: bands in the order of the network's channels.
template <class... B>
struct Bands : PolicyBase {
  using axis = axes::Input;
  static constexpr std::string_view name = "Bands";
  static constexpr int count = sizeof...(B);
  static constexpr bool well_formed = (Band<B> && ...);
  static constexpr bool unique = [] {
    if constexpr ((Band<B> && ...)) return detail::distinct<B...>();
    else return true;
  }();
  static constexpr std::array<std::string_view, sizeof...(B)> names{B::name...};
  static constexpr std::array<std::string_view, sizeof...(B)> units{B::unit...};
  static constexpr std::array<bool, sizeof...(B)> colour{B::colour...};

  static Description describe() {
    std::string list = "[";
    for (const auto n : names) list += (list.size() > 1 ? ", " : "") + std::string(n);
    return {"input", "Bands", {{"bands", list + "]"}}};
  }
};

}  // namespace rts::inline RTS_ABI::data
