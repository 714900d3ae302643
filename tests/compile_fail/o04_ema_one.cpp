// RTS-O04
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<optim::Ema<{.decay = 1.0}>>;
#else
using Recipe = Trainer<optim::Ema<{.decay = 0.99}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
