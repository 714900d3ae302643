// RTS-D02
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<data::Bands<data::Red, data::Red>>;
#else
using Recipe = Trainer<data::Bands<data::Red, data::Ndvi>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
