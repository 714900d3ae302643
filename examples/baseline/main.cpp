// The guide's baseline, value for value: UNet++ with EfficientNet-B7 on red, green, blue at 512 pixels.
#include <rts/rts.hpp>
using namespace rts;

using Baseline = Trainer<
    data::Bands<data::Red, data::Green, data::Blue>,
    data::Tile<{.height = 512, .width = 512}>,
    models::UnetPlusPlus<models::EfficientNet<7, {.weights = models::Weights::imagenet}>>,
    losses::Focal<{.gamma = 2, .alpha = 0.25}>,
    boundary::Ignore<{.width = 3}>,
    samplers::Curriculum<samplers::slump_ratios, {.positive_fraction = 0.5}>,
    optim::AdamW<{.lr = 1e-4, .weight_decay = 1e-2}>,
    optim::GradientNorm<{.max = 1.0}>,
    optim::Ema<{.decay = 0.999}>,
    schedulers::WarmupCosine<{.warmup_epochs = 5, .start_lr = 1e-6, .min_lr = 1e-6}>,
    freeze::Encoder<{.epochs = 10, .frozen_lr = 3e-4, .encoder_lr_factor = 0.1}>,
    precision::Fp16<>,
    train::Epochs<{.max = 300}>,
    train::Batch<{.size = 32}>,
    train::Patience<{.epochs = 20, .min_delta = 0.001, .metric = train::Metric::val_realistic_pr_auc}>,
    train::Keep<{.every = 10, .last = 3}>,
    train::Deterministic<{.seed = 42}>>;

int main(int argc, char** argv) { return cli::run<Variant<"baseline", Baseline>>(argc, argv); }
