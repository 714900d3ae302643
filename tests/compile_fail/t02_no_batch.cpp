// RTS-T02
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<train::Batch<{.size = 0}>>;
#else
using Recipe = Trainer<train::Batch<{.size = 4}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
