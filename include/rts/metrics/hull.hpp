#pragma once
// The convex hull of a component whose rows come from top to bottom: two chains of a few points, joined when components are.

#include <rts/core/config.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace rts::inline RTS_ABI::metrics {

class Hull {
 public:
  /// Outer edges of the row's leftmost pixel, of its rightmost one. Further calls for the same row count only when they lie further out.
  void left(std::int32_t x, std::int32_t y) { add(left_, x, y, 1); }
  void right(std::int32_t x, std::int32_t y) { add(right_, x, y, -1); }
  void merge(Hull& other) {
    left_ = merged(left_, other.left_, 1);
    right_ = merged(right_, other.right_, -1);
    other = {};
  }

  /// Longer side of the smallest rectangle around the hull: one of its sides lies on a side of the hull. source: Freeman and Shapira 1975.
  double longer_side() const {
    std::vector<Point> all = left_;
    all.insert(all.end(), right_.rbegin(), right_.rend());
    double smallest = std::numeric_limits<double>::infinity(), side = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Point a = all[i], b = all[(i + 1) % all.size()];
      const double dx = b.x - a.x, dy = b.y - a.y, length = std::hypot(dx, dy);
      if (length == 0) continue;
      double low_u = 1e300, high_u = -1e300, low_v = 1e300, high_v = -1e300;
      for (const Point p : all) {
        const double u = (p.x * dx + p.y * dy) / length, v = (p.y * dx - p.x * dy) / length;
        low_u = std::min(low_u, u), high_u = std::max(high_u, u), low_v = std::min(low_v, v), high_v = std::max(high_v, v);
      }
      const double w = high_u - low_u, h = high_v - low_v;
      if (w * h < smallest) smallest = w * h, side = std::max(w, h);
    }
    return side;
  }

 private:
  struct Point {
    std::int32_t x, y;
  };
  /// Points come with y not falling. `sign` 1: the left chain, x convex over y; -1: the right one, concave.
  static void push(std::vector<Point>& chain, Point p, int sign) {
    if (!chain.empty() && chain.back().y == p.y) {
      if (sign * p.x >= sign * chain.back().x) return;
      chain.pop_back();
    }
    while (chain.size() >= 2) {
      const Point a = chain[chain.size() - 2], b = chain.back();
      const std::int64_t turn = static_cast<std::int64_t>(b.x - a.x) * (p.y - b.y) - static_cast<std::int64_t>(p.x - b.x) * (b.y - a.y);
      if (sign * turn < 0) break;
      chain.pop_back();
    }
    chain.push_back(p);
  }
  static void add(std::vector<Point>& chain, std::int32_t x, std::int32_t y, int sign) {
    push(chain, {x, y}, sign);
    push(chain, {x, y + 1}, sign);
  }
  static std::vector<Point> merged(const std::vector<Point>& a, const std::vector<Point>& b, int sign) {
    std::vector<Point> out;
    for (std::size_t i = 0, j = 0; i < a.size() || j < b.size();) push(out, j == b.size() || (i < a.size() && a[i].y <= b[j].y) ? a[i++] : b[j++], sign);
    return out;
  }

  std::vector<Point> left_, right_;
};

}  // namespace rts::inline RTS_ABI::metrics
