#pragma once
// `Trainer<...>::plan()`: reads the values out of a recipe's types. The only template code a further variant instantiates.

#include <rts/losses/pass_of.hpp>
#include <rts/train/plan.hpp>
#include <rts/train/trainer_policy.hpp>

namespace rts::inline RTS_ABI {
namespace train {
namespace detail {

template <class T, class... Axis>
std::vector<Description> describe_all(TypeList<Axis...>) {
  std::vector<Description> all;
  const auto add = [&](Description d, std::string_view axis) {
    d.axis = std::string(axis);
    all.push_back(std::move(d));
  };
  (add(describe<typename T::template policy<Axis>>(), Axis::name), ...);
  return all;
}

}  // namespace detail
}  // namespace train

template <class... P>
train::Plan Trainer<P...>::plan() {
  static_assert(checks::all, "the recipe is wrong: see the coded error above");
  train::Plan p;
  p.axes = train::detail::describe_all<Trainer>(axes::All{});
  std::string text;
  for (const Description& d : p.axes) text += d.axis + "=" + canonical(d) + "\n";
  p.fingerprint = hex16(fnv1a(text));

  using Task = policy<axes::Task>;
  p.channels = Task::channels;
  p.classes = Task::classes.value;
  using Input = policy<axes::Input>;
  p.bands.assign(Input::names.begin(), Input::names.end());
  p.units.assign(Input::units.begin(), Input::units.end());
  using Tile = policy<axes::Tile>;
  p.tile_height = Tile::options.height;
  p.tile_width = Tile::options.width;
  p.tile_overlap = Tile::options.overlap;
  p.imagenet_normalization = policy<axes::Normalization>::three_bands_only;
  if constexpr (requires { policy<axes::Normalization>::matches_histograms; }) p.histogram_matching = policy<axes::Normalization>::matches_histograms;

  using Model = policy<axes::Model>;
  using Encoder = typename Model::encoder;
  p.model = Model::library_name();
  p.needs_encoder_weights = Encoder::options.weights == models::Weights::imagenet;
  p.adapt_channels = Encoder::options.adapt == models::Adapt::cycle;
  p.drop_path = Encoder::options.drop_path;
  p.dropout = Model::options.dropout;

  using Loss = policy<axes::Loss>;
  p.loss = std::string(Loss::name);
  p.pass = &losses::pass<Loss>;
  p.has_cuda_kernel = losses::has_cuda_kernel<Loss>();
  p.pass_numbers = losses::numbers_of<Loss, policy<axes::Boundary>, policy<axes::Targets>>();

  p.draw = [](Random& random, const augment::Frame& frame) {
    augment::Draw draw;
    policy<axes::Augmentation>::draw(random, frame, draw);
    return draw;
  };
  p.pastes_objects = policy<axes::Augmentation>::pastes_objects;
  if constexpr (requires { policy<axes::Augmentation>::reads_neighbours; }) p.augments_on_device = !policy<axes::Augmentation>::reads_neighbours;
  using Length = policy<axes::Length>;
  p.epochs = Length::options.max;
  using Sampler = policy<axes::Sampler>;
  p.ratios = Sampler::ratios(p.epochs);
  p.positive_fraction = Sampler::positive_fraction;
  if constexpr (requires { Sampler::drawing; }) p.drawing = Sampler::drawing;
  if constexpr (requires { Sampler::per_group; }) p.per_group = Sampler::per_group;
  if constexpr (requires { Sampler::positive_weight; }) p.positive_weight = Sampler::positive_weight, p.region_weight = Sampler::by_region;

  if constexpr (requires { Sampler::coarse; }) p.coarse_share = Sampler::coarse.share, p.coarse_factor = Sampler::coarse.factor;
  if constexpr (requires { Sampler::hard; }) p.hard_share = Sampler::hard.share, p.hard_keep = Sampler::hard.keep, p.hard_pool = Sampler::hard.pool;

  using Optim = policy<axes::Optimizer>;
  p.lr = Optim::lr;
  p.weight_decay = Optim::options.weight_decay;
  p.adamw = Optim::name == "AdamW";
  if constexpr (requires { Optim::options.beta1; }) {
    p.beta1 = Optim::options.beta1;
    p.beta2 = Optim::options.beta2;
    p.eps = Optim::options.eps;
  }
  if constexpr (requires { Optim::options.momentum; }) p.momentum = Optim::options.momentum;
  using Clip = policy<axes::Clipping>;
  if constexpr (requires { Clip::options.max; }) p.clip_norm = Clip::options.max;
  using Averaging = policy<axes::Averaging>;
  if constexpr (requires { Averaging::options.decay; }) p.ema_decay = Averaging::options.decay;
  using Schedule = policy<axes::Scheduler>;
  p.rate = &Schedule::rate;
  p.warmup_epochs = Schedule::warmup_epochs;

  using BatchPolicy = policy<axes::Batch>;
  p.batch = BatchPolicy::options.size;
  p.accumulate = BatchPolicy::options.accumulate;
  using Freeze = policy<axes::Finetuning>;
  p.frozen_epochs = Freeze::epochs;
  p.frozen_forever = Freeze::forever;
  if constexpr (requires { Freeze::options.frozen_lr; }) {
    p.frozen_lr = Freeze::options.frozen_lr;
    p.encoder_lr_factor = Freeze::options.encoder_lr_factor;
  }
  using Precision = policy<axes::Precision>;
  p.arithmetic = Precision::name == "Fp16" ? train::Arithmetic::fp16 : Precision::name == "Bf16" ? train::Arithmetic::bf16
                                                                                                 : train::Arithmetic::fp32;
  if constexpr (requires { Precision::options.gradient_scaling; }) p.gradient_scaling = Precision::options.gradient_scaling;
  using Stop = policy<axes::Stopping>;
  if constexpr (requires { Stop::options.metric; }) p.patience = Stop::options;
  using Validate = policy<axes::Validation>;
  for (const int r : Validate::options.ratios)
    if (r > 0) p.validation_ratios.push_back(r);
  p.validate_every_epochs = Validate::options.every_epochs;
  p.validate_every_steps = Validate::options.every_steps;
  using Keep = policy<axes::Checkpoints>;
  p.keep_every = Keep::options.every;
  p.keep_last = Keep::options.last;
  using Reproducible = policy<axes::Reproducibility>;
  p.seed = Reproducible::options.seed;
  p.deterministic = Reproducible::required;
  return p;
}

}  // namespace rts::inline RTS_ABI
