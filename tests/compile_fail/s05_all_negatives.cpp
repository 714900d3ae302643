// RTS-S05
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<train::Batch<{.size = 1}>>;
#else
using Recipe = Trainer<train::Batch<{.size = 2}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
