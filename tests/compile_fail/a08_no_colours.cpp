// RTS-A08
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<data::Bands<data::Nir, data::Ndvi, data::ShadedRelief>, augment::Chain<augment::Saturation<>>>;
#else
using Recipe = Trainer<data::Bands<data::Nir, data::Ndvi, data::ShadedRelief>, augment::Chain<augment::GaussianBlur<>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
