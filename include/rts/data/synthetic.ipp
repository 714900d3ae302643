#pragma once
#include <rts/data/synthetic.hpp>

#include <rts/core/philox_formula.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace rts::inline RTS_ABI::data {
namespace synthetic {

/// Value noise on a lattice, smooth in between, in [-1, 1].
class Noise {
 public:
  Noise(std::uint64_t seed, std::uint32_t stream) : key0_(static_cast<std::uint32_t>(seed) ^ (stream * 0x9E3779B9u)), key1_(static_cast<std::uint32_t>(seed >> 32) + stream) {}
  float at(double x, double y) const {
    const double fx = std::floor(x), fy = std::floor(y);
    const auto ix = static_cast<std::int32_t>(fx), iy = static_cast<std::int32_t>(fy);
    const double u = smooth(x - fx), v = smooth(y - fy);
    const double a = lattice(ix, iy), b = lattice(ix + 1, iy), c = lattice(ix, iy + 1), d = lattice(ix + 1, iy + 1);
    return static_cast<float>((a + (b - a) * u) * (1 - v) + (c + (d - c) * u) * v);
  }
  /// Octaves from `wavelength` pixels down, each half as strong.
  float fractal(double x, double y, double wavelength, int octaves) const {
    double sum = 0, amplitude = 1, total = 0;
    for (int o = 0; o < octaves; ++o, amplitude *= 0.5, wavelength *= 0.5) {
      sum += amplitude * at(x / wavelength + 31.7 * o, y / wavelength - 17.3 * o);
      total += amplitude;
    }
    return static_cast<float>(sum / total);
  }

 private:
  static double smooth(double t) { return t * t * t * (t * (t * 6 - 15) + 10); }
  double lattice(std::int32_t x, std::int32_t y) const {
    std::uint32_t h = static_cast<std::uint32_t>(x) * 0x8DA6B343u + static_cast<std::uint32_t>(y) * 0xD8163841u + key0_;
    h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
    h = (h ^ (h >> 12)) * 0x297A2D39u + key1_;
    h = (h ^ (h >> 15)) * 0x85EBCA6Bu;
    return static_cast<double>(h ^ (h >> 16)) / 2147483648.0 - 1.0;
  }
  std::uint32_t key0_, key1_;
};

inline float mix(float a, float b, float t) { return a + (b - a) * t; }
inline float ramp(float x, float low, float high) { return std::clamp((x - low) / (high - low), 0.0f, 1.0f); }

/// The scene in the making.
struct Builder {
  const SceneOptions& o;
  Scene s;
  std::size_t area;
  std::vector<float> elevation, drainage, bare, wall;  // bare: share of bare ground; wall: headwall strength

  explicit Builder(const SceneOptions& options) : o(options) {
    s.width = o.width;
    s.height = o.height;
    area = static_cast<std::size_t>(o.width) * static_cast<std::size_t>(o.height);
    s.label.assign(area, 0);
    s.valid.assign(area, 1);
    bare.assign(area, 0);
    wall.assign(area, 0);
  }
  std::size_t index(int x, int y) const { return static_cast<std::size_t>(y) * static_cast<std::size_t>(o.width) + static_cast<std::size_t>(x); }

  template <class F>
  void each(F&& f) const {
    for (int y = 0; y < o.height; ++y)
      for (int x = 0; x < o.width; ++x) f(x, y, index(x, y));
  }

  void terrain() {
    elevation.resize(area);
    drainage.resize(area);
    const Noise relief(o.seed, 1), channel(o.seed, 2);
    each([&](int x, int y, std::size_t i) {
      const float n = channel.fractal(x, y, 420, 4);
      drainage[i] = std::exp(-n * n / (2 * 0.035f * 0.035f));            // 1 in the channel
      const float valley = std::exp(-n * n / (2 * 0.18f * 0.18f));
      elevation[i] = 60 * relief.fractal(x, y, 600, 6) + 4 * relief.fractal(x, y, 40, 3) - 18 * valley - 3 * drainage[i];
    });
  }

  void gradient(int x, int y, float& gx, float& gy) const {
    const int r = 6;
    const int x0 = std::max(0, x - r), x1 = std::min(o.width - 1, x + r), y0 = std::max(0, y - r), y1 = std::min(o.height - 1, y + r);
    gx = (elevation[index(x1, y)] - elevation[index(x0, y)]) / static_cast<float>((x1 - x0) * o.pixel_size);
    gy = (elevation[index(x, y1)] - elevation[index(x, y0)]) / static_cast<float>((y1 - y0) * o.pixel_size);
  }

  /// Scars until the wanted share of grid tiles holds one.
  void scars() {
    const int columns = o.width / o.tile, rows = o.height / o.tile;
    const auto wanted = static_cast<std::size_t>(std::lround(o.positive_share * columns * rows));
    std::set<int> touched;
    Random random(o.seed, 0x5CA2u, 0);
    const std::vector<float> ground = elevation;
    for (int attempt = 0; touched.size() < wanted && attempt < 20000; ++attempt) {
      const int cx = static_cast<int>(random.below(static_cast<std::uint32_t>(o.width))), cy = static_cast<int>(random.below(static_cast<std::uint32_t>(o.height)));
      const double length = random.uniform(22, 62), wide = length * random.uniform(0.32, 0.5), depth = random.uniform(2, 6);
      float gx, gy;
      gradient(cx, cy, gx, gy);
      const double slope = std::hypot(gx, gy);
      if (slope < 0.05 || slope > 0.6 || s.label[index(cx, cy)]) continue;
      const double dx = -gx / slope, dy = -gy / slope;  // downhill
      carve(cx, cy, dx, dy, length, wide, depth, random.bits(), touched, columns);
      ++s.scars;
    }
  }

  /// Horseshoe: round head with a wall, floor, and a tongue that narrows downhill.
  void carve(int cx, int cy, double dx, double dy, double length, double wide, double depth, std::uint32_t stream, std::set<int>& touched, int columns) {
    const Noise edge(o.seed ^ 0xED6Eu, stream);
    const int reach = static_cast<int>(length + wide) + 4;
    for (int y = std::max(0, cy - reach); y < std::min(o.height, cy + reach); ++y)
      for (int x = std::max(0, cx - reach); x < std::min(o.width, cx + reach); ++x) {
        const double u = (x - cx) * dx + (y - cy) * dy, v = -(x - cx) * dy + (y - cy) * dx;
        const double wobble = 1 + 0.22 * edge.fractal(x, y, 14, 2);
        const double r = wide * wobble;
        double inside;  // above 0 within, in pixels from the rim
        if (u < 0) inside = r - std::hypot(u, v);
        else inside = r * (1 - 0.62 * std::min(1.0, u / (0.55 * length))) - std::abs(v);
        if (u > length - wide) inside = std::min(inside, (length - wide - u) + 0.38 * r);
        if (inside <= 0) continue;
        const std::size_t i = index(x, y);
        s.label[i] = 1;
        if (x / o.tile < columns && y / o.tile < o.height / o.tile) touched.insert(y / o.tile * columns + x / o.tile);
        const bool head = u < 0.15 * length;
        const double rim = head ? std::exp(-inside * inside / (2 * 1.6 * 1.6)) : 0;
        wall[i] = std::max(wall[i], static_cast<float>(rim));
        bare[i] = std::max(bare[i], static_cast<float>(std::min(1.0, inside / 1.5)));
        elevation[i] -= static_cast<float>(depth * std::min(1.0, inside / 3) * (1 - std::clamp(u / length, 0.0, 1.0)));
        if (u > 0.7 * (length - wide)) elevation[i] += static_cast<float>(0.8 * std::min(1.0, inside / 4));
      }
  }

  /// Bare banks along channels and bare patches on slopes: the floor's material without its form.
  void bare_ground() {
    const Noise patch(o.seed, 11), bank(o.seed, 12), rim(o.seed, 13);
    const float c = static_cast<float>(o.confusers);
    each([&](int x, int y, std::size_t i) {
      if (s.label[i]) return;
      const float p = patch.fractal(x, y, 64, 3) + 0.12f * rim.fractal(x, y, 9, 2);
      const float spot = ramp(p, 0.56f - 0.03f * c, 0.6f - 0.03f * c);
      const float along = bank.fractal(x, y, 110, 2);
      const float side = ramp(drainage[i], 0.35f, 0.55f) * ramp(along, 0.12f - 0.05f * c, 0.2f - 0.05f * c);
      bare[i] = std::max(bare[i], std::max(spot, side));
    });
  }

  void colours() {
    const Noise moisture(o.seed, 21), grain(o.seed, 22), raft(o.seed, 23), fire(o.seed, 24), pond(o.seed, 25), turbid(o.seed, 26), speck(o.seed, 27), soil(o.seed, 28);
    Random season_draw(o.seed, 0x5EA5u, 0);
    const float season = static_cast<float>(season_draw.uniform(0.55, 1.0));  // 1: high summer
    const float c = static_cast<float>(o.confusers);
    for (auto* plane : {&s.red, &s.green, &s.blue, &s.nir, &s.ndvi}) plane->resize(area);
    relief();
    each([&](int x, int y, std::size_t i) {
      const float wet = 0.5f + 0.5f * moisture.fractal(x, y, 160, 4), fine = grain.fractal(x, y, 7, 2), tint = soil.fractal(x, y, 48, 3);
      // Tundra: greener where wet and late.
      float red = 0.055f + 0.03f * (1 - wet) + 0.02f * (1 - season), green = 0.07f + 0.012f * wet, blue = 0.042f + 0.006f * wet, nir = 0.17f + 0.14f * wet * season;
      const float burnt = ramp(fire.fractal(x, y, 300, 4), 0.5f - 0.06f * c, 0.56f - 0.06f * c);
      red = mix(red, 0.06f, burnt), green = mix(green, 0.05f, burnt), blue = mix(blue, 0.04f, burnt), nir = mix(nir, 0.1f, burnt);
      // Bare ground, scar or not: the same mixture with rafts of surviving vegetation.
      const float rafts = ramp(raft.fractal(x, y, 11, 2), 0.25f, 0.45f);
      const float b = bare[i] * (1 - 0.75f * rafts);
      const float bright = 1 + 0.25f * tint + 0.18f * fine;
      red = mix(red, 0.14f * bright, b), green = mix(green, 0.115f * bright, b), blue = mix(blue, 0.085f * bright, b), nir = mix(nir, 0.19f * bright, b);
      // Headwall: ice and shadow, a thin dark line with a bright lip.
      const float w = wall[i];
      red = mix(red, 0.075f, 0.8f * w), green = mix(green, 0.075f, 0.8f * w), blue = mix(blue, 0.075f, 0.8f * w), nir = mix(nir, 0.1f, 0.8f * w);
      // Ponds in flat hollows; some carry mud of the floor's colour.
      const float water = s.label[i] ? 0.0f : ramp(pond.fractal(x, y, 90, 2) - 0.004f * s.relative_elevation[i], 0.56f - 0.03f * c, 0.6f - 0.03f * c);
      const float mud = ramp(turbid.fractal(x, y, 200, 1), 0.1f, 0.3f);
      red = mix(red, mix(0.03f, 0.13f, mud), water), green = mix(green, mix(0.04f, 0.11f, mud), water), blue = mix(blue, mix(0.05f, 0.085f, mud), water), nir = mix(nir, mix(0.02f, 0.12f, mud), water);
      const float light = 0.72f + 0.28f * (s.shaded_relief[i] / 180.0f);
      const float noise = 1 + 0.05f * speck.at(x * 0.93, y * 0.93) + 0.04f * speck.at(x * 0.41 + 7, y * 0.41);
      s.red[i] = red * light * noise, s.green[i] = green * light * noise, s.blue[i] = blue * light * noise, s.nir[i] = nir * light * noise;
    });
    clouds();
    each([&](int, int, std::size_t i) { s.ndvi[i] = (s.nir[i] - s.red[i]) / std::max(s.nir[i] + s.red[i], 1e-3f); });
  }

  /// Shaded relief and relative elevation of the finished terrain.
  void relief() {
    s.shaded_relief.resize(area);
    s.relative_elevation.resize(area);
    const float zenith = std::sin(0.7f), flat = std::cos(0.7f);  // sun 40 degrees high, from the north-west
    each([&](int x, int y, std::size_t i) {
      const int x0 = std::max(0, x - 1), x1 = std::min(o.width - 1, x + 1), y0 = std::max(0, y - 1), y1 = std::min(o.height - 1, y + 1);
      const float gx = (elevation[index(x1, y)] - elevation[index(x0, y)]) / static_cast<float>((x1 - x0) * o.pixel_size);
      const float gy = (elevation[index(x, y1)] - elevation[index(x, y0)]) / static_cast<float>((y1 - y0) * o.pixel_size);
      const float shade = (zenith + flat * 0.7071f * (gx + gy)) / std::sqrt(1 + gx * gx + gy * gy);
      s.shaded_relief[i] = 255 * std::clamp(shade, 0.0f, 1.0f);
    });
    // Elevation minus its mean over 61 x 61 pixels, by sums over rectangles.
    const int r = 30;
    std::vector<double> sums((static_cast<std::size_t>(o.width) + 1) * (static_cast<std::size_t>(o.height) + 1), 0);
    const auto sum = [&](int x, int y) -> double& { return sums[static_cast<std::size_t>(y) * (static_cast<std::size_t>(o.width) + 1) + static_cast<std::size_t>(x)]; };
    each([&](int x, int y, std::size_t i) { sum(x + 1, y + 1) = elevation[i] + sum(x, y + 1) + sum(x + 1, y) - sum(x, y); });
    each([&](int x, int y, std::size_t i) {
      const int x0 = std::max(0, x - r), x1 = std::min(o.width, x + r + 1), y0 = std::max(0, y - r), y1 = std::min(o.height, y + r + 1);
      const double mean = (sum(x1, y1) - sum(x0, y1) - sum(x1, y0) + sum(x0, y0)) / (static_cast<double>(x1 - x0) * (y1 - y0));
      s.relative_elevation[i] = elevation[i] - static_cast<float>(mean);
    });
  }

  void clouds() {
    const Noise cover(o.seed, 31);
    const float c = static_cast<float>(o.confusers);
    const auto density = [&](int x, int y) { return ramp(cover.fractal(x, y, 220, 5), 0.5f - 0.03f * c, 0.75f); };
    each([&](int x, int y, std::size_t i) {
      const float shadow = 1 - 0.5f * density(x - 14, y - 14), white = 0.85f * density(x, y);
      s.red[i] = mix(s.red[i] * shadow, 0.42f, white), s.green[i] = mix(s.green[i] * shadow, 0.43f, white), s.blue[i] = mix(s.blue[i] * shadow, 0.45f, white), s.nir[i] = mix(s.nir[i] * shadow, 0.46f, white);
    });
  }

  /// A slanted border without data, as swath edges leave it.
  void border() {
    Random random(o.seed, 0xB0DEu, 0);
    const double slant = random.uniform(-0.02, 0.02), base = o.nodata_border * o.width;
    const bool left = random.chance(0.5);
    each([&](int x, int y, std::size_t i) {
      const double from_edge = left ? x : o.width - 1 - x;
      if (from_edge < base + slant * (y - o.height / 2.0)) s.valid[i] = 0;
    });
  }
};

}  // namespace synthetic

RTS_INLINE Scene make_scene(const SceneOptions& options) {
  synthetic::Builder b(options);
  b.terrain();
  b.scars();
  b.bare_ground();
  b.colours();
  b.border();
  return std::move(b.s);
}

}  // namespace rts::inline RTS_ABI::data
