// A recipe small enough to train within a test: 64-pixel tiles, three epochs.
#include <rts/rts.hpp>
using namespace rts;

using Tiny = Trainer<data::Tile<{.height = 64, .width = 64}>, models::UnetPlusPlus<models::EfficientNetLite<0>>, losses::Focal<{.gamma = 2, .alpha = 0.75}>, boundary::Ignore<{.width = 1}>,
                     samplers::FixedRatio<{.ratio = 1}>, optim::AdamW<{.lr = 1e-3}>, optim::Ema<{.decay = 0.9}>, schedulers::Constant, freeze::None, train::Epochs<{.max = 3}>, train::Batch<{.size = 4}>,
                     train::NoStopping, train::Prevalences<{.ratios = {1, 200}}>>;
using Frozen = Tiny::with<freeze::Encoder<{.epochs = 1}>, train::Batch<{.size = 4, .accumulate = 2}>, augment::Chain<augment::Rotate90<>, augment::FlipVertical<>>>;
using Real = Tiny::with<data::Bands<data::Red, data::Green, data::Blue, data::Ndvi>, data::Tile<{.height = 128, .width = 128}>, boundary::None, train::Epochs<{.max = 2}>>;

using Regions = Tiny::with<samplers::Stratified<>, augment::Chain<augment::CopyPaste<{.p = 0.5}>, augment::FlipHorizontal<>, augment::OneOf<{.p = 0.5}, augment::GaussianBlur<>, augment::Clahe<>>>>;

using Hard = Tiny::with<samplers::HardNegatives<samplers::FixedRatio<{.ratio = 1}>, {.share = 0.5, .keep = 0.2, .pool = 40}>>;

// A quarter of the tiles coarse, histograms matched in maps; then larger tiles go on from its weights.
using Small = Tiny::with<samplers::MultiResolution<samplers::FixedRatio<{.ratio = 1}>>, data::HistogramMatching>;
using Large = Tiny::with<data::Tile<{.height = 128, .width = 128}>>;

int main(int argc, char** argv) { return cli::run<Variant<"tiny", Tiny>, Variant<"frozen", Frozen>, Variant<"real", Real>, Variant<"regions", Regions>, Variant<"hard", Hard>, Variant<"small", Small>, Variant<"large", Large>>(argc, argv); }
