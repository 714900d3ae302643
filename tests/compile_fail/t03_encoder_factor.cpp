// RTS-T03
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<freeze::Encoder<{.encoder_lr_factor = 0}>>;
#else
using Recipe = Trainer<freeze::Encoder<{.encoder_lr_factor = 1.0}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
