// RTS-A06
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<augment::Chain<augment::Elastic<>, augment::Elastic<{.sigma = 3}>>>;
#else
using Recipe = Trainer<augment::Chain<augment::Elastic<>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
