#pragma once
// The numbers of a recipe's loss, boundary and targets, as the pass reads them at run time. Policies say them; std alone.

#include <rts/core/config.hpp>

#include <array>
#include <string_view>
#include <vector>

namespace rts::inline RTS_ABI {

namespace losses {

/// How much a class counts, from its pixels in the training split. Background is class 0.
enum class ClassWeights { none,                ///< every class 1
                          linear,              ///< background 1, object: background pixels / object pixels
                          square_root,         ///< background 1, object: the root of that ratio
                          logarithm,           ///< background 1, object: the natural logarithm of that ratio
                          inverse_frequency };  ///< 1 / share of pixels, rescaled so that the largest is `largest`
constexpr std::string_view to_text(ClassWeights w) {
  constexpr std::array<std::string_view, 5> names{"none", "linear", "square_root", "logarithm", "inverse_frequency"};
  return names[static_cast<std::size_t>(w)];
}

/// Over what the sums of a region loss run, for each class.
enum class Per { image,
                 batch };
constexpr std::string_view to_text(Per p) { return p == Per::image ? "image" : "batch"; }

/// One pointwise term: weight x mean over the LossMask of factor(class) x formula.
struct PointNumbers {
  double weight = 1;
  std::array<float, 4> formula{};  ///< what the term's formula reads
  bool focal = false;              ///< the formula is focal with gamma = formula[0]: composed operators know it
  double alpha = -1;               ///< factor of classes above 0, 1 - alpha of class 0; negative: every class 1
  ClassWeights weights = ClassWeights::none;
  double largest = 5;

  /// What a pixel of class c counts in the mean's denominator, given the weights of the training split's classes.
  double weight_of(std::size_t c, const std::vector<double>& class_weights) const { return weights == ClassWeights::none ? 1.0 : class_weights[c]; }
  /// What its loss is multiplied by.
  double factor_of(std::size_t c, const std::vector<double>& class_weights) const { return weights != ClassWeights::none ? class_weights[c] : alpha < 0 ? 1.0
                                                                                                                                          : c > 0       ? alpha
                                                                                                                                                        : 1 - alpha; }
};

/// One region term: weight x mean over groups of (1 - (TP + epsilon) / (TP + alpha FN + beta FP + epsilon))^exponent.
struct RegionNumbers {
  double weight = 1, alpha = 0.5, beta = 0.5, epsilon = 1, exponent = 1;
  Per per = Per::image;
};

struct LossNumbers {
  std::vector<PointNumbers> points;
  std::vector<RegionNumbers> regions;
  std::vector<double> lovasz;  ///< weights of Lovasz terms: composed operators only

  bool uses_class_weights() const {
    for (const PointNumbers& p : points)
      if (p.weights != ClassWeights::none) return true;
    return false;
  }
};

}  // namespace losses

namespace boundary {

enum class Metric { euclidean,
                    chessboard };
constexpr std::string_view to_text(Metric m) { return m == Metric::euclidean ? "euclidean" : "chessboard"; }

enum class Side { both,
                  inside,
                  outside };
constexpr std::string_view to_text(Side s) { return s == Side::both ? "both" : s == Side::inside ? "inside"
                                                                                                 : "outside"; }

struct Numbers {
  int ignore = 0;       ///< width of the ring that leaves the LossMask, pixels; 0: none
  int weigh = 0;        ///< width of the zone whose pixels weigh by distance; 0: none
  double at_border = 1;  ///< weight at distance 0, rising or falling to 1 at `weigh`
  Metric metric = Metric::euclidean;
  Side side = Side::both;
};

}  // namespace boundary

namespace targets {

enum class Kind { hard,
                  gaussian,   ///< parameter: sigma, pixels
                  distance,   ///< parameter: half width of the ramp, pixels
                  smoothed };  ///< parameter: epsilon
struct Numbers {
  Kind kind = Kind::hard;
  double parameter = 0;
};

}  // namespace targets

}  // namespace rts::inline RTS_ABI
