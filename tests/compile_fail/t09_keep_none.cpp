// RTS-T09
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<train::Keep<{.last = 0}>>;
#else
using Recipe = Trainer<train::Keep<{.last = 1}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
