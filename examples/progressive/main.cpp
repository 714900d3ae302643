// Progressive resizing: fifty epochs on tiles of 256 pixels, then fifty on 512 from the weights that those gave. Two variants, one program:
//   progressive train --variant size_256 --data tiles
//   progressive train --variant size_512 --data tiles --init-from runs/size_256-default
#include <rts/rts.hpp>
using namespace rts;

using At256 = Trainer<
    data::Tile<{.height = 256, .width = 256}>,
    samplers::Curriculum<samplers::slump_ratios.scaled_to(50)>,
    train::Epochs<{.max = 50}>>;

// The encoder has been tuned: nothing is frozen, and the rate starts lower.
using At512 = At256::with<
    data::Tile<{.height = 512, .width = 512}>,
    models::UnetPlusPlus<models::EfficientNet<7, {.weights = models::Weights::any}>>,
    optim::AdamW<{.lr = 5e-5}>,
    freeze::None>;

int main(int argc, char** argv) { return cli::run<Variant<"size_256", At256>, Variant<"size_512", At512>>(argc, argv); }
