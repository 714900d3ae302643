// RTS-D04
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<data::ImageNet, data::Bands<data::Red, data::Nir>>;
#else
using Recipe = Trainer<data::ImageNet>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
