// RTS-T04
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<freeze::Encoder<{.epochs = 300}>>;
#else
using Recipe = Trainer<freeze::Encoder<{.epochs = 20}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
