#pragma once
// Policies of the training loop: length, batch, fine-tuning, precision, stopping, validation, checkpoints, reproducibility.

#include <rts/core/reflect.hpp>

#include <boost/hana/adapt_struct.hpp>

#include <cstdint>

namespace rts::inline RTS_ABI::train {

struct EpochsOptions {
  int max = 300;
};
/// How many epochs a run has at most.
template <EpochsOptions O = EpochsOptions{}>
struct Epochs : PolicyBase {
  using axis = axes::Length;
  static constexpr std::string_view name = "Epochs";
  static constexpr EpochsOptions options = O;
};

struct BatchOptions {
  int size = 32;       ///< tiles per forward pass
  int accumulate = 1;  ///< forward passes per optimizer step
};
template <BatchOptions O = BatchOptions{}>
struct Batch : PolicyBase {
  using axis = axes::Batch;
  static constexpr std::string_view name = "Batch";
  static constexpr BatchOptions options = O;
};

/// What early stopping and the best weights watch.
enum class Metric { val_realistic_pr_auc,
                    val_balanced_pr_auc,
                    val_loss };
constexpr std::string_view to_text(Metric m) {
  return m == Metric::val_realistic_pr_auc ? "val_realistic_pr_auc" : m == Metric::val_balanced_pr_auc ? "val_balanced_pr_auc"
                                                                                                       : "val_loss";
}

struct PatienceOptions {
  int epochs = 20;
  double min_delta = 0.001;
  Metric metric = Metric::val_realistic_pr_auc;
  double ratio = 500;  ///< prevalence of the realistic metric, 1:ratio
};
/// Stops when the metric has not risen by `min_delta` for `epochs` epochs, counted from unfreezing.
template <PatienceOptions O = PatienceOptions{}>
struct Patience : PolicyBase {
  using axis = axes::Stopping;
  static constexpr std::string_view name = "Patience";
  static constexpr PatienceOptions options = O;
};
/// Runs to the last epoch; the best weights are still those of the best validation.
struct NoStopping : PolicyBase {
  using axis = axes::Stopping;
  static constexpr std::string_view name = "NoStopping";
};

struct PrevalencesOptions {
  std::array<int, 8> ratios = {1, 200, 500, 1000};  ///< negatives per positive tile; zeros are unused places
  int every_epochs = 1;
  int every_steps = 0;  ///< beside epochs; 0 is off
};
/// Validation at several ratios of negative to positive tiles, from one inference.
template <PrevalencesOptions O = PrevalencesOptions{}>
struct Prevalences : PolicyBase {
  using axis = axes::Validation;
  static constexpr std::string_view name = "Prevalences";
  static constexpr PrevalencesOptions options = O;
  static constexpr bool has(double ratio) {
    for (const int r : O.ratios)
      if (r > 0 && r == ratio) return true;
    return false;
  }
  static constexpr bool valid_options = [] {
    int used = 0;
    for (const int r : O.ratios) {
      if (r < 0) return false;
      used += r > 0;
    }
    return used > 0 && (O.every_epochs > 0 || O.every_steps > 0) && O.every_epochs >= 0 && O.every_steps >= 0;
  }();
};

struct KeepOptions {
  int every = 10;  ///< epochs between kept checkpoints
  int last = 3;    ///< how many of them stay
};
/// The best weights, a checkpoint every so many epochs, and the newest one to resume from.
template <KeepOptions O = KeepOptions{}>
struct Keep : PolicyBase {
  using axis = axes::Checkpoints;
  static constexpr std::string_view name = "Keep";
  static constexpr KeepOptions options = O;
};

struct SeedOptions {
  std::uint64_t seed = 42;
};
/// Same input, same seed, same thread count: same bits.
template <SeedOptions O = SeedOptions{}>
struct Deterministic : PolicyBase {
  using axis = axes::Reproducibility;
  static constexpr std::string_view name = "Deterministic";
  static constexpr SeedOptions options = O;
  static constexpr bool required = true;
};
/// Seeded, but free to take kernels whose sums come in any order.
template <SeedOptions O = SeedOptions{}>
struct Fast : PolicyBase {
  using axis = axes::Reproducibility;
  static constexpr std::string_view name = "Fast";
  static constexpr SeedOptions options = O;
  static constexpr bool required = false;
};

}  // namespace rts::inline RTS_ABI::train
BOOST_HANA_ADAPT_STRUCT(rts::train::EpochsOptions, max);
BOOST_HANA_ADAPT_STRUCT(rts::train::BatchOptions, size, accumulate);
BOOST_HANA_ADAPT_STRUCT(rts::train::PatienceOptions, epochs, min_delta, metric, ratio);
BOOST_HANA_ADAPT_STRUCT(rts::train::PrevalencesOptions, ratios, every_epochs, every_steps);
BOOST_HANA_ADAPT_STRUCT(rts::train::KeepOptions, every, last);
BOOST_HANA_ADAPT_STRUCT(rts::train::SeedOptions, seed);

namespace rts::inline RTS_ABI::freeze {

struct EncoderOptions {
  int epochs = 10;                  ///< the encoder rests this long, its batch norm in evaluation mode
  double frozen_lr = 3e-4;          ///< base rate of the decoder meanwhile
  double encoder_lr_factor = 0.1;   ///< afterwards, of the optimizer's rate
};
/// The encoder frozen at first, then trained at a fraction of the rate.
template <EncoderOptions O = EncoderOptions{}>
struct Encoder : PolicyBase {
  using axis = axes::Finetuning;
  static constexpr std::string_view name = "Encoder";
  static constexpr EncoderOptions options = O;
  static constexpr int epochs = O.epochs;
  static constexpr bool forever = false;
  static constexpr bool valid_options = O.epochs >= 0 && O.frozen_lr > 0 && O.encoder_lr_factor > 0 && O.encoder_lr_factor <= 1;
};
/// The encoder is never trained.
struct Always : PolicyBase {
  using axis = axes::Finetuning;
  static constexpr std::string_view name = "Always";
  static constexpr int epochs = 0;
  static constexpr bool forever = true;
};
/// Everything is trained at one rate from the start.
struct None : PolicyBase {
  using axis = axes::Finetuning;
  static constexpr std::string_view name = "None";
  static constexpr int epochs = 0;
  static constexpr bool forever = false;
};

}  // namespace rts::inline RTS_ABI::freeze
BOOST_HANA_ADAPT_STRUCT(rts::freeze::EncoderOptions, epochs, frozen_lr, encoder_lr_factor);

namespace rts::inline RTS_ABI::precision {

struct ScalingOptions {
  bool gradient_scaling = true;
};
/// float16 with a gradient scaler on CUDA; float32 on the CPU.
template <ScalingOptions O = ScalingOptions{}>
struct Fp16 : PolicyBase {
  using axis = axes::Precision;
  static constexpr std::string_view name = "Fp16";
  static constexpr ScalingOptions options = O;
};
/// bfloat16 under autocast, on CUDA and CPU; has float32's range, so no scaler.
template <ScalingOptions O = ScalingOptions{.gradient_scaling = false}>
struct Bf16 : PolicyBase {
  using axis = axes::Precision;
  static constexpr std::string_view name = "Bf16";
  static constexpr ScalingOptions options = O;
};
/// float32 everywhere.
struct Fp32 : PolicyBase {
  using axis = axes::Precision;
  static constexpr std::string_view name = "Fp32";
};

}  // namespace rts::inline RTS_ABI::precision
BOOST_HANA_ADAPT_STRUCT(rts::precision::ScalingOptions, gradient_scaling);
