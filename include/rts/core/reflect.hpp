#pragma once
// Turns option aggregates (structs adapted for Boost.Hana) into descriptions. No policy is known here.

#include <rts/core/description.hpp>
#include <rts/core/policy.hpp>

#include <boost/hana/accessors.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/second.hpp>

#include <array>

namespace rts::inline RTS_ABI {
namespace detail {

template <class T>
struct IsArray : std::false_type {};
template <class T, std::size_t N>
struct IsArray<std::array<T, N>> : std::true_type {};

template <class T>
Field field_of(std::string key, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return {std::move(key), value ? "true" : "false"};
  } else if constexpr (std::is_enum_v<T>) {
    return {std::move(key), std::string(to_text(value)), true};  // found by argument-dependent lookup
  } else if constexpr (IsArray<T>::value) {
    std::string text = "[";
    for (const auto& item : value)
      if (item != 0) text += (text.size() > 1 ? ", " : "") + number_text(item);
    return {std::move(key), text + "]"};
  } else {
    static_assert(std::is_arithmetic_v<T>, "option fields are numbers, bools, enums with to_text, or arrays of numbers");
    return {std::move(key), number_text(value)};
  }
}

template <class Options>
std::vector<Field> fields_of(const Options& options) {
  std::vector<Field> fields;
  boost::hana::for_each(boost::hana::accessors<Options>(), [&](auto accessor) {
    fields.push_back(field_of(boost::hana::first(accessor).c_str(), boost::hana::second(accessor)(options)));
  });
  return fields;
}

}  // namespace detail

/// What a policy is called and which options it carries. A policy with parts of its own says so in
/// `static Description describe()`; the others are reflected from `P::options`.
template <Policy P>
Description describe() {
  if constexpr (requires { { P::describe() } -> std::same_as<Description>; }) {
    return P::describe();
  } else {
    Description d{std::string(P::axis::name), std::string(P::name)};
    if constexpr (requires { P::options; }) d.fields = detail::fields_of(P::options);
    return d;
  }
}

}  // namespace rts::inline RTS_ABI
