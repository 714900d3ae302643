// RTS-O02
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<optim::AdamW<{.weight_decay = -1}>>;
#else
using Recipe = Trainer<optim::AdamW<{.weight_decay = 0}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
