// RTS-A01
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<augment::Chain<int>>;
#else
using Recipe = Trainer<augment::Chain<augment::FlipVertical<>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
