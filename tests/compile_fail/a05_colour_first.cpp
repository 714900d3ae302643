// RTS-A05
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<augment::Chain<augment::Brightness<>, augment::FlipHorizontal<>>>;
#else
using Recipe = Trainer<augment::Chain<augment::FlipHorizontal<>, augment::Brightness<>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
