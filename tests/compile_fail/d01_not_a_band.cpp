// RTS-D01
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<data::Bands<data::Red, int>>;
#else
using Recipe = Trainer<data::Bands<data::Red>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
