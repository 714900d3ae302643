#pragma once
// Pointwise losses of one pixel as functions of the true class's likelihood, and the structure of a fused pass.
// Every formula is written once, for one logit with a sigmoid and for several with a softmax.

#include <rts/losses/math_formula.hpp>

#include <cstddef>

namespace rts::kernels {

/// What a pointwise term sees of a pixel: the probability p of its true class.
template <class Real>
struct Likelihood {
  Real p;         ///< in [0, 1]
  Real q;         ///< 1 - p, without cancellation
  Real nll;       ///< -log p; +inf where p is 0
  Real nll_safe;  ///< nll, finite: for products with p or q
  Real log_q;     ///< log(1 - p)
};

template <class Real>
struct PointValue {
  Real value;  ///< the loss
  Real slope;  ///< d loss / d log p, so that d loss / d logit is slope x q (sigmoid) or slope x (1[j = y] - p_j) (softmax)
};

/// (1 - p)^gamma (-log p). Gamma 0 is cross entropy; -1: gamma is a number, `numbers[0]`.
/// source: Lin et al. 2017, equation 5, without alpha, which is a factor of the class.
template <int Gamma>
struct FocalTerm {
  template <class M, class Real = typename M::Real>
  RTS_FORMULA static PointValue<Real> at(const Likelihood<Real>& x, const float* numbers) {
    if constexpr (Gamma == 0) return {x.nll, Real(-1)};
    if constexpr (Gamma == 1) return {x.q * x.nll, -(x.p * x.nll_safe + x.q)};
    if constexpr (Gamma == 2) return {x.q * x.q * x.nll, -x.q * (2 * x.p * x.nll_safe + x.q)};
    if constexpr (Gamma == 3) return {x.q * x.q * x.q * x.nll, -x.q * x.q * (3 * x.p * x.nll_safe + x.q)};
    const Real gamma = numbers[0];
    const Real focus = M::exp_negative(gamma * x.log_q);
    const bool tiny = x.q < Real(1e-20);
    const Real over_q = M::select(tiny, Real(1), x.nll_safe / M::select(tiny, Real(1), x.q));  // -log(1 - q) / q -> 1
    return {focus * x.nll, -focus * (gamma * x.p * over_q + Real(1))};
  }
};

/// A fused pass without its numbers: which pointwise terms. Region terms (Tversky and its kin) are numbers, not structure.
template <class... Terms>
struct Pointwise {
  static constexpr int terms = sizeof...(Terms);
  static constexpr int numbers_per_term = 4;
  /// Sum of the terms, each with its factor; numbers of term t begin at numbers + 4 t.
  template <class M, class Real = typename M::Real>
  RTS_FORMULA static PointValue<Real> at(const Likelihood<Real>& x, const Real* factors, const float* numbers) {
    PointValue<Real> sum{Real(0), Real(0)};
    int t = 0;
    (add<M>(sum, Terms::template at<M>(x, numbers + numbers_per_term * t), factors[t], t), ...);
    (void)factors, (void)numbers, (void)t, (void)x;
    return sum;
  }

 private:
  template <class M, class Real>
  RTS_FORMULA static void add(PointValue<Real>& sum, PointValue<Real> term, Real factor, int& t) {
    sum.value += factor * term.value;
    sum.slope += factor * term.slope;
    ++t;
  }
};

/// Likelihood under a sigmoid; `s` is the logit with the true class's sign.
template <class M>
RTS_FORMULA Likelihood<typename M::Real> sigmoid_likelihood(typename M::Real s) {
  using Real = typename M::Real;
  const Real e = M::exp_negative(-M::absolute(s));
  Real r, softplus;
  M::reciprocal_and_log1p(e, r, softplus);
  const bool wrong = s < Real(0);
  const Real er = e * r;
  Likelihood<Real> x;
  x.p = M::select(wrong, er, r);
  x.q = M::select(wrong, r, er);
  x.nll = M::select(wrong, -s, Real(0)) + softplus;
  x.nll_safe = M::select(x.nll < Real(1e30), x.nll, Real(1e30));
  x.log_q = M::select(wrong, Real(0), -s) - softplus;
  return x;
}

/// The same pixel seen from the other class.
template <class M, class Real = typename M::Real>
RTS_FORMULA Likelihood<Real> other_class(const Likelihood<Real>& x) {
  const Real nll = -x.log_q;
  return {x.q, x.p, nll, M::select(nll < Real(1e30), nll, Real(1e30)), -x.nll_safe};
}

}  // namespace rts::kernels
