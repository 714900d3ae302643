// An experiment with a loss of its own, fused like the library's: alone, and with Dice beside it.
#include "poly.hpp"

#include <rts/rts.hpp>

using namespace rts;

using PolyDice = losses::Sum<losses::Term<1.0, Poly<{.epsilon = 2}>>, losses::Term<0.5, losses::Dice<>>>;
using Base = Trainer<models::UnetPlusPlus<models::EfficientNetLite<0>>, data::Tile<{.height = 128, .width = 128}>, boundary::Ignore<{.width = 1}>>;

int main(int argc, char** argv) {
  return cli::run<Variant<"poly", Base::with<Poly<>>>, Variant<"poly_dice", Base::with<PolyDice>>>(argc, argv);
}
