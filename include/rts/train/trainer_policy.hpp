#pragma once
// `Trainer<...>`: an experiment as a type, and every check that a recipe must pass. Needs neither torch nor GDAL.

#include <rts/augment/augment_policy.hpp>
#include <rts/core/bands_policy.hpp>
#include <rts/core/tasks_policy.hpp>
#include <rts/data/tile_policy.hpp>
#include <rts/losses/losses_policy.hpp>
#include <rts/models/models_policy.hpp>
#include <rts/optim/optim_policy.hpp>
#include <rts/samplers/samplers_policy.hpp>
#include <rts/schedulers/schedulers_policy.hpp>
#include <rts/train/train_policy.hpp>

namespace rts::inline RTS_ABI {

namespace train {
struct Plan;  // values and function pointers; train/plan.hpp

/// The policy an axis has when the recipe names none (docs/design.md section 2).
// clang-format off
template <class Axis> struct Default;
template <> struct Default<axes::Task>            { using type = tasks::Binary; };
template <> struct Default<axes::Input>           { using type = data::Bands<data::Red, data::Green, data::Blue>; };
template <> struct Default<axes::Tile>            { using type = data::Tile<>; };
template <> struct Default<axes::Normalization>   { using type = data::DatasetStatistics; };
template <> struct Default<axes::Model>           { using type = models::UnetPlusPlus<models::EfficientNet<7>>; };
template <> struct Default<axes::Loss>            { using type = losses::Focal<>; };
template <> struct Default<axes::Targets>         { using type = targets::Hard; };
template <> struct Default<axes::Boundary>        { using type = boundary::Ignore<>; };
template <> struct Default<axes::Sampler>         { using type = samplers::Curriculum<samplers::slump_ratios>; };
template <> struct Default<axes::Augmentation>    { using type = augment::Guide; };
template <> struct Default<axes::Optimizer>       { using type = optim::AdamW<>; };
template <> struct Default<axes::Clipping>        { using type = optim::GradientNorm<>; };
template <> struct Default<axes::Averaging>       { using type = optim::Ema<>; };
template <> struct Default<axes::Scheduler>       { using type = schedulers::WarmupCosine<>; };
template <> struct Default<axes::Length>          { using type = Epochs<>; };
template <> struct Default<axes::Batch>           { using type = Batch<>; };
template <> struct Default<axes::Finetuning>      { using type = freeze::Encoder<>; };
template <> struct Default<axes::Precision>       { using type = precision::Fp16<>; };
template <> struct Default<axes::Stopping>        { using type = Patience<>; };
template <> struct Default<axes::Validation>      { using type = Prevalences<>; };
template <> struct Default<axes::Checkpoints>     { using type = Keep<>; };
template <> struct Default<axes::Reproducibility> { using type = Deterministic<>; };
// clang-format on
}  // namespace train

namespace detail {

/// Whether an input reads red, green and blue.
template <class Input>
consteval bool has_colours() {
  if constexpr (requires { requires Input::well_formed; }) {
    int found = 0;
    for (const std::string_view n : Input::names) found += n == "red" || n == "green" || n == "blue";
    return found == 3;
  } else return true;
}

template <class... P>
struct Recipe {
  using Input = typename Resolve<axes::Input, typename train::Default<axes::Input>::type, P...>::type;
  /// What fills an axis that is not named: the table's, but a chain without colours for an input without them.
  template <class Axis>
  using Default = typename std::conditional_t<std::is_same_v<Axis, axes::Augmentation> && !has_colours<Input>(), std::type_identity<augment::GuideGeometry>, train::Default<Axis>>::type;
  template <class Axis>
  using policy = typename Resolve<Axis, Default<Axis>, P...>::type;

  static constexpr bool known = (Policy<P> && ...);
  template <class... Axis>
  static consteval bool each_once(TypeList<Axis...>) {
    return ((count_of<Axis, P...> <= 1) && ...);
  }
  template <class P1, class... Axis>
  static consteval bool on_a_known_axis(TypeList<Axis...>) {
    return (fills<Axis, P1>() || ...);
  }
};

template <class S>
consteval bool stopping_valid() {
  if constexpr (requires { S::options.epochs; }) return S::options.epochs > 0 && S::options.min_delta >= 0;
  else return true;
}
template <class S, int Epochs, int Frozen>
consteval bool stopping_can_fire() {
  if constexpr (requires { S::options.epochs; }) return S::options.epochs + Frozen < Epochs;
  else return true;
}
template <class S, class V>
consteval bool stopping_metric_computed() {
  if constexpr (requires { S::options.metric; }) {
    if (S::options.metric == train::Metric::val_realistic_pr_auc) return V::has(S::options.ratio);
    if (S::options.metric == train::Metric::val_balanced_pr_auc) return V::has(1);
  }
  return true;
}
template <class E>
consteval bool averaging_valid() {
  if constexpr (requires { E::options.decay; }) return E::options.decay > 0 && E::options.decay < 1;
  else return true;
}
template <class C>
consteval bool clipping_valid() {
  if constexpr (requires { C::options.max; }) return C::options.max > 0;
  else return true;
}
template <class P>
consteval bool scales_gradients_of_bf16() {
  if constexpr (requires { P::options.gradient_scaling; }) return P::name == "Bf16" && P::options.gradient_scaling;
  else return false;
}
template <class F>
consteval bool trains_encoder() {
  return !F::forever;
}

}  // namespace detail

/// Runs all checks of a recipe; instantiating it is what makes a wrong recipe fail. One mistake gives one error:
/// each check is silent when an earlier one of its chain has failed.
template <class... P>
struct RecipeChecks {
  using R = detail::Recipe<P...>;
  template <class Axis>
  using policy = typename R::template policy<Axis>;

  static constexpr bool r01 = R::known;
  static_assert(r01,
                "[RTS-R01] what: Trainer<...> was given a type that is no policy; why: a policy names its axis and itself; "
                "fix: give a policy such as losses::Focal<>, or derive yours from rts::PolicyBase with `axis` and `name`");
  static constexpr bool r02 = !r01 || R::each_once(axes::All{});
  static_assert(r02,
                "[RTS-R02] what: two policies fill the same axis; why: an experiment has one of each; "
                "fix: remove one, or use Recipe::with<Policy> to replace it");
  static constexpr bool r03 = !r01 || (R::template on_a_known_axis<P>(axes::All{}) && ...);
  static_assert(r03,
                "[RTS-R03] what: a policy's axis is none of rts::axes; why: the engine would never look at it; "
                "fix: use one of the axes in rts/core/axes.hpp");
  static constexpr bool ok = r01 && r02 && r03;

  // Data
  using Input = policy<axes::Input>;
  using Tile = policy<axes::Tile>;
  static constexpr bool d01 = !ok || Input::well_formed;
  static_assert(d01,
                "[RTS-D01] what: data::Bands<...> holds a type that is no band; why: a band has a name, a unit and says whether it is a colour; "
                "fix: use data::Red, data::Ndvi, ... or a struct with `name`, `unit` and `colour`");
  static constexpr bool d02 = !ok || !d01 || (Input::count > 0 && Input::unique);
  static_assert(d02, "[RTS-D02] what: data::Bands<...> is empty or names a band twice; why: every channel needs its own band; fix: name each band once");
  static constexpr bool d03 = !ok || (Tile::options.height > 0 && Tile::options.width > 0 && Tile::options.overlap >= 0 && Tile::options.overlap < 1);
  static_assert(d03, "[RTS-D03] what: a tile without area, or an overlap outside [0, 1); why: windows must advance; fix: for example data::Tile<{.height = 512, .width = 512, .overlap = 0.25}>");
  static constexpr bool d04 = !ok || !policy<axes::Normalization>::three_bands_only ||
                              (Input::count == 3 && Input::names[0] == "red" && Input::names[1] == "green" && Input::names[2] == "blue");
  static_assert(d04,
                "[RTS-D04] what: ImageNet normalization with bands other than red, green, blue; why: its statistics exist for these three alone; "
                "fix: use data::DatasetStatistics");

  // Model
  using ModelPolicy = policy<axes::Model>;
  static constexpr bool m01 = !ok || models::Model<ModelPolicy>;
  static_assert(m01,
                "[RTS-M01] what: the model policy does not satisfy rts::models::Model; why: the engine needs its encoder, options and name; "
                "fix: see rts/models/models_policy.hpp, or use models::UnetPlusPlus<models::EfficientNet<0>>");
  static constexpr bool m02 = [] {
    if constexpr (ok && m01) return models::Encoder<typename ModelPolicy::encoder>;
    else return true;
  }();
  static_assert(m02,
                "[RTS-M02] what: the model's encoder does not satisfy rts::models::Encoder; why: a decoder needs its channels, strides and scales; "
                "fix: use models::EfficientNet<0..7> or models::EfficientNetLite<0..4>");
  static constexpr bool model_ok = ok && m01 && m02;
  template <bool Ready, class M>
  struct Shape {
    static constexpr bool exists = true, pyramid = true, weights_fit = true, drop_valid = true;
    static constexpr int stride = 1;
  };
  template <class M>
  struct Shape<true, M> {
    using E = typename M::encoder;
    static constexpr bool exists = E::exists;
    static constexpr bool pyramid = !M::needs_pyramid || E::pyramid;
    static constexpr int stride = E::stride;
    static constexpr bool weights_fit = E::options.weights != models::Weights::imagenet || E::options.adapt != models::Adapt::none || Input::count == 3;
    static constexpr bool drop_valid = E::options.drop_path >= 0 && E::options.drop_path < 1 && M::options.dropout >= 0 && M::options.dropout < 1;
  };
  using S = Shape<model_ok, ModelPolicy>;
  static constexpr bool m03 = S::exists;
  static_assert(m03, "[RTS-M03] what: this encoder variant does not exist; why: EfficientNet has B0 to B7, EfficientNet-Lite 0 to 4; fix: choose one of them");
  static constexpr bool m04 = S::pyramid;
  static_assert(m04,
                "[RTS-M04] what: a pyramid decoder on a single-scale encoder; why: UNet++ joins features of five scales, this encoder gives one; "
                "fix: use an encoder with pyramid = true, or a decoder for one scale");
  static constexpr bool m05 = !d03 || !m04 || !m03 || (Tile::options.height % S::stride == 0 && Tile::options.width % S::stride == 0);
  static_assert(m05,
                "[RTS-M05] what: the tile size is no multiple of the encoder's stride; why: skip connections would not meet; "
                "fix: choose height and width divisible by 32");
  static constexpr bool m06 = !m05 || !d03 || !ok || S::stride == 1 || (Tile::options.height / S::stride) * (Tile::options.width / S::stride) > 1;
  static_assert(m06,
                "[RTS-M06] what: batch norm on a 1x1 map; why: at this tile size the deepest features have one position, so statistics are noise; "
                "fix: use tiles of at least 64 pixels");
  static constexpr bool m07 = S::weights_fit;
  static_assert(m07,
                "[RTS-M07] what: ImageNet weights for 3 bands and an input of another count with adaptation off; why: the first convolution would not fit; "
                "fix: set .adapt = models::Adapt::cycle, or use three bands");
  static constexpr bool m08 = S::drop_valid;
  static_assert(m08, "[RTS-M08] what: a dropout or drop-path probability outside [0, 1); why: 1 would drop everything; fix: choose a value such as 0.2");

  // Loss, targets, boundary
  using TaskPolicy = policy<axes::Task>;
  using LossPolicy = policy<axes::Loss>;
  static constexpr bool l01 = !ok || losses::Loss<LossPolicy>;
  static_assert(l01,
                "[RTS-L01] what: the loss policy does not satisfy rts::losses::Loss; why: the pass must know its tasks and options; "
                "fix: declare `binary`, `multi_class` and `valid_options`, or use losses::Focal<>");
  static constexpr bool l05 = [] {
    if constexpr (ok && l01 && requires { LossPolicy::well_formed; }) return bool(LossPolicy::well_formed);
    else return true;
  }();
  static_assert(l05,
                "[RTS-L05] what: losses::Sum<...> holds a type that is no Term<weight, Loss>; why: each summand needs its weight and a loss; "
                "fix: losses::Sum<losses::Term<1.0, losses::Focal<>>, losses::Term<0.5, losses::Dice<>>>");
  static constexpr bool l02 = [] {
    if constexpr (ok && l01 && l05) return TaskPolicy::channels == 1 ? bool(LossPolicy::binary) : bool(LossPolicy::multi_class);
    else return true;
  }();
  static_assert(l02,
                "[RTS-L02] what: the loss does not fit the task; why: a binary loss reads one logit per pixel, a multi-class loss one per class; "
                "fix: take a loss for this task, or tasks::Binary");
  static constexpr bool l03 = [] {
    if constexpr (ok && l01 && l05) return bool(LossPolicy::valid_options);
    else return true;
  }();
  static_assert(l03, "[RTS-L03] what: a loss option out of range; why: exponents, weights and epsilon are not negative, focal's alpha lies in [0, 1], Tversky's alpha and beta are not both 0; fix: correct the number");
  static constexpr bool l04 = [] {
    if constexpr (ok && l01) return !(policy<axes::Targets>::soft && LossPolicy::hard_targets_only);
    else return true;
  }();
  static_assert(l04, "[RTS-L04] what: soft targets with a loss that takes hard labels only; why: it would round them silently; fix: use targets::Hard or another loss");
  static constexpr bool l07 = !ok || requires { { policy<axes::Targets>::numbers } -> std::convertible_to<targets::Numbers>; };
  static_assert(l07,
                "[RTS-L07] what: a targets policy without its numbers; why: the pass reads what to do with labels from them; "
                "fix: static constexpr targets::Numbers numbers{.kind = targets::Kind::hard}");
  static constexpr bool b04 = !ok || requires { { policy<axes::Boundary>::numbers } -> std::convertible_to<boundary::Numbers>; { policy<axes::Boundary>::width } -> std::convertible_to<int>; };
  static_assert(b04,
                "[RTS-B04] what: a boundary policy without its numbers or its width; why: the pass reads what to do at class borders from them; "
                "fix: static constexpr int width = 3 and static constexpr boundary::Numbers numbers{.ignore = width}");
  static constexpr bool l06 = !ok || policy<axes::Targets>::valid_options;
  static_assert(l06, "[RTS-L06] what: a target option out of range; why: a blur needs a width above 0, smoothing a share in [0, 1); fix: for example targets::Gaussian<{.sigma = 1}>");
  using Ring = policy<axes::Boundary>;
  static constexpr bool b03 = !ok || Ring::valid_options;
  static_assert(b03, "[RTS-B03] what: a negative weight at the border; why: the loss would reward errors there; fix: boundary::Weight<{.at_border = 0.1}>, or boundary::Ignore to leave the pixels out");
  static constexpr bool b01 = [] {
    if constexpr (ok && b04) return !Ring::needs_boundary_mask || Ring::width > 0;
    else return true;
  }();
  static_assert(b01, "[RTS-B01] what: a boundary ring of width 0 or less; why: it would ignore nothing; fix: use boundary::None, or a width of at least 1 pixel");
  static constexpr bool b02 = [] {
    if constexpr (ok && d03 && b04) return 2 * Ring::width < Tile::options.height && 2 * Ring::width < Tile::options.width;
    else return true;
  }();
  static_assert(b02, "[RTS-B02] what: a boundary ring at least half a tile wide; why: nothing would be left to learn from; fix: use a few pixels");

  // Augmentation
  using Augment = policy<axes::Augmentation>;
  static constexpr bool a01 = !ok || Augment::well_formed;
  static_assert(a01,
                "[RTS-A01] what: augment::Chain<...> holds a type that is no transform; why: the chain is fused at compile time; "
                "fix: use augment::Rotate90<>, FlipHorizontal<>, Elastic<> or another of docs/policies/augment.md, or a type that satisfies augment::Transform");
  static constexpr bool a02 = !ok || !a01 || Augment::probabilities_valid;
  static_assert(a02, "[RTS-A02] what: a probability outside [0, 1]; why: it is no probability; fix: for example .p = 0.5");
  static constexpr bool a03 = !ok || !a01 || !Augment::quarter_turns || Tile::options.height == Tile::options.width;
  static_assert(a03, "[RTS-A03] what: quarter turns on tiles that are not square; why: they swap height and width; fix: use square tiles, or flips alone");

  static constexpr bool a04 = !ok || !a01 || Augment::valid_options;
  static_assert(a04, "[RTS-A04] what: an augmentation option out of range; why: limits lie in [0, 1], a range begins below its end, a median is 3 or 5 wide, a group's probabilities add up to more than 0, a chain draws at most 16 value steps; fix: correct the number, or shorten the chain");
  static constexpr bool a05 = !ok || !a01 || Augment::ordered;
  static_assert(a05,
                "[RTS-A05] what: a chain that changes values before it moves pixels, or a group of both kinds; why: pixels are moved once, before values change; "
                "fix: CopyPaste first, then what moves pixels, then what changes values");
  static constexpr bool a06 = !ok || !a01 || (Augment::one_border && Augment::displacements <= 1);
  static_assert(a06,
                "[RTS-A06] what: two borders, or two Elastic, in one chain; why: the chain is sampled once, with one border and one displacement; "
                "fix: give every transform the same .border, and one Elastic");
  static constexpr bool a07 = !ok || !a01 || !d03 || (Augment::largest_crop <= Tile::options.height && Augment::largest_crop <= Tile::options.width);
  static_assert(a07, "[RTS-A07] what: a random crop larger than the tile; why: there is nothing outside it; fix: a smaller .largest, or a larger data::Tile");
  static constexpr bool a08 = !ok || !a01 || !d01 || !Augment::needs_colour || detail::has_colours<policy<axes::Input>>();
  static_assert(a08,
                "[RTS-A08] what: a colour transform for an input without red, green and blue; why: it would do nothing; "
                "fix: leave Brightness, Contrast, Saturation, Hue, Gamma, Shadow and Clahe out of the chain, or augment::None, or read the colours");

  // Sampler
  using Sample = policy<axes::Sampler>;
  using BatchPolicy = policy<axes::Batch>;
  using Length = policy<axes::Length>;
  static constexpr bool s01 = !ok || Sample::gapless;
  static_assert(s01,
                "[RTS-S01] what: a curriculum with a gap, an overlap, or not starting at epoch 1; why: some epochs would have no ratio or two; "
                "fix: let each row begin one epoch after the last one ends");
  static constexpr bool t01 = !ok || Length::options.max > 0;
  static_assert(t01, "[RTS-T01] what: a run of no epochs; why: nothing would be trained; fix: train::Epochs<{.max = 300}>");
  static constexpr bool s02 = !ok || !s01 || !t01 || Sample::last_epoch <= Length::options.max;
  static_assert(s02,
                "[RTS-S02] what: a curriculum that goes beyond the last epoch; why: its last rows would never take effect; "
                "fix: use samplers::slump_ratios.scaled_to(EPOCHS), or more epochs");
  static constexpr bool s03 = !ok || !s01 || !s02 || Sample::last_epoch == 0 || Sample::last_epoch >= Length::options.max;
  static_assert(s03,
                "[RTS-S03] what: a curriculum that ends before the last epoch; why: the epochs after it would have no ratio; "
                "fix: extend its last row, or use samplers::slump_ratios.scaled_to(EPOCHS)");
  static constexpr bool s04 = !ok || (Sample::ratios_positive);
  static_assert(s04, "[RTS-S04] what: a ratio of 0 or less negatives per positive; why: an epoch's length is its number of negatives; fix: use at least 1, say");
  static constexpr bool s06 = !ok || Sample::valid_options;
  static_assert(s06, "[RTS-S06] what: a sampler option out of range; why: a group gives at least one tile, weights are above 0, a power lies in [0, 1]; fix: for example samplers::Stratified<{.per_group = 1}>");
  static constexpr bool t02 = !ok || (BatchPolicy::options.size > 0 && BatchPolicy::options.accumulate > 0);
  static_assert(t02, "[RTS-T02] what: a batch of no tiles, or no accumulation step; why: nothing would be computed; fix: train::Batch<{.size = 32, .accumulate = 1}>");
  static constexpr int positives_in_batch = ok && t02 ? static_cast<int>(Sample::positive_fraction * BatchPolicy::options.size + 0.5) : 1;
  static constexpr bool s05 = !ok || !t02 || (positives_in_batch >= 1 && positives_in_batch < BatchPolicy::options.size);
  static_assert(s05,
                "[RTS-S05] what: a batch that is all positives or all negatives; why: positive_fraction x batch size must leave at least one of each; "
                "fix: raise the batch size, or choose a fraction such as 0.5");

  // Optimization and schedule
  using Optim = policy<axes::Optimizer>;
  using Schedule = policy<axes::Scheduler>;
  using Freeze = policy<axes::Finetuning>;
  static constexpr bool o01 = !ok || Optim::lr > 0;
  static_assert(o01, "[RTS-O01] what: a learning rate of 0 or less; why: nothing would be learned; fix: for example optim::AdamW<{.lr = 1e-4}>");
  static constexpr bool o02 = !ok || Optim::valid_options;
  static_assert(o02, "[RTS-O02] what: an optimizer option out of range; why: decay must be >= 0 and momenta in [0, 1); fix: correct the number");
  static constexpr bool o03 = !ok || detail::clipping_valid<policy<axes::Clipping>>();
  static_assert(o03, "[RTS-O03] what: gradients clipped to a norm of 0 or less; why: nothing would be learned; fix: .max = 1.0, or optim::NoClipping");
  static constexpr bool o04 = !ok || detail::averaging_valid<policy<axes::Averaging>>();
  static_assert(o04, "[RTS-O04] what: an averaging decay outside (0, 1); why: 1 would never move, 0 would not average; fix: .decay = 0.999, or optim::NoAveraging");
  static constexpr bool t03 = !ok || Freeze::valid_options;
  static_assert(t03, "[RTS-T03] what: a fine-tuning option out of range; why: rates must be positive and the encoder's factor in (0, 1]; fix: correct the number");
  static constexpr bool t04 = !ok || !t01 || !t03 || Freeze::epochs < Length::options.max;
  static_assert(t04,
                "[RTS-T04] what: the encoder stays frozen for the whole run; why: the second phase of fine-tuning would never begin; "
                "fix: fewer frozen epochs, more epochs, or freeze::Always if that is meant");
  static constexpr bool t05 = !ok || !t01 || Schedule::warmup_epochs < Length::options.max;
  static_assert(t05, "[RTS-T05] what: the warm-up is as long as the run; why: the learning rate would never reach its base; fix: shorten it or train longer");
  static constexpr bool t06 = !ok || !o01 || Schedule::moves(Optim::lr);
  static_assert(t06,
                "[RTS-T06] what: a scheduler that never moves; why: its floor is at or above the base learning rate; "
                "fix: lower min_lr, or say schedulers::Constant");
  using Stop = policy<axes::Stopping>;
  using Validate = policy<axes::Validation>;
  static constexpr bool t07 = !ok || detail::stopping_valid<Stop>();
  static_assert(t07, "[RTS-T07] what: an early-stopping option out of range; why: patience must be at least 1 and min_delta >= 0; fix: train::Patience<{.epochs = 20}>, or train::NoStopping");
  static constexpr bool v01 = !ok || Validate::valid_options;
  static_assert(v01, "[RTS-V01] what: a validation without ratios or that never runs; why: nothing could be compared; fix: train::Prevalences<{.ratios = {1, 200, 500, 1000}}>");
  static constexpr bool v02 = !ok || !v01 || !t07 || detail::stopping_metric_computed<Stop, Validate>();
  static_assert(v02,
                "[RTS-V02] what: early stopping watches a metric that no validation computes; why: it would never fire; "
                "fix: add its ratio to train::Prevalences, or watch one that is there");
  static constexpr bool t08 = [] {
    if constexpr (ok && t01 && t04 && t07) return detail::stopping_can_fire<Stop, Length::options.max, Freeze::epochs>();
    else return true;
  }();
  static_assert(t08,
                "[RTS-T08] what: early stopping that cannot fire; why: patience counts from unfreezing and is longer than what is left of the run; "
                "fix: shorten the patience, or say train::NoStopping");
  static constexpr bool t09 = !ok || (policy<axes::Checkpoints>::options.every > 0 && policy<axes::Checkpoints>::options.last > 0);
  static_assert(t09, "[RTS-T09] what: checkpoints every 0 epochs, or none of them kept; why: there would be nothing to return to; fix: train::Keep<{.every = 10, .last = 3}>");

  // Precision, reproducibility
  static constexpr bool p01 = !ok || !detail::scales_gradients_of_bf16<policy<axes::Precision>>();
  static_assert(p01, "[RTS-P01] what: gradient scaling with bfloat16; why: bfloat16 has float32's range, a scaler only costs time; fix: precision::Bf16<>, or precision::Fp16<>");
  template <class... Axis>
  static consteval bool all_deterministic(TypeList<Axis...>) {
    return (policy<Axis>::deterministic && ...);
  }
  static constexpr bool p02 = !ok || !policy<axes::Reproducibility>::required || all_deterministic(axes::All{});
  static_assert(p02, "[RTS-P02] what: a deterministic recipe with a policy that cannot be; why: two runs would differ; fix: replace that policy, or say train::Fast<>");

  static constexpr bool all = ok && d01 && d02 && d03 && d04 && m01 && m02 && m03 && m04 && m05 && m06 && m07 && m08 && l01 && l02 && l03 && l04 && l05 && l06 && l07 &&
                              b01 && b02 && b03 && b04 && a01 && a02 && a03 && a04 && a05 && a06 && a07 && a08 && s01 && s02 && s03 && s04 && s05 && s06 && o01 && o02 && o03 && o04 && t01 && t02 && t03 &&
                              t04 && t05 && t06 && t07 && t08 && t09 && v01 && v02 && p01 && p02;
};

template <class... P>
struct Trainer;

namespace detail {
/// A recipe's policies with Q... in place of those on the same axes.
template <class List, class... Q>
struct Replaced;
template <class... P>
struct Replaced<TypeList<P...>> {
  using type = Trainer<P...>;
};
template <class... P, class Q, class... Rest>
struct Replaced<TypeList<P...>, Q, Rest...> {
  template <class List>
  struct Append;
  template <class... K>
  struct Append<TypeList<K...>> {
    using type = TypeList<K..., Q>;
  };
  using type = typename Replaced<typename Append<typename Without<typename Q::axis, TypeList<>, P...>::type>::type, Rest...>::type;
};
}  // namespace detail

/// An experiment. `P...` are policies in any order; an axis that is not named takes its default.
/// Using any member checks the recipe; a wrong one fails with a code from docs/errors.md.
template <class... P>
struct Trainer {
  using policies = TypeList<P...>;
  using checks = RecipeChecks<P...>;
  static_assert(checks::all || true);  // instantiates the checks

  /// The policy on an axis, given or default.
  template <class Axis>
  using policy = typename detail::Recipe<P...>::template policy<Axis>;

  /// The same experiment with some policies replaced (all at once, so that only the result is checked): an ablation.
  template <class... Q>
  using with = typename detail::Replaced<TypeList<P...>, Q...>::type;

  /// What the engine runs: plain values and function pointers. Defined in rts/train/plan_of.hpp.
  static train::Plan plan();
};

/// True when every check of a recipe passes; instantiates them all.
template <class T>
inline constexpr bool checked = T::checks::all;

/// A string as a template value, for names of variants.
template <std::size_t N>
struct FixedString {
  char text[N]{};
  constexpr FixedString(const char (&s)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = s[i];
  }
  constexpr std::string_view view() const { return {text, N - 1}; }
};

/// A named experiment of a program: `--variant NAME`.
template <FixedString Name, class T>
struct Variant {
  static constexpr std::string_view name = Name.view();
  using trainer = T;
  static constexpr bool name_valid = [] {
    if (Name.view().empty()) return false;
    for (const char c : Name.view())
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) return false;
    return true;
  }();
};

/// Checks of a program's list of variants.
template <class... V>
struct VariantChecks {
  static constexpr bool r04 = sizeof...(V) > 0 && (V::name_valid && ...);
  static_assert(r04,
                "[RTS-R04] what: a program without variants, or a variant's name with other characters than letters, digits, '_' and '-'; "
                "why: it becomes a folder's name; fix: for example Variant<\"no_ring\", NoRing>");
  static constexpr bool r05 = !r04 || data::detail::distinct<V...>();
  static_assert(r05, "[RTS-R05] what: two variants with the same name; why: --variant could not tell them apart; fix: rename one");
  static constexpr bool all = r04 && r05 && (checked<typename V::trainer> && ...);
};

}  // namespace rts::inline RTS_ABI
