#pragma once
#include <rts/metrics/confusion.hpp>

#include <rts/core/error.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace rts::inline RTS_ABI::metrics {
namespace detail {

inline double share(std::int64_t part, std::int64_t whole) { return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : std::numeric_limits<double>::quiet_NaN(); }

}  // namespace detail

RTS_INLINE void Confusion::add(const std::uint8_t* truth, const std::uint8_t* prediction, const std::uint8_t* valid, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    if ((valid && !valid[i]) || truth[i] >= classes_) continue;
    RTS_CHECK(prediction[i] < classes_, .code = "RTS-V64", .what = "a predicted class outside the task", .where = "pixel " + std::to_string(i), .expected = "0 to " + std::to_string(classes_ - 1), .found = std::to_string(prediction[i]), .fix = "score with the classes of the model");
    ++counts_[static_cast<std::size_t>(truth[i] * classes_ + prediction[i])];
  }
}
RTS_INLINE std::int64_t Confusion::row(int c) const {
  std::int64_t sum = 0;
  for (int k = 0; k < classes_; ++k) sum += count(c, k);
  return sum;
}
RTS_INLINE std::int64_t Confusion::column(int c) const {
  std::int64_t sum = 0;
  for (int k = 0; k < classes_; ++k) sum += count(k, c);
  return sum;
}
RTS_INLINE double Confusion::iou(int c) const { return detail::share(count(c, c), row(c) + column(c) - count(c, c)); }
RTS_INLINE double Confusion::dice(int c) const { return detail::share(2 * count(c, c), row(c) + column(c)); }
RTS_INLINE double Confusion::recall(int c) const { return detail::share(count(c, c), row(c)); }
RTS_INLINE double Confusion::precision(int c) const { return detail::share(count(c, c), column(c)); }
template <class F>
double Confusion::mean(F&& f) const {
  double sum = 0;
  int n = 0;
  for (int c = 0; c < classes_; ++c)
    if (const double v = f(c); std::isfinite(v)) sum += v, ++n;
  return n > 0 ? sum / n : std::numeric_limits<double>::quiet_NaN();
}
RTS_INLINE double Confusion::mean_iou() const {
  return mean([&](int c) { return iou(c); });
}
RTS_INLINE double Confusion::mean_dice() const {
  return mean([&](int c) { return dice(c); });
}
RTS_INLINE double Confusion::mean_accuracy() const {
  return mean([&](int c) { return recall(c); });
}
RTS_INLINE double Confusion::pixel_accuracy() const {
  std::int64_t right = 0, all = 0;
  for (int c = 0; c < classes_; ++c) right += count(c, c), all += row(c);
  return detail::share(right, all);
}

}  // namespace rts::inline RTS_ABI::metrics
