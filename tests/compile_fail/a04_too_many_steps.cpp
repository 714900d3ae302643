// RTS-A04
#include <rts/recipe.hpp>
using namespace rts;
using Holes = augment::CutOut<{.holes = 4}>;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<augment::Chain<Holes, Holes, Holes, Holes, Holes>>;
#else
using Recipe = Trainer<augment::Chain<Holes, Holes, Holes, Holes>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
