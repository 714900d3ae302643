// A project of its own: an experiment, an ablation of it, and fmt beside them.
#include <rts/rts.hpp>

#include <fmt/core.h>

using namespace rts;

using Mine = Trainer<data::Bands<data::Red, data::Green, data::Blue>, data::Tile<{.height = 128, .width = 128}>, models::UnetPlusPlus<models::EfficientNetLite<0>>,
                     losses::Focal<{.gamma = 2, .alpha = 0.5}>, boundary::Ignore<{.width = 1}>>;
using NoRing = Mine::with<boundary::None>;

int main(int argc, char** argv) {
  fmt::print("a project with fmt {}\n", FMT_VERSION);
  return cli::run<Variant<"mine", Mine>, Variant<"no_ring", NoRing>>(argc, argv);
}
