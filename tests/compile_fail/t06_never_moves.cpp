// RTS-T06
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<schedulers::Cosine<{.min_lr = 1e-3}>>;
#else
using Recipe = Trainer<schedulers::Cosine<{.min_lr = 1e-6}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
