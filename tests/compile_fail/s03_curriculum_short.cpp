// RTS-S03
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<train::Epochs<{.max = 400}>, samplers::Curriculum<samplers::slump_ratios>>;
#else
using Recipe = Trainer<train::Epochs<{.max = 400}>, samplers::Curriculum<samplers::slump_ratios.scaled_to(400)>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
