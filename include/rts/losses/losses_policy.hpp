#pragma once
// Loss, target and boundary policies as types. Their arithmetic is in `pass.hpp`.

#include <rts/losses/concept.hpp>
#include <rts/core/reflect.hpp>

#include <boost/hana/adapt_struct.hpp>

namespace rts::inline RTS_ABI::losses {

struct FocalOptions {
  double gamma = 2;     ///< focusing exponent, >= 0
  double alpha = 0.25;  ///< weight of the positive class, in [0, 1]
};

/// Focal loss for binary masks.
/// formula: FL = -alpha_t (1 - p_t)^gamma log(p_t), p_t = p on positives and 1 - p on negatives
/// shapes: logits (N,1,H,W) fp32, fp16 or bf16; labels (N,H,W) uint8
/// labels: 0, 1; 255 is ignored
/// reduction: mean over the pixels of the `LossMask`; an empty mask gives 0 with zero gradient
/// source: Lin et al. 2017, equation 5
template <FocalOptions O = FocalOptions{}>
struct Focal : PolicyBase {
  using axis = axes::Loss;
  static constexpr std::string_view name = "Focal";
  static constexpr FocalOptions options = O;
  static constexpr bool binary = true;
  static constexpr bool multi_class = false;
  static constexpr bool valid_options = O.gamma >= 0 && O.alpha >= 0 && O.alpha <= 1;
};

static_assert(Loss<Focal<>>);

}  // namespace rts::inline RTS_ABI::losses
BOOST_HANA_ADAPT_STRUCT(rts::losses::FocalOptions, gamma, alpha);

namespace rts::inline RTS_ABI::targets {

/// Labels as drawn: 0 or 1, nothing in between.
struct Hard : PolicyBase {
  using axis = axes::Targets;
  static constexpr std::string_view name = "Hard";
  static constexpr bool soft = false;
};

}  // namespace rts::inline RTS_ABI::targets

namespace rts::inline RTS_ABI::boundary {

enum class Metric { euclidean,
                    chessboard };
constexpr std::string_view to_text(Metric m) { return m == Metric::euclidean ? "euclidean" : "chessboard"; }

enum class Side { both,
                  inside,
                  outside };
constexpr std::string_view to_text(Side s) { return s == Side::both ? "both" : s == Side::inside ? "inside"
                                                                                                 : "outside"; }

struct RingOptions {
  int width = 3;  ///< pixels
  Metric metric = Metric::euclidean;
  Side side = Side::both;  ///< inside: only pixels of objects; outside: only background
};

/// Leaves a ring around class borders out of the loss: every pixel whose centre lies within `width` of the
/// centre of a valid pixel of another class. A tile's edge is no border. Joins the `LossMask` only.
template <RingOptions O = RingOptions{}>
struct Ignore : PolicyBase {
  using axis = axes::Boundary;
  static constexpr std::string_view name = "Ignore";
  static constexpr RingOptions options = O;
  static constexpr bool needs_boundary_mask = true;
  static constexpr int width = O.width;
};

/// Borders count like any other pixel.
struct None : PolicyBase {
  using axis = axes::Boundary;
  static constexpr std::string_view name = "None";
  static constexpr int width = 0;
};

}  // namespace rts::inline RTS_ABI::boundary
BOOST_HANA_ADAPT_STRUCT(rts::boundary::RingOptions, width, metric, side);
