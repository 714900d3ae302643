// RTS-A02
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<augment::Chain<augment::FlipVertical<{.p = 1.5}>>>;
#else
using Recipe = Trainer<augment::Chain<augment::FlipVertical<{.p = 1.0}>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
