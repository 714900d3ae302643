// RTS-M03
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<models::UnetPlusPlus<models::EfficientNet<8>>>;
#else
using Recipe = Trainer<models::UnetPlusPlus<models::EfficientNet<7>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
