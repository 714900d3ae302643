#pragma once
// Transforms that move pixels. Each draws the map from its result to its source; a chain makes one map of all of them.

#include <rts/augment/concept.hpp>
#include <rts/core/reflect.hpp>

#include <boost/hana/adapt_struct.hpp>

#include <cmath>
#include <numbers>

namespace rts::inline RTS_ABI::augment {
namespace detail {

struct Geometric : TransformBase {
  static constexpr Phase phase = Phase::geometric;
};

inline double radians(double degrees) { return degrees * std::numbers::pi / 180; }

/// A forward map about the tile's centre as the step that samples it.
inline GeometricStep about_centre(const Affine& forward, const Frame& f, Border border) {
  const double cx = (f.width - 1) * 0.5, cy = (f.height - 1) * 0.5;
  const Affine to{1, 0, -cx, 0, 1, -cy}, back{1, 0, cx, 0, 1, cy};
  return {back.after(forward).after(to).inverse(), border};
}

}  // namespace detail

struct ChanceOptions {
  double p = 0.5;  ///< probability of being applied
};

/// A turn of 0, 90, 180 or 270 degrees, each alike, as in albumentations. Needs square tiles.
template <ChanceOptions O = ChanceOptions{}>
struct Rotate90 : detail::Geometric {
  static constexpr std::string_view name = "Rotate90";
  static constexpr ChanceOptions options = O;
  static constexpr bool quarter_turns = true;
  static constexpr void draw(Random& random, const Frame& f, auto& sink) {
    const double last = f.width - 1;
    switch (random.below(4)) {
      case 1: return sink(GeometricStep{{0, -1, last, 1, 0, 0}});
      case 2: return sink(GeometricStep{{-1, 0, last, 0, -1, last}});
      case 3: return sink(GeometricStep{{0, 1, 0, -1, 0, last}});
    }
  }
};

/// Left to right.
template <ChanceOptions O = ChanceOptions{}>
struct FlipHorizontal : detail::Geometric {
  static constexpr std::string_view name = "FlipHorizontal";
  static constexpr ChanceOptions options = O;
  static constexpr void draw(Random&, const Frame& f, auto& sink) { sink(GeometricStep{{-1, 0, f.width - 1.0, 0, 1, 0}}); }
};

/// Top to bottom.
template <ChanceOptions O = ChanceOptions{}>
struct FlipVertical : detail::Geometric {
  static constexpr std::string_view name = "FlipVertical";
  static constexpr ChanceOptions options = O;
  static constexpr void draw(Random&, const Frame& f, auto& sink) { sink(GeometricStep{{1, 0, 0, 0, -1, f.height - 1.0}}); }
};

struct ShiftScaleRotateOptions {
  double shift = 0.1;    ///< largest shift along each axis, share of the tile's edge
  double scale = 0.2;    ///< factor in [1 - scale, 1 + scale]
  bool keep_shape = true;  ///< one factor for both axes; false: one each, as albumentations 2 draws them
  double rotate = 45;    ///< largest angle, degrees
  Border border = Border::reflect;
  double p = 0.5;
};

/// Scaled and rotated about the centre, then shifted; all uniform.
template <ShiftScaleRotateOptions O = ShiftScaleRotateOptions{}>
struct ShiftScaleRotate : detail::Geometric {
  static constexpr std::string_view name = "ShiftScaleRotate";
  static constexpr ShiftScaleRotateOptions options = O;
  static constexpr bool valid_options = O.shift >= 0 && O.shift < 1 && O.scale >= 0 && O.scale < 1 && O.rotate >= 0 && O.rotate <= 180;
  static void draw(Random& random, const Frame& f, auto& sink) {
    const double s = random.uniform(1 - O.scale, 1 + O.scale), t = O.keep_shape ? s : random.uniform(1 - O.scale, 1 + O.scale), a = detail::radians(random.uniform(-O.rotate, O.rotate));
    const double dx = random.uniform(-O.shift, O.shift) * f.width, dy = random.uniform(-O.shift, O.shift) * f.height;
    sink(detail::about_centre({s * std::cos(a), t * std::sin(a), dx, -s * std::sin(a), t * std::cos(a), dy}, f, O.border));
  }
};

struct ScaleOptions {
  double limit = 0.2;  ///< factor in [1 - limit, 1 + limit]
  Border border = Border::reflect;
  double p = 0.5;
};

/// Scaled about the centre.
template <ScaleOptions O = ScaleOptions{}>
struct RandomScale : detail::Geometric {
  static constexpr std::string_view name = "RandomScale";
  static constexpr ScaleOptions options = O;
  static constexpr bool valid_options = O.limit >= 0 && O.limit < 1;
  static void draw(Random& random, const Frame& f, auto& sink) {
    const double s = random.uniform(1 - O.limit, 1 + O.limit);
    sink(detail::about_centre({s, 0, 0, 0, s, 0}, f, O.border));
  }
};

struct ShearOptions {
  double degrees = 10;  ///< largest angle along each axis
  Border border = Border::reflect;
  double p = 0.3;
};

/// Sheared about the centre along both axes, angles uniform and independent.
template <ShearOptions O = ShearOptions{}>
struct Shear : detail::Geometric {
  static constexpr std::string_view name = "Shear";
  static constexpr ShearOptions options = O;
  static constexpr bool valid_options = O.degrees >= 0 && O.degrees < 45;
  static void draw(Random& random, const Frame& f, auto& sink) {
    const double x = std::tan(detail::radians(random.uniform(-O.degrees, O.degrees))), y = std::tan(detail::radians(random.uniform(-O.degrees, O.degrees)));
    sink(detail::about_centre({1, x, 0, y, 1, 0}, f, O.border));
  }
};

struct CropOptions {
  int smallest = 256, largest = 512;  ///< edge of the crop along the tile's height, pixels
  double p = 0.5;
};

/// A crop of the tile at a random place, stretched to the whole tile; its edge is uniform, its shape the tile's.
template <CropOptions O = CropOptions{}>
struct RandomCrop : detail::Geometric {
  static constexpr std::string_view name = "RandomCrop";
  static constexpr CropOptions options = O;
  static constexpr bool valid_options = O.smallest > 0 && O.smallest <= O.largest;
  static constexpr int largest_crop = O.largest;
  static void draw(Random& random, const Frame& f, auto& sink) {
    const double share = (O.smallest + static_cast<int>(random.below(static_cast<std::uint32_t>(O.largest - O.smallest + 1)))) / static_cast<double>(f.height);
    const double left = random.uniform(0, 1) * (1 - share) * f.width, top = random.uniform(0, 1) * (1 - share) * f.height;
    // edges of pixels map to edges: centre x goes to left + (x + 1/2) share - 1/2
    sink(GeometricStep{{share, 0, left + share / 2 - 0.5, 0, share, top + share / 2 - 0.5}});
  }
};

struct ElasticOptions {
  double alpha = 120;  ///< strength
  double sigma = 6;    ///< smoothness, pixels
  Border border = Border::reflect;
  double p = 0.3;
};

/// A smooth random displacement. source: Simard, Steinkraus, Platt 2003; noise normalised by its largest value, as albumentations 2 does.
/// The field is a cubic B-spline over nodes 2/3 sigma apart whose covariance equals that of smoothed white noise to 1 %, and lies on
/// the pixels of the network's input; what comes after it in the chain does not deform it.
template <ElasticOptions O = ElasticOptions{}>
struct Elastic : detail::Geometric {
  static constexpr std::string_view name = "Elastic";
  static constexpr ElasticOptions options = O;
  static constexpr bool elastic = true;
  static constexpr bool valid_options = O.alpha > 0 && O.sigma >= 1;
  static constexpr void draw(Random& random, const Frame&, auto& sink) { sink(ElasticStep{static_cast<float>(O.alpha), static_cast<float>(O.sigma), random.bits64(), O.border}); }
};

}  // namespace rts::inline RTS_ABI::augment
BOOST_HANA_ADAPT_STRUCT(rts::augment::ChanceOptions, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::ShiftScaleRotateOptions, shift, scale, keep_shape, rotate, border, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::ScaleOptions, limit, border, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::ShearOptions, degrees, border, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::CropOptions, smallest, largest, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::ElasticOptions, alpha, sigma, border, p);
