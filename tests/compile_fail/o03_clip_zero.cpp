// RTS-O03
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<optim::GradientNorm<{.max = 0}>>;
#else
using Recipe = Trainer<optim::NoClipping>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
