// RTS-S01
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<samplers::Curriculum<samplers::RatioTable<2>{{{1, 10, 1}, {12, 300, 5}}}>>;
#else
using Recipe = Trainer<samplers::Curriculum<samplers::RatioTable<2>{{{1, 10, 1}, {11, 300, 5}}}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
