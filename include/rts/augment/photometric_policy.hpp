#pragma once
// Transforms that change values. Colour transforms touch red, green and blue alone; labels never change.

#include <rts/augment/concept.hpp>
#include <rts/core/reflect.hpp>

#include <boost/hana/adapt_struct.hpp>

#include <cmath>
#include <numbers>

namespace rts::inline RTS_ABI::augment {
namespace detail {

inline PhotometricStep step(Photometric kind, double a, double b = 0) { return {kind, {static_cast<float>(a), static_cast<float>(b)}}; }

}  // namespace detail

struct ColourOptions {
  double limit = 0.2;  ///< factor in [1 - limit, 1 + limit]
  double p = 0.5;
};

namespace detail {

/// Draws one factor for a step on the colours.
template <Photometric Kind, ColourOptions O>
struct ColourFactor : TransformBase {
  static constexpr ColourOptions options = O;
  static constexpr bool needs_colour = true;
  static constexpr bool valid_options = O.limit >= 0 && O.limit <= 1;
  static void draw(Random& random, const Frame&, auto& sink) { sink(step(Kind, random.uniform(1 - O.limit, 1 + O.limit))); }
};

}  // namespace detail

/// Colours times a factor. Values are not clipped: what follows is float.
template <ColourOptions O = ColourOptions{}>
struct Brightness : detail::ColourFactor<Photometric::brightness, O> {
  static constexpr std::string_view name = "Brightness";
};

/// Colours drawn towards or away from the mean grey of the tile's valid pixels.
/// formula: mean + f (v - mean), grey = 0.299 red + 0.587 green + 0.114 blue
template <ColourOptions O = ColourOptions{}>
struct Contrast : detail::ColourFactor<Photometric::contrast, O> {
  static constexpr std::string_view name = "Contrast";
};

/// Colours drawn towards or away from each pixel's grey.
template <ColourOptions O = ColourOptions{}>
struct Saturation : detail::ColourFactor<Photometric::saturation, O> {
  static constexpr std::string_view name = "Saturation";
};

struct HueOptions {
  double degrees = 20;  ///< largest rotation
  double p = 0.5;
};

/// Colours rotated about the grey axis in YIQ: linear, where a shift of HSV's hue is not; brightness in the sense of grey stays.
template <HueOptions O = HueOptions{}>
struct Hue : TransformBase {
  static constexpr std::string_view name = "Hue";
  static constexpr HueOptions options = O;
  static constexpr bool needs_colour = true;
  static constexpr bool valid_options = O.degrees >= 0 && O.degrees <= 180;
  static void draw(Random& random, const Frame&, auto& sink) { sink(detail::step(Photometric::hue, random.uniform(-O.degrees, O.degrees) * std::numbers::pi / 180)); }
};

struct GammaOptions {
  double low = 0.8, high = 1.2;  ///< exponent
  double p = 0.5;
};

/// white (v / white)^gamma on colours, v cut to [0, white]. White: 255 for uint8, else mean + 3 standard deviations of the band.
template <GammaOptions O = GammaOptions{}>
struct Gamma : TransformBase {
  static constexpr std::string_view name = "Gamma";
  static constexpr GammaOptions options = O;
  static constexpr bool needs_colour = true;
  static constexpr bool valid_options = O.low > 0 && O.low <= O.high;
  static void draw(Random& random, const Frame&, auto& sink) { sink(detail::step(Photometric::gamma, random.uniform(O.low, O.high))); }
};

struct NoiseOptions {
  double low = 0.02, high = 0.1;  ///< standard deviation, in units of each band's
  double p = 0.3;
};

/// Gaussian noise on every band, each pixel its own, keyed by the tile's draw: the same on any number of threads.
template <NoiseOptions O = NoiseOptions{}>
struct Noise : TransformBase {
  static constexpr std::string_view name = "Noise";
  static constexpr NoiseOptions options = O;
  static constexpr bool valid_options = O.low >= 0 && O.low <= O.high;
  static void draw(Random& random, const Frame&, auto& sink) {
    PhotometricStep s = detail::step(Photometric::noise, random.uniform(O.low, O.high));
    s.seed = random.bits64();
    sink(s);
  }
};

struct ShadowOptions {
  double darkest = 0.5, lightest = 0.5;  ///< factor inside
  double widest = 0.5;                   ///< share of the tile's edge
  double p = 0.15;
};

/// The shadow of something long: a strip across the tile at any angle, colours times a factor.
template <ShadowOptions O = ShadowOptions{}>
struct Shadow : TransformBase {
  static constexpr std::string_view name = "Shadow";
  static constexpr ShadowOptions options = O;
  static constexpr bool needs_colour = true;
  static constexpr bool valid_options = O.darkest > 0 && O.darkest <= O.lightest&& O.lightest <= 1 && O.widest > 0 && O.widest <= 1;
  static void draw(Random& random, const Frame&, auto& sink) {
    PhotometricStep s = detail::step(Photometric::shadow, random.uniform(O.darkest, O.lightest));
    const double angle = random.uniform(0, 2 * std::numbers::pi), nx = std::cos(angle), ny = std::sin(angle);
    const double middle = nx * random.uniform(0, 1) + ny * random.uniform(0, 1), half = random.uniform(0.1, 1) * O.widest / 2;
    s.values[1] = static_cast<float>(nx), s.values[2] = static_cast<float>(ny);
    s.values[3] = static_cast<float>(middle - half), s.values[4] = static_cast<float>(middle + half);
    sink(s);
  }
};

struct BlurOptions {
  double low = 0.5, high = 1.5;  ///< sigma, pixels
  double p = 0.2;
};

/// Gaussian blur of every band; pixels without data count as the band's mean.
template <BlurOptions O = BlurOptions{}>
struct GaussianBlur : TransformBase {
  static constexpr std::string_view name = "GaussianBlur";
  static constexpr BlurOptions options = O;
  static constexpr bool reads_neighbours = true;
  static constexpr bool valid_options = O.low > 0 && O.low <= O.high;
  static void draw(Random& random, const Frame&, auto& sink) { sink(detail::step(Photometric::blur, random.uniform(O.low, O.high))); }
};

struct MedianOptions {
  int size = 5;  ///< pixels, 3 or 5
  double p = 0.2;
};

/// Median of a square of every band.
template <MedianOptions O = MedianOptions{}>
struct MedianBlur : TransformBase {
  static constexpr std::string_view name = "MedianBlur";
  static constexpr MedianOptions options = O;
  static constexpr bool reads_neighbours = true;
  static constexpr bool valid_options = O.size == 3 || O.size == 5;
  static void draw(Random&, const Frame&, auto& sink) { sink(detail::step(Photometric::median, O.size)); }
};

struct ClaheOptions {
  double clip = 2;  ///< largest clip limit; drawn from [1, clip]
  int cells = 8;    ///< along an edge
  double p = 0.15;
};

/// Contrast-limited adaptive histogram equalisation of grey; colours keep their differences to it.
template <ClaheOptions O = ClaheOptions{}>
struct Clahe : TransformBase {
  static constexpr std::string_view name = "Clahe";
  static constexpr ClaheOptions options = O;
  static constexpr bool reads_neighbours = true;
  static constexpr bool needs_colour = true;
  static constexpr bool valid_options = O.clip >= 1 && O.cells > 0;
  static void draw(Random& random, const Frame&, auto& sink) { sink(detail::step(Photometric::clahe, random.uniform(1, O.clip), O.cells)); }
};

struct CutOutOptions {
  int holes = 2;                         ///< at most; at least one
  double smallest = 0.1, largest = 0.2;  ///< edges, shares of the tile's
  double p = 0.3;
};

/// Rectangles set to every band's mean (0 after normalisation). Labels stay, so that the network fills in.
template <CutOutOptions O = CutOutOptions{}>
struct CutOut : TransformBase {
  static constexpr std::string_view name = "CutOut";
  static constexpr CutOutOptions options = O;
  static constexpr int most_steps = O.holes;
  static constexpr bool valid_options = O.holes >= 1 && O.holes <= 4 && O.smallest > 0 && O.smallest <= O.largest&& O.largest < 1;
  static void draw(Random& random, const Frame&, auto& sink) {
    for (int n = 1 + static_cast<int>(random.below(O.holes)); n > 0; --n) {
      PhotometricStep s{Photometric::cut_out};
      const double h = random.uniform(O.smallest, O.largest), w = random.uniform(O.smallest, O.largest);
      s.values[0] = static_cast<float>(random.uniform(0, 1 - h)), s.values[1] = static_cast<float>(random.uniform(0, 1 - w));
      s.values[2] = static_cast<float>(h), s.values[3] = static_cast<float>(w);
      sink(s);
    }
  }
};

struct CopyPasteOptions {
  int objects = 3;  ///< at most; at least one
  double p = 0.3;
};

/// Objects of other training tiles, turned by a random element of D4 and pasted at random places with data, before anything moves.
/// source: Ghiasi et al. 2021, "Simple copy-paste is a strong data augmentation method"; here objects are connected components of a label.
template <CopyPasteOptions O = CopyPasteOptions{}>
struct CopyPaste : TransformBase {
  static constexpr std::string_view name = "CopyPaste";
  static constexpr CopyPasteOptions options = O;
  static constexpr Phase phase = Phase::objects;
  static constexpr bool valid_options = O.objects >= 1;
  static void draw(Random& random, const Frame&, auto& sink) {
    const int n = 1 + static_cast<int>(random.below(O.objects));
    sink(PasteStep{n, random.bits64()});
  }
};

}  // namespace rts::inline RTS_ABI::augment
BOOST_HANA_ADAPT_STRUCT(rts::augment::ColourOptions, limit, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::HueOptions, degrees, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::GammaOptions, low, high, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::NoiseOptions, low, high, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::ShadowOptions, darkest, lightest, widest, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::BlurOptions, low, high, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::MedianOptions, size, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::ClaheOptions, clip, cells, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::CutOutOptions, holes, smallest, largest, p);
BOOST_HANA_ADAPT_STRUCT(rts::augment::CopyPasteOptions, objects, p);
