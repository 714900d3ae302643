// RTS-R03
#include <rts/recipe.hpp>
using namespace rts;
struct MyAxis {
  static constexpr std::string_view name = "mine";
};
struct Mine : PolicyBase {
#ifdef RTS_EXPECT_FAIL
  using axis = MyAxis;
#else
  using axis = axes::Boundary;
#endif
  static constexpr std::string_view name = "Mine";
  static constexpr int width = 0;
  static constexpr boundary::Numbers numbers{};
};
constexpr bool good = checked<Trainer<Mine>>;
int main() { return good ? 0 : 1; }
