// RTS-T05
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<schedulers::WarmupCosine<{.warmup_epochs = 300}>>;
#else
using Recipe = Trainer<schedulers::WarmupCosine<{.warmup_epochs = 10}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
