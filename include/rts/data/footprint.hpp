#pragma once
// Footprints on the Earth in one frame that works across UTM zones, at high latitude and across the antimeridian.

#include <rts/core/config.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace rts::inline RTS_ABI::data {

/// Earth-centred, Earth-fixed metres.
using Point3 = std::array<double, 3>;

/// WGS 84 longitude and latitude in degrees to Earth-centred metres.
inline Point3 earth_centred(double longitude, double latitude) {
  constexpr double a = 6378137.0, e2 = 0.00669437999014, rad = 3.14159265358979323846 / 180;
  const double s = std::sin(latitude * rad), c = std::cos(latitude * rad), n = a / std::sqrt(1 - e2 * s * s);
  return {n * c * std::cos(longitude * rad), n * c * std::sin(longitude * rad), n * (1 - e2) * s};
}

/// Four corners of a raster, in order around it.
struct Footprint {
  std::array<Point3, 4> corners{};

  Point3 centre() const {
    Point3 m{};
    for (const Point3& p : corners)
      for (int i = 0; i < 3; ++i) m[i] += p[i] / 4;
    return m;
  }
  double radius() const {
    const Point3 m = centre();
    double r = 0;
    for (const Point3& p : corners) r = std::max(r, std::hypot(p[0] - m[0], p[1] - m[1], p[2] - m[2]));
    return r;
  }
};

namespace detail {
using Quad = std::array<std::array<double, 2>, 4>;

/// Coordinates in the plane that touches the Earth at `origin`; exact enough for footprints of tens of kilometres.
inline Quad in_plane(const Footprint& f, const Point3& origin) {
  const double r = std::hypot(origin[0], origin[1], origin[2]);
  const Point3 up{origin[0] / r, origin[1] / r, origin[2] / r};
  Point3 axis = std::abs(up[2]) < 0.9 ? Point3{0, 0, 1} : Point3{1, 0, 0};
  auto cross = [](const Point3& a, const Point3& b) { return Point3{a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]}; };
  Point3 x = cross(axis, up);
  const double n = std::hypot(x[0], x[1], x[2]);
  for (double& v : x) v /= n;
  const Point3 y = cross(up, x);
  Quad q;
  for (int i = 0; i < 4; ++i) {
    const Point3 d{f.corners[i][0] - origin[0], f.corners[i][1] - origin[1], f.corners[i][2] - origin[2]};
    q[i] = {d[0] * x[0] + d[1] * x[1] + d[2] * x[2], d[0] * y[0] + d[1] * y[1] + d[2] * y[2]};
  }
  return q;
}

inline double point_segment(const std::array<double, 2>& p, const std::array<double, 2>& a, const std::array<double, 2>& b) {
  const double dx = b[0] - a[0], dy = b[1] - a[1], l2 = dx * dx + dy * dy;
  const double t = l2 > 0 ? std::clamp(((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / l2, 0.0, 1.0) : 0;
  return std::hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

/// Depth of overlap of two convex quadrilaterals along their edge normals; negative when apart.
inline double penetration(const Quad& a, const Quad& b) {
  double least = 1e300;
  for (const Quad* q : {&a, &b})
    for (int i = 0; i < 4; ++i) {
      const auto& p = (*q)[i];
      const auto& r = (*q)[(i + 1) % 4];
      const double nx = r[1] - p[1], ny = p[0] - r[0], n = std::hypot(nx, ny);
      if (n == 0) continue;
      double lo[2] = {1e300, 1e300}, hi[2] = {-1e300, -1e300};
      for (int k = 0; k < 2; ++k)
        for (const auto& v : k == 0 ? a : b) {
          const double d = (v[0] * nx + v[1] * ny) / n;
          lo[k] = std::min(lo[k], d);
          hi[k] = std::max(hi[k], d);
        }
      least = std::min(least, std::min(hi[0], hi[1]) - std::max(lo[0], lo[1]));
    }
  return least;
}
}  // namespace detail

/// Metres between two footprints; 0 or less when they overlap (the depth of the overlap, negated).
inline double distance(const Footprint& a, const Footprint& b) {
  const Point3 ca = a.centre(), cb = b.centre();
  const Point3 origin{(ca[0] + cb[0]) / 2, (ca[1] + cb[1]) / 2, (ca[2] + cb[2]) / 2};
  const detail::Quad p = detail::in_plane(a, origin), q = detail::in_plane(b, origin);
  const double depth = detail::penetration(p, q);
  if (depth > 0) return -depth;
  double least = 1e300;
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      least = std::min(least, detail::point_segment(p[i], q[j], q[(j + 1) % 4]));
      least = std::min(least, detail::point_segment(q[i], p[j], p[(j + 1) % 4]));
    }
  return least;
}

}  // namespace rts::inline RTS_ABI::data
