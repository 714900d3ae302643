// RTS-D03
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<data::Tile<{.overlap = 1.0}>>;
#else
using Recipe = Trainer<data::Tile<{.overlap = 0.5}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
