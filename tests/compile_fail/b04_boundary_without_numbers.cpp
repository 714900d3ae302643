// RTS-B04
#include <rts/recipe.hpp>
using namespace rts;
struct Wide : PolicyBase {
  using axis = axes::Boundary;
  static constexpr std::string_view name = "Wide";
  static constexpr bool needs_boundary_mask = true;
#ifndef RTS_EXPECT_FAIL
  static constexpr int width = 4;
  static constexpr boundary::Numbers numbers{.ignore = width};
#endif
};
constexpr bool good = checked<Trainer<Wide>>;
int main() { return good ? 0 : 1; }
