// RTS-L01
#include <rts/recipe.hpp>
using namespace rts;
struct Mine : PolicyBase {
  using axis = axes::Loss;
  static constexpr std::string_view name = "Mine";
#ifndef RTS_EXPECT_FAIL
  static constexpr bool binary = true, multi_class = false, valid_options = true;
#endif
};
constexpr bool good = checked<Trainer<Mine>>;
int main() { return good ? 0 : 1; }
