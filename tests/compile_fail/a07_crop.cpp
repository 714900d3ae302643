// RTS-A07
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<data::Tile<{.height = 256, .width = 256}>, augment::Chain<augment::RandomCrop<{.smallest = 128, .largest = 300}>>>;
#else
using Recipe = Trainer<data::Tile<{.height = 256, .width = 256}>, augment::Chain<augment::RandomCrop<{.smallest = 128, .largest = 256}>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
