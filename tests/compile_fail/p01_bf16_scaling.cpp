// RTS-P01
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<precision::Bf16<{.gradient_scaling = true}>>;
#else
using Recipe = Trainer<precision::Bf16<>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
