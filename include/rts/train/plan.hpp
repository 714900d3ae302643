#pragma once
// What a recipe becomes for the engine: plain values and function pointers to its few real instantiations.

#include <rts/augment/steps_formula.hpp>
#include <rts/core/description.hpp>
#include <rts/core/philox_formula.hpp>
#include <rts/losses/pass.hpp>
#include <rts/models/models_policy.hpp>
#include <rts/samplers/concept.hpp>
#include <rts/schedulers/schedulers_policy.hpp>
#include <rts/train/train_policy.hpp>

#include <optional>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::train {

enum class Arithmetic { fp32,
                        fp16,
                        bf16 };

struct Plan {
  std::string variant;
  std::vector<Description> axes;  ///< every axis in order: config.yaml
  std::string fingerprint;        ///< 16 hex digits over all axes

  // Task and data
  int channels = 1, classes = 2;
  std::vector<std::string> bands, units;
  int tile_height = 512, tile_width = 512;
  double tile_overlap = 0.25;
  bool imagenet_normalization = false, histogram_matching = false;

  // Model
  std::string model;
  bool needs_encoder_weights = false, adapt_channels = true;
  double drop_path = 0.2, dropout = 0;

  // Loss
  std::string loss;
  losses::Pass pass = nullptr;
  losses::PassNumbers pass_numbers;
  bool has_cuda_kernel = false;  ///< of the loss's structure

  // Augmentation and sampling
  augment::Draw (*draw)(Random&, const augment::Frame&) = nullptr;
  bool pastes_objects = false;
  bool augments_on_device = false;  ///< no transform reads neighbours: the chain is one kernel on CUDA
  std::vector<double> ratios;  ///< negatives per positive, by epoch
  double positive_fraction = 0.5;
  samplers::Drawing drawing = samplers::Drawing::ratio;
  int per_group = 1;                               ///< stratified
  double positive_weight = 1, region_weight = 0;   ///< weighted
  double hard_share = 0, hard_keep = 0;            ///< hard negatives; share 0: none
  int hard_pool = 0;
  double coarse_share = 0;  ///< of samples at a coarser resolution
  int coarse_factor = 2;

  // Optimization
  bool adamw = true;
  double lr = 1e-4, weight_decay = 0, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, momentum = 0;
  double clip_norm = 0;  ///< 0: off
  double ema_decay = 0;  ///< 0: off
  double (*rate)(double time, double base, const schedulers::Span&) = nullptr;
  int warmup_epochs = 0;

  // Loop
  int epochs = 300, batch = 32, accumulate = 1;
  int frozen_epochs = 0;
  double frozen_lr = 0, encoder_lr_factor = 1;
  bool frozen_forever = false;
  Arithmetic arithmetic = Arithmetic::fp32;
  bool gradient_scaling = false;
  std::optional<PatienceOptions> patience;
  std::vector<int> validation_ratios;
  int validate_every_epochs = 1, validate_every_steps = 0;
  int keep_every = 10, keep_last = 3;
  std::uint64_t seed = 42;
  bool deterministic = true;

  bool encoder_frozen(int epoch) const { return frozen_forever || epoch <= frozen_epochs; }
  /// Learning rates at time (epoch - 1 + fraction): of decoder and encoder. A frozen encoder has rate 0.
  std::pair<double, double> rates(int epoch, double fraction) const {
    const schedulers::Span span{static_cast<double>(epochs), lr};
    const double time = epoch - 1 + fraction;
    const bool frozen = encoder_frozen(epoch);
    const double base = frozen && !frozen_forever && frozen_lr > 0 ? frozen_lr : lr;
    return {rate(time, base, span), frozen ? 0.0 : rate(time, lr * encoder_lr_factor, span)};
  }
};

/// The recipe as YAML, one section an axis, with the fingerprint: what `config` prints and config.yaml holds.
std::string to_yaml(const Plan& plan);

}  // namespace rts::inline RTS_ABI::train

#if RTS_HEADER_ONLY
#include <rts/train/plan.ipp>
#endif
