// RTS-S06
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<samplers::HardNegatives<samplers::Stratified<>>>;
#else
using Recipe = Trainer<samplers::HardNegatives<samplers::Balanced<>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
