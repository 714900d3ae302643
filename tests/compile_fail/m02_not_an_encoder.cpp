// RTS-M02
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<models::UnetPlusPlus<int>>;
#else
using Recipe = Trainer<models::UnetPlusPlus<models::EfficientNet<0>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
