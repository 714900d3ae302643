// Real slumps: Sentinel-2 at 10 m, cut into 128-pixel windows, from ImageNet weights. Results: docs/results/slumps.md.
#include <rts/rts.hpp>
using namespace rts;

using Slumps = Trainer<
    data::Bands<data::Red, data::Green, data::Blue, data::Ndvi>,
    data::Tile<{.height = 128, .width = 128}>,
    models::UnetPlusPlus<models::EfficientNetLite<0>>,
    losses::Focal<{.gamma = 2, .alpha = 0.75}>,
    boundary::None,
    samplers::FixedRatio<{.ratio = 1}>,
    augment::Chain<augment::Rotate90<>, augment::FlipHorizontal<>, augment::FlipVertical<>>,
    optim::AdamW<{.lr = 5e-4, .weight_decay = 1e-2}>,
    optim::Ema<{.decay = 0.99}>,
    schedulers::WarmupCosine<{.warmup_epochs = 1, .start_lr = 1e-5, .min_lr = 1e-6}>,
    freeze::None,
    train::Epochs<{.max = 10}>,
    train::Batch<{.size = 8}>,
    train::Patience<{.epochs = 9, .min_delta = 0, .metric = train::Metric::val_loss}>,  // a hundred windows rank networks by loss, not by a rare class's PR-AUC
    train::Prevalences<{.ratios = {1, 200, 500, 1000}}>>;

using Ring = Slumps::with<boundary::Ignore<{.width = 1}>>;            // 10 m labels: even one pixel costs a third of the positives
using GuideAlpha = Slumps::with<losses::Focal<{.gamma = 2, .alpha = 0.25}>>;  // starves so short a run of positives

int main(int argc, char** argv) {
  return cli::run<Variant<"slumps", Slumps>, Variant<"ring_1", Ring>, Variant<"alpha_025", GuideAlpha>>(argc, argv);
}
