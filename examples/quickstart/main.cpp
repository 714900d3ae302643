// The demo: a small network on synthetic scenes, from nothing to a map in minutes on two cores.
#include <rts/rts.hpp>
using namespace rts;

inline constexpr samplers::RatioTable ratios{{{1, 2, 1}, {3, 6, 2}, {7, 9, 3}}};

using Quickstart = Trainer<
    data::Bands<data::Red, data::Green, data::Blue>,
    data::Tile<{.height = 128, .width = 128, .overlap = 0.5}>,  // windows this small must overlap by half: the network's edges are 40 pixels wide
    models::UnetPlusPlus<models::EfficientNetLite<0, {.drop_path = 0.1}>>,
    losses::Focal<{.gamma = 2, .alpha = 0.75}>,
    boundary::Ignore<{.width = 1}>,
    samplers::Curriculum<ratios, {.positive_fraction = 0.5, .ramp = 1}>,
    augment::Chain<augment::Rotate90<>, augment::FlipHorizontal<>, augment::FlipVertical<>>,
    optim::AdamW<{.lr = 1e-3}>,
    optim::Ema<{.decay = 0.99}>,
    schedulers::WarmupCosine<{.warmup_epochs = 1, .start_lr = 1e-5, .min_lr = 1e-5}>,
    freeze::None,
    train::Epochs<{.max = 9}>,
    train::Batch<{.size = 8}>,
    train::Patience<{.epochs = 6, .min_delta = 0.001, .ratio = 200}>,
    train::Prevalences<{.ratios = {1, 200}, .every_epochs = 1}>>;

// Aerial imagery: four bands of bytes.
using FourBands = Quickstart::with<data::Bands<data::Red, data::Green, data::Blue, data::Nir>>;

int main(int argc, char** argv) { return cli::run<Variant<"quickstart", Quickstart>, Variant<"four_bands", FourBands>>(argc, argv); }
