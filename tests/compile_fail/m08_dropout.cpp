// RTS-M08
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<models::UnetPlusPlus<models::EfficientNet<0>, {.dropout = 1.0}>>;
#else
using Recipe = Trainer<models::UnetPlusPlus<models::EfficientNet<0>, {.dropout = 0.5}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
