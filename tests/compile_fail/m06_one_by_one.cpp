// RTS-M06
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<data::Tile<{.height = 32, .width = 32}>>;
#else
using Recipe = Trainer<data::Tile<{.height = 64, .width = 64}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
