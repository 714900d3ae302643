// RTS-B01
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<boundary::Ignore<{.width = 0}>>;
#else
using Recipe = Trainer<boundary::Ignore<{.width = 1}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
