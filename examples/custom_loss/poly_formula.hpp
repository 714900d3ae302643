#pragma once
// A pointwise term of one's own: Poly-1 (Leng et al. 2022, equation 4), cross entropy plus epsilon (1 - p_t).
// One formula for g++ and nvcc, for a sigmoid and a softmax; it says d loss / d log p_t, the pass does the rest.

#include <rts/losses/pointwise_formula.hpp>

struct PolyTerm {
  static constexpr bool cuda = true;  // structures.def lists it for nvcc

  template <class M, class Real = typename M::Real>
  RTS_FORMULA static rts::kernels::PointValue<Real> at(const rts::kernels::Likelihood<Real>& x, const float* numbers) {
    const Real epsilon = numbers[0];
    return {x.nll + epsilon * x.q, -1 - epsilon * x.p};
  }
};
