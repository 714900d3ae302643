// RTS-M07
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<data::Bands<data::Red, data::Green, data::Blue, data::Ndvi>, models::UnetPlusPlus<models::EfficientNet<0, {.weights = models::Weights::imagenet, .adapt = models::Adapt::none}>>>;
#else
using Recipe = Trainer<data::Bands<data::Red, data::Green, data::Blue, data::Ndvi>, models::UnetPlusPlus<models::EfficientNet<0, {.weights = models::Weights::imagenet, .adapt = models::Adapt::cycle}>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
