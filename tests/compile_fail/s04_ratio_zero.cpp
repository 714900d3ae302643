// RTS-S04
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<samplers::FixedRatio<{.ratio = 0}>>;
#else
using Recipe = Trainer<samplers::FixedRatio<{.ratio = 1}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
