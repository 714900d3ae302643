// RTS-T01
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<train::Epochs<{.max = 0}>>;
#else
using Recipe = Trainer<train::Epochs<{.max = 300}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
