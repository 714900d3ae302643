// RTS-P02
#include <rts/recipe.hpp>
using namespace rts;
struct Racing : losses::Focal<> {
  static constexpr bool deterministic = false;
};
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<Racing>;
#else
using Recipe = Trainer<Racing, train::Fast<>>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
