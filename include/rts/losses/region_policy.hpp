#pragma once
// Losses of sums over a region, an image or a batch: Tversky and its kin, and Lovasz.

#include <rts/losses/concept.hpp>
#include <rts/losses/numbers_policy.hpp>
#include <rts/losses/pointwise_formula.hpp>
#include <rts/core/reflect.hpp>

#include <boost/hana/adapt_struct.hpp>

namespace rts::inline RTS_ABI::losses {

/// Base of a loss of region sums: TP = sum p t, FN = sum (1 - p) t, FP = sum p (1 - t) over the LossMask, for each class
/// (binary: the object alone) and each image or the whole batch; the mean over classes and over images with a pixel in the mask.
struct RegionLoss : PolicyBase {
  using axis = axes::Loss;
  using pointwise = kernels::Pointwise<>;
  static constexpr bool regions = true;
  static constexpr bool binary = true;
  static constexpr bool multi_class = true;
};

struct TverskyOptions {
  double alpha = 0.3;    ///< weight of false negatives, >= 0
  double beta = 0.7;     ///< weight of false positives, >= 0; above alpha it favours precision
  double epsilon = 1;    ///< added above and below, in pixels, >= 0
  Per per = Per::image;  ///< what the sums run over
};

/// Tversky loss.
/// formula: 1 - (TP + epsilon) / (TP + alpha FN + beta FP + epsilon)
/// shapes: as Focal
/// reduction: mean over classes and images (`RegionLoss`); an empty group with epsilon 0 counts as a perfect one
/// accuracy: pass_tolerance
/// source: Salehi et al. 2017, equation 4, where alpha weighs false positives and beta false negatives: here it is the other way round
template <TverskyOptions O = TverskyOptions{}>
struct Tversky : RegionLoss {
  static constexpr std::string_view name = "Tversky";
  static constexpr TverskyOptions options = O;
  static constexpr bool valid_options = O.alpha >= 0 && O.beta >= 0 && O.epsilon >= 0 && O.alpha + O.beta > 0;
  static LossNumbers numbers() { return {.regions = {{.alpha = O.alpha, .beta = O.beta, .epsilon = O.epsilon, .per = O.per}}}; }
};

struct DiceOptions {
  double smooth = 1;  ///< added above and below, in pixels, >= 0
  Per per = Per::image;
};

/// Soft Dice loss: Tversky with alpha = beta = 1/2.
/// formula: 1 - (2 TP + smooth) / (sum p + sum t + smooth)
/// source: Milletari et al. 2016 without squares in the denominator
template <DiceOptions O = DiceOptions{}>
struct Dice : RegionLoss {
  static constexpr std::string_view name = "Dice";
  static constexpr DiceOptions options = O;
  static constexpr bool valid_options = O.smooth >= 0;
  static LossNumbers numbers() { return {.regions = {{.epsilon = O.smooth / 2, .per = O.per}}}; }
};

struct FocalTverskyOptions {
  double gamma = 0.75;  ///< exponent of the Tversky loss, > 0; below 1 it stresses regions that are nearly right
  double alpha = 0.3, beta = 0.7, epsilon = 1;
  Per per = Per::image;
};

/// Focal Tversky loss. formula: (1 - TI)^gamma with TI as in Tversky, raised for each group before the mean
/// source: Abraham and Khan 2019, equation 4 (their 1 / gamma is this gamma)
template <FocalTverskyOptions O = FocalTverskyOptions{}>
struct FocalTversky : RegionLoss {
  static constexpr std::string_view name = "FocalTversky";
  static constexpr FocalTverskyOptions options = O;
  static constexpr bool valid_options = O.alpha >= 0 && O.beta >= 0 && O.epsilon >= 0 && O.alpha + O.beta > 0 && O.gamma > 0;
  static LossNumbers numbers() { return {.regions = {{.alpha = O.alpha, .beta = O.beta, .epsilon = O.epsilon, .exponent = O.gamma, .per = O.per}}}; }
};

/// Lovasz hinge (binary) and Lovasz softmax (multi-class: the mean over classes present), the convex surrogate of 1 - IoU. Sorts
/// the pixels of each image, so it is composed of torch operators, never fused.
/// gradient: by autograd, of the sorted errors; determinism: stable sort
/// source: Berman et al. 2018, sections 3.1 and 3.2
struct Lovasz : PolicyBase {
  using axis = axes::Loss;
  static constexpr std::string_view name = "Lovasz";
  static constexpr bool binary = true;
  static constexpr bool multi_class = true;
  static constexpr bool hard_targets_only = true;
  static constexpr bool composed_only = true;
  static LossNumbers numbers() { return {.lovasz = {1.0}}; }
};

static_assert(Loss<Tversky<>> && Loss<Dice<>> && Loss<FocalTversky<>> && Loss<Lovasz>);

}  // namespace rts::inline RTS_ABI::losses
BOOST_HANA_ADAPT_STRUCT(rts::losses::TverskyOptions, alpha, beta, epsilon, per);
BOOST_HANA_ADAPT_STRUCT(rts::losses::DiceOptions, smooth, per);
BOOST_HANA_ADAPT_STRUCT(rts::losses::FocalTverskyOptions, gamma, alpha, beta, epsilon, per);
