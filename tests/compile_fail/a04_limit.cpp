// RTS-A04
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<augment::Chain<augment::Brightness<{.limit = 1.5}>>>;
#else
using Recipe = Trainer<augment::Chain<augment::Brightness<{.limit = 0.5}>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
