// RTS-L05
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<losses::Sum<losses::Focal<>, losses::Dice<>>>;
#else
using Recipe = Trainer<losses::Sum<losses::Term<1.0, losses::Focal<>>, losses::Term<0.5, losses::Dice<>>>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
