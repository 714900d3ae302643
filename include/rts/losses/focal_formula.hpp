#pragma once
// Focal loss of one pixel, value and derivative, for g++ and nvcc alike.

#include <rts/core/config.hpp>

#include <cmath>

namespace rts::kernels {

struct ValueAndSlope {
  float value, slope;  ///< loss, d loss / d logit
};

/// formula: -alpha_t (1 - p_t)^gamma log(p_t); source: Lin et al. 2017, equation 5. Finite for any finite logit.
RTS_HD inline ValueAndSlope focal(float logit, bool positive, float gamma, float alpha) {
  const float sign = positive ? 1.0f : -1.0f, s = sign * logit;      // logit of the true class
  const float e = expf(-fabsf(s));
  const float q = s >= 0 ? e / (1 + e) : 1 / (1 + e);                // 1 - p_t
  const float ce = (s < 0 ? -s : 0.0f) + log1pf(e);                  // -log p_t
  const float weight = positive ? alpha : 1 - alpha, focus = powf(q, gamma);
  return {weight * focus * ce, -sign * weight * focus * (q + gamma * (1 - q) * ce)};
}

}  // namespace rts::kernels
