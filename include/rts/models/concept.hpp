#pragma once
// The contract of the Model axis: what decoders need of an encoder and the engine of a model, at compile time.

#include <rts/core/policy.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace rts::inline RTS_ABI::models {

/// What a decoder needs to know of an encoder at compile time.
template <class E>
concept Encoder = requires {
  { E::variant } -> std::convertible_to<int>;
  { E::exists } -> std::convertible_to<bool>;
  { E::stride } -> std::convertible_to<int>;
  { E::pyramid } -> std::convertible_to<bool>;
  { E::is_global } -> std::convertible_to<bool>;
  { E::options.drop_path } -> std::convertible_to<double>;
  { E::library_name } -> std::convertible_to<std::string_view>;
};

/// What the engine needs of a model policy.
template <class M>
concept Model = PolicyOf<M, axes::Model> && requires {
  typename M::encoder;
  { M::needs_pyramid } -> std::convertible_to<bool>;
  { M::options.dropout } -> std::convertible_to<double>;
  { M::library_name() } -> std::convertible_to<std::string>;
};

}  // namespace rts::inline RTS_ABI::models
