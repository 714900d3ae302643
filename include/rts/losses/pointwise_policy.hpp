#pragma once
// Losses that are a mean over pixels: focal and cross entropy, with class weights or without.

#include <rts/losses/concept.hpp>
#include <rts/losses/numbers_policy.hpp>
#include <rts/losses/pointwise_formula.hpp>
#include <rts/core/reflect.hpp>

#include <boost/hana/adapt_struct.hpp>

namespace rts::inline RTS_ABI::losses {

/// Base of a loss that is the mean of a formula over pixels; users derive their own from it (examples/custom_loss).
template <class Formula>
struct PointwiseLoss : PolicyBase {
  using axis = axes::Loss;
  using pointwise = kernels::Pointwise<Formula>;
  static constexpr bool regions = false;
  static constexpr bool binary = true;
  static constexpr bool multi_class = true;
  static LossNumbers numbers() { return {.points = {PointNumbers{}}}; }
};

namespace detail {
/// gamma 0 to 3 belong to the structure; any other value is a number.
consteval int gamma_tag(double gamma) { return gamma == 0 ? 0 : gamma == 1 ? 1
                                                            : gamma == 2   ? 2
                                                            : gamma == 3   ? 3
                                                                           : -1; }
}  // namespace detail

struct FocalOptions {
  double gamma = 2;     ///< focusing exponent, >= 0
  double alpha = 0.25;  ///< weight of the positive class, in [0, 1]
};

/// Focal loss.
/// formula: FL = -alpha_t (1 - p_t)^gamma log(p_t), p_t the probability of the true class; alpha_t is alpha on classes above 0, 1 - alpha on class 0
/// shapes: logits (N,1,H,W) with a sigmoid or (N,C,H,W) with a softmax, fp32, fp16 or bf16; labels (N,H,W) uint8
/// labels: 0 to C - 1; 255 is ignored. Soft targets: the mean of FL over classes, weighted by the target
/// reduction: mean over the pixels of the `LossMask`; an empty mask gives 0 with zero gradient
/// gradient: exact, finite for every logit
/// accuracy: pass_tolerance in the tests
/// source: Lin et al. 2017, equation 5
template <FocalOptions O = FocalOptions{}>
struct Focal : PointwiseLoss<kernels::FocalTerm<detail::gamma_tag(O.gamma)>> {
  static constexpr std::string_view name = "Focal";
  static constexpr FocalOptions options = O;
  static constexpr bool valid_options = O.gamma >= 0 && O.alpha >= 0 && O.alpha <= 1;
  static LossNumbers numbers() { return {.points = {{.formula = {static_cast<float>(O.gamma)}, .focal = true, .alpha = O.alpha}}}; }
};

struct BalancedFocalOptions {
  double gamma = 2;  ///< focusing exponent, >= 0
  ClassWeights weights = ClassWeights::inverse_frequency;
  double largest = 5;  ///< of inverse_frequency
};

/// Focal loss whose classes weigh by their pixels in the training split.
/// formula: -w_y (1 - p_y)^gamma log(p_y)
/// reduction: sum over the LossMask / sum of w_y
/// shapes, labels, accuracy: as Focal
template <BalancedFocalOptions O = BalancedFocalOptions{}>
struct BalancedFocal : PointwiseLoss<kernels::FocalTerm<detail::gamma_tag(O.gamma)>> {
  static constexpr std::string_view name = "BalancedFocal";
  static constexpr BalancedFocalOptions options = O;
  static constexpr bool uses_class_weights = O.weights != ClassWeights::none;
  static constexpr bool valid_options = O.gamma >= 0 && O.largest > 0;
  static LossNumbers numbers() { return {.points = {{.formula = {static_cast<float>(O.gamma)}, .focal = true, .weights = O.weights, .largest = O.largest}}}; }
};

struct CrossEntropyOptions {
  ClassWeights weights = ClassWeights::none;
  double largest = 5;  ///< of inverse_frequency
};

/// Cross entropy of a softmax over classes.
/// formula: -w_y log(p_y)
/// shapes: logits (N,C,H,W); labels (N,H,W) uint8, 0 to C - 1, 255 ignored
/// reduction: sum over the LossMask / sum of w_y (torch's convention too)
/// accuracy: pass_tolerance
template <CrossEntropyOptions O = CrossEntropyOptions{}>
struct CrossEntropy : PointwiseLoss<kernels::FocalTerm<0>> {
  static constexpr std::string_view name = "CrossEntropy";
  static constexpr CrossEntropyOptions options = O;
  static constexpr bool binary = false;
  static constexpr bool uses_class_weights = O.weights != ClassWeights::none;
  static constexpr bool valid_options = O.largest > 0;
  static LossNumbers numbers() { return {.points = {{.focal = true, .weights = O.weights, .largest = O.largest}}}; }
};

/// Cross entropy of one logit with a sigmoid; weights are the guide's class-balanced forms.
/// formula: -w_1 y log(p) - w_0 (1 - y) log(1 - p)
/// shapes: logits (N,1,H,W); labels (N,H,W) uint8, 0, 1, 255 ignored
/// reduction: sum over the LossMask / sum of w_y
/// accuracy: pass_tolerance
template <CrossEntropyOptions O = CrossEntropyOptions{}>
struct BinaryCrossEntropy : PointwiseLoss<kernels::FocalTerm<0>> {
  static constexpr std::string_view name = "BinaryCrossEntropy";
  static constexpr CrossEntropyOptions options = O;
  static constexpr bool multi_class = false;
  static constexpr bool uses_class_weights = O.weights != ClassWeights::none;
  static constexpr bool valid_options = O.largest > 0;
  static LossNumbers numbers() { return {.points = {{.focal = true, .weights = O.weights, .largest = O.largest}}}; }
};

static_assert(Loss<Focal<>> && Loss<CrossEntropy<>> && Loss<BinaryCrossEntropy<>> && Loss<BalancedFocal<>>);

}  // namespace rts::inline RTS_ABI::losses
BOOST_HANA_ADAPT_STRUCT(rts::losses::FocalOptions, gamma, alpha);
BOOST_HANA_ADAPT_STRUCT(rts::losses::BalancedFocalOptions, gamma, weights, largest);
BOOST_HANA_ADAPT_STRUCT(rts::losses::CrossEntropyOptions, weights, largest);
