#pragma once
// Optimizer, Clipping and Averaging policies.

#include <rts/optim/concept.hpp>
#include <rts/core/reflect.hpp>

#include <boost/hana/adapt_struct.hpp>

namespace rts::inline RTS_ABI::optim {

struct AdamWOptions {
  double lr = 1e-4;           ///< of the decoder once nothing is frozen
  double weight_decay = 1e-2; ///< decoupled
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
};

/// AdamW on ATen's fused operator. Source: Loshchilov, Hutter 2019.
template <AdamWOptions O = AdamWOptions{}>
struct AdamW : PolicyBase {
  using axis = axes::Optimizer;
  static constexpr std::string_view name = "AdamW";
  static constexpr AdamWOptions options = O;
  static constexpr double lr = O.lr;
  static constexpr bool valid_options =
      O.weight_decay >= 0 && O.beta1 >= 0 && O.beta1 < 1 && O.beta2 >= 0 && O.beta2 < 1 && O.eps > 0;
};

struct SgdOptions {
  double lr = 1e-2;
  double momentum = 0.9;
  double weight_decay = 1e-4;
};

/// Stochastic gradient descent with momentum on ATen's fused operator.
template <SgdOptions O = SgdOptions{}>
struct Sgd : PolicyBase {
  using axis = axes::Optimizer;
  static constexpr std::string_view name = "Sgd";
  static constexpr SgdOptions options = O;
  static constexpr double lr = O.lr;
  static constexpr bool valid_options = O.weight_decay >= 0 && O.momentum >= 0 && O.momentum < 1;
};

struct GradientNormOptions {
  double max = 1.0;  ///< largest Euclidean norm of all gradients together
};

/// Scales all gradients so that their norm is at most `max`; never waits for the device.
template <GradientNormOptions O = GradientNormOptions{}>
struct GradientNorm : PolicyBase {
  using axis = axes::Clipping;
  static constexpr std::string_view name = "GradientNorm";
  static constexpr GradientNormOptions options = O;
};

struct NoClipping : PolicyBase {
  using axis = axes::Clipping;
  static constexpr std::string_view name = "NoClipping";
};

struct EmaOptions {
  double decay = 0.999;  ///< in (0, 1); warmed up as min(decay, (1 + t) / (10 + t))
};

/// Exponential moving average of weights and batch-norm statistics, from step 0.
template <EmaOptions O = EmaOptions{}>
struct Ema : PolicyBase {
  using axis = axes::Averaging;
  static constexpr std::string_view name = "Ema";
  static constexpr EmaOptions options = O;
};

struct NoAveraging : PolicyBase {
  using axis = axes::Averaging;
  static constexpr std::string_view name = "NoAveraging";
};

static_assert(Optimizer<AdamW<>> && Optimizer<Sgd<>>);

}  // namespace rts::inline RTS_ABI::optim
BOOST_HANA_ADAPT_STRUCT(rts::optim::AdamWOptions, lr, weight_decay, beta1, beta2, eps);
BOOST_HANA_ADAPT_STRUCT(rts::optim::SgdOptions, lr, momentum, weight_decay);
BOOST_HANA_ADAPT_STRUCT(rts::optim::GradientNormOptions, max);
BOOST_HANA_ADAPT_STRUCT(rts::optim::EmaOptions, decay);
