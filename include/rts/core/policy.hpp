#pragma once
// What every policy is: a type that names its axis and itself, with capability constants that are off by default.

#include <rts/core/axes.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace rts::inline RTS_ABI {

/// Base of policies: every capability with its safe default.
struct PolicyBase {
  static constexpr bool needs_boundary_mask = false;  ///< reads the distance to a class border
  static constexpr bool uses_class_weights = false;   ///< needs class frequencies of the training split
  static constexpr bool hard_targets_only = false;    ///< cannot take soft labels
  static constexpr bool deterministic = true;         ///< same input gives the same bits
  static constexpr bool quarter_turns = false;        ///< swaps height and width
  static constexpr bool valid_options = true;         ///< every option within its range
};

/// A type that fills one axis of a recipe.
template <class P>
concept Policy = requires {
  typename P::axis;
  { P::axis::name } -> std::convertible_to<std::string_view>;
  { P::name } -> std::convertible_to<std::string_view>;
  { P::deterministic } -> std::convertible_to<bool>;
};

/// A policy that fills the axis `Axis`.
template <class P, class Axis>
concept PolicyOf = Policy<P> && std::same_as<typename P::axis, Axis>;

namespace diag {
/// Undefined on purpose: its name in a compiler message shows the two policies that clash.
template <class A, class B>
struct offender;
}  // namespace diag

namespace detail {

struct NoPolicy {};

template <class Axis, class P>
consteval bool fills() {
  if constexpr (Policy<P>) return std::is_same_v<typename P::axis, Axis>;
  else return false;
}

/// First of P... that fills Axis, else Default.
template <class Axis, class Default, class... P>
struct Resolve {
  using type = Default;
};
template <class Axis, class Default, class Head, class... Tail>
struct Resolve<Axis, Default, Head, Tail...> {
  using type = typename std::conditional_t<fills<Axis, Head>(), std::type_identity<Head>, Resolve<Axis, Default, Tail...>>::type;
};

template <class Axis, class... P>
inline constexpr std::size_t count_of = (std::size_t{0} + ... + (fills<Axis, P>() ? 1u : 0u));

/// List without the policies on Axis.
template <class Axis, class Kept, class... P>
struct Without;
template <class Axis, class... K>
struct Without<Axis, TypeList<K...>> {
  using type = TypeList<K...>;
};
template <class Axis, class... K, class Head, class... Tail>
struct Without<Axis, TypeList<K...>, Head, Tail...> {
  using type = typename std::conditional_t<fills<Axis, Head>(), Without<Axis, TypeList<K...>, Tail...>,
                                           Without<Axis, TypeList<K..., Head>, Tail...>>::type;
};

}  // namespace detail
}  // namespace rts::inline RTS_ABI
