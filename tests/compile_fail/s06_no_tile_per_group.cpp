// RTS-S06
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<samplers::Stratified<{.per_group = 0}>>;
#else
using Recipe = Trainer<samplers::Stratified<{.per_group = 2}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
