// RTS-L03
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<losses::Focal<{.alpha = 1.9}>>;
#else
using Recipe = Trainer<losses::Focal<{.alpha = 0.9}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
