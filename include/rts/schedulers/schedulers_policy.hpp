#pragma once
// Scheduler policies: the learning rate as a pure function of time. Time is epoch + fraction, from 0.

#include <rts/schedulers/concept.hpp>
#include <rts/core/reflect.hpp>

#include <boost/hana/adapt_struct.hpp>

#include <cmath>

namespace rts::inline RTS_ABI::schedulers {

/// One factor over the whole run that multiplies every group's base rate. `start_lr` is absolute: the factor is
/// chosen per phase so that the rate itself starts there.
struct WarmupCosineOptions {
  int warmup_epochs = 5;
  double start_lr = 1e-6;  ///< absolute learning rate at time 0
  double min_lr = 1e-6;    ///< of the decoder; scales with a group's base
};

/// Linear warm-up from `start_lr`, then half a cosine down to `min_lr`. Source: Loshchilov, Hutter 2017 (without restarts).
template <WarmupCosineOptions O = WarmupCosineOptions{}>
struct WarmupCosine : PolicyBase {
  using axis = axes::Scheduler;
  static constexpr std::string_view name = "WarmupCosine";
  static constexpr WarmupCosineOptions options = O;
  static constexpr int warmup_epochs = O.warmup_epochs;
  static constexpr bool moves(double base_lr) { return O.min_lr < base_lr || (O.warmup_epochs > 0 && O.start_lr != base_lr); }

  /// Learning rate of a group whose base at this moment is `base`.
  static double rate(double time, double base, const Span& span) {
    if (time < O.warmup_epochs) return O.start_lr + (base - O.start_lr) * time / O.warmup_epochs;
    const double floor = O.min_lr / span.base_lr;
    const double t = (time - O.warmup_epochs) / (span.epochs - O.warmup_epochs);
    const double cosine = 0.5 * (1 + std::cos(3.14159265358979323846 * (t < 1 ? t : 1)));
    return base * (floor + (1 - floor) * cosine);
  }
};

struct CosineOptions {
  double min_lr = 1e-6;
};

/// Half a cosine from the base to `min_lr`.
template <CosineOptions O = CosineOptions{}>
struct Cosine : PolicyBase {
  using axis = axes::Scheduler;
  static constexpr std::string_view name = "Cosine";
  static constexpr CosineOptions options = O;
  static constexpr int warmup_epochs = 0;
  static constexpr bool moves(double base_lr) { return O.min_lr < base_lr; }
  static double rate(double time, double base, const Span& span) {
    return WarmupCosine<WarmupCosineOptions{.warmup_epochs = 0, .start_lr = 0, .min_lr = O.min_lr}>::rate(time, base, span);
  }
};

/// The base rate, always. Said by name, so it is never an accident.
struct Constant : PolicyBase {
  using axis = axes::Scheduler;
  static constexpr std::string_view name = "Constant";
  static constexpr int warmup_epochs = 0;
  static constexpr bool moves(double) { return true; }
  static double rate(double, double base, const Span&) { return base; }
};

static_assert(Scheduler<WarmupCosine<>> && Scheduler<Constant>);

}  // namespace rts::inline RTS_ABI::schedulers
BOOST_HANA_ADAPT_STRUCT(rts::schedulers::WarmupCosineOptions, warmup_epochs, start_lr, min_lr);
BOOST_HANA_ADAPT_STRUCT(rts::schedulers::CosineOptions, min_lr);
