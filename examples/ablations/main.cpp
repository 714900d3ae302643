// Several experiments in one program: each ablation is another type, chosen by --variant.
#include <rts/rts.hpp>
using namespace rts;

using Reference = Trainer<
    data::Tile<{.height = 128, .width = 128}>,
    models::UnetPlusPlus<models::EfficientNet<0>>,
    samplers::Curriculum<samplers::slump_ratios.scaled_to(60)>,
    train::Epochs<{.max = 60}>,
    train::Batch<{.size = 16}>>;

using NoRing = Reference::with<boundary::None>;
using WideRing = Reference::with<boundary::Ignore<{.width = 5}>>;
using FixedTen = Reference::with<samplers::FixedRatio<{.ratio = 10}>>;
using FixedTwenty = Reference::with<samplers::FixedRatio<{.ratio = 20}>>;
using SharpFocus = Reference::with<losses::Focal<{.gamma = 3, .alpha = 0.25}>>;
using WithNdvi = Reference::with<data::Bands<data::Red, data::Green, data::Blue, data::Ndvi>>;
using Dropout = Reference::with<models::UnetPlusPlus<models::EfficientNet<0>, {.dropout = 0.2}>>;
using Local = Reference::with<models::UnetPlusPlus<models::EfficientNetLite<0>>>;

int main(int argc, char** argv) {
  return cli::run<Variant<"reference", Reference>, Variant<"no_ring", NoRing>, Variant<"ring_5", WideRing>, Variant<"fixed_10", FixedTen>, Variant<"fixed_20", FixedTwenty>,
                  Variant<"gamma_3", SharpFocus>, Variant<"ndvi", WithNdvi>, Variant<"dropout", Dropout>, Variant<"lite0", Local>>(argc, argv);
}
