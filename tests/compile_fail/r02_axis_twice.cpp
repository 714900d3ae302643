// RTS-R02
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<boundary::None, boundary::Ignore<>>;
#else
using Recipe = Trainer<boundary::Ignore<>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
