// RTS-L06
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<targets::Gaussian<{.sigma = 0}>>;
#else
using Recipe = Trainer<targets::Gaussian<{.sigma = 1}>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
