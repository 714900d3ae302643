// RTS-V02
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<train::Patience<{.ratio = 250}>>;
#else
using Recipe = Trainer<train::Patience<{.ratio = 200}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
