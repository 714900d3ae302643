// RTS-A05
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<augment::Chain<augment::OneOf<{.p = 0.3}, augment::FlipVertical<>, augment::Hue<>>>>;
#else
using Recipe = Trainer<augment::Chain<augment::OneOf<{.p = 0.3}, augment::Saturation<>, augment::Hue<>>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
