// RTS-A03
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<data::Tile<{.height = 256, .width = 512}>, augment::Chain<augment::Rotate90<>>>;
#else
using Recipe = Trainer<data::Tile<{.height = 256, .width = 512}>, augment::Chain<augment::FlipHorizontal<>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
