// RTS-B02
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<data::Tile<{.height = 64, .width = 64}>, boundary::Ignore<{.width = 40}>>;
#else
using Recipe = Trainer<data::Tile<{.height = 64, .width = 64}>, boundary::Ignore<{.width = 3}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
