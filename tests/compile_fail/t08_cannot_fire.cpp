// RTS-T08
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<train::Patience<{.epochs = 295}>>;
#else
using Recipe = Trainer<train::Patience<{.epochs = 100}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
