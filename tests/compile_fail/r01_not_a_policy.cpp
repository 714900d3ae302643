// RTS-R01
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<int>;
#else
using Recipe = Trainer<boundary::None>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
