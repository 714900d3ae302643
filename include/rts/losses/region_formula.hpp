#pragma once
// Region losses from their sums: value and the two numbers that make the gradient of every pixel. For g++ and nvcc.

#include <rts/losses/math_formula.hpp>

namespace rts::kernels {

struct RegionSums {
  double tp = 0, predicted = 0, truth = 0;  ///< sum p t, sum p, sum t
};
struct RegionValue {
  double value = 0;     ///< of one group
  double constant = 0;  ///< d value / d p_i = constant + linear t_i
  double linear = 0;
};

/// formula: (1 - TI)^exponent, TI = (TP + eps) / (TP + alpha FN + beta FP + eps)
RTS_FORMULA RegionValue region_loss(const RegionSums& s, double alpha, double beta, double epsilon, double exponent) {
  const double top = s.tp + epsilon;
  const double bottom = s.tp + alpha * (s.truth - s.tp) + beta * (s.predicted - s.tp) + epsilon;
  if (!(bottom > 0) && !(bottom < 0) && bottom == bottom) return {};  // nothing there and no epsilon: a perfect region
  const double rest = 1 - top / bottom;  // 1 - TI
  const double outer = exponent == 1 ? 1.0 : rest > 0 ? exponent * pow(rest, exponent - 1)
                                                      : 0.0;
  const double by_tp = (bottom - top * (1 - alpha - beta)) / (bottom * bottom), by_predicted = -top * beta / (bottom * bottom);
  return {exponent == 1 ? rest : rest > 0   ? pow(rest, exponent)
                             : rest == rest ? 0.0
                                            : rest,
          -outer * by_predicted, -outer * by_tp};
}

}  // namespace rts::kernels
