// RTS-L04
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<losses::Lovasz, targets::Gaussian<>>;
#else
using Recipe = Trainer<losses::Tversky<>, targets::Gaussian<>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
