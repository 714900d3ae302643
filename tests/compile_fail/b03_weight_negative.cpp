// RTS-B03
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<boundary::Weight<{.at_border = -0.5}>>;
#else
using Recipe = Trainer<boundary::Weight<{.at_border = 0.5}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
