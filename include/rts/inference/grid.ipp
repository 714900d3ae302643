#pragma once
#include <rts/inference/grid.hpp>

#include <rts/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace rts::inline RTS_ABI::inference {
namespace detail {

inline void add_up(Axis& a) {
  a.total.assign(static_cast<std::size_t>(a.length), 0.0f);
  for (std::size_t k = 0; k < a.starts.size(); ++k)
    for (int i = 0; i < a.window && a.starts[k] + i < a.length; ++i) a.total[static_cast<std::size_t>(a.starts[k] + i)] += a.weight(k)[static_cast<std::size_t>(i)];
}

}  // namespace detail

RTS_INLINE Axis blended_axis(int length, int window, double overlap) {
  const int step = std::clamp(static_cast<int>(std::lround(window * (1 - overlap))), 1, window), shared = window - step;
  Axis a{length, window, {0}, {std::vector<float>(static_cast<std::size_t>(window), 1.0f)}, {}};
  while (a.starts.back() + window < length) a.starts.push_back(a.starts.back() + step);
  for (int i = 0; i < shared; ++i) {
    const float s = std::sin(0.5f * std::numbers::pi_v<float> * (static_cast<float>(i) + 0.5f) / static_cast<float>(shared)), v = s * s;
    for (const int at : {i, window - 1 - i}) a.weights[0][static_cast<std::size_t>(at)] = std::min(a.weights[0][static_cast<std::size_t>(at)], v);
  }
  detail::add_up(a);
  return a;
}

RTS_INLINE Axis halo_axis(int length, int window, int halo, int stride) {
  const int step = (window - 2 * halo) / stride * stride;
  RTS_CHECK_USAGE(step > 0 && window % stride == 0, .code = "RTS-I58", .what = "a window too small for its halo", .expected = "a multiple of " + std::to_string(stride) + " above " + std::to_string(2 * halo + stride - 1) + " pixels", .found = std::to_string(window), .fix = "use a larger window, or blending");
  Axis a{length, window, {0}, {}, {}};
  const int end = (length + stride - 1) / stride * stride;
  while (a.starts.back() + window < end) a.starts.push_back(std::min(a.starts.back() + step, end - window));
  int from = 0;  // first pixel that is no window's yet
  for (std::size_t k = 0; k < a.starts.size(); ++k) {
    const int to = k + 1 == a.starts.size() ? length : a.starts[k] + window - halo;
    std::vector<float> mine(static_cast<std::size_t>(window), 0.0f);
    for (int p = from; p < std::min(to, length); ++p) mine[static_cast<std::size_t>(p - a.starts[k])] = 1;
    from = std::max(from, to);
    a.weights.push_back(std::move(mine));
  }
  detail::add_up(a);
  return a;
}

}  // namespace rts::inline RTS_ABI::inference
