// RTS-L02
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<tasks::MultiClass<tasks::Classes<data::Red, data::Green, data::Blue>>, losses::BinaryCrossEntropy<>>;
#else
using Recipe = Trainer<tasks::MultiClass<tasks::Classes<data::Red, data::Green, data::Blue>>, losses::CrossEntropy<>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
