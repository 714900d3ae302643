// RTS-M05
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<data::Tile<{.height = 100, .width = 100}>>;
#else
using Recipe = Trainer<data::Tile<{.height = 96, .width = 96}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
