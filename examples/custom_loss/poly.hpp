#pragma once
// The loss policy around the formula: options, their range, their numbers.

#include "poly_formula.hpp"

#include <rts/recipe.hpp>

struct PolyOptions {
  double epsilon = 1;  ///< weight of 1 - p_t, >= -1
};
BOOST_HANA_ADAPT_STRUCT(PolyOptions, epsilon);

template <PolyOptions O = PolyOptions{}>
struct Poly : rts::losses::PointwiseLoss<PolyTerm> {
  static constexpr std::string_view name = "Poly";
  static constexpr PolyOptions options = O;
  static constexpr bool valid_options = O.epsilon >= -1;
  static rts::losses::LossNumbers numbers() { return {.points = {{.formula = {static_cast<float>(O.epsilon)}}}}; }
};
