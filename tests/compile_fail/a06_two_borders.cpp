// RTS-A06
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<augment::Chain<augment::ShiftScaleRotate<{.border = augment::Border::constant}>, augment::Shear<>>>;
#else
using Recipe = Trainer<augment::Chain<augment::ShiftScaleRotate<{.border = augment::Border::constant}>, augment::Shear<{.border = augment::Border::constant}>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
