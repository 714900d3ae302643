// RTS-A04
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<augment::Chain<augment::OneOf<{.p = 0.3}, augment::Hue<{.p = 0}>>>>;
#else
using Recipe = Trainer<augment::Chain<augment::OneOf<{.p = 0.3}, augment::Hue<>>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
