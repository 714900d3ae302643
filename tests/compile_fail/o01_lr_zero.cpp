// RTS-O01
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<optim::AdamW<{.lr = 0}>>;
#else
using Recipe = Trainer<optim::AdamW<{.lr = 1e-3}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
