// RTS-L07
#include <rts/recipe.hpp>
using namespace rts;
struct Plain : PolicyBase {
  using axis = axes::Targets;
  static constexpr std::string_view name = "Plain";
  static constexpr bool soft = false;
#ifndef RTS_EXPECT_FAIL
  static constexpr targets::Numbers numbers{.kind = targets::Kind::hard};
#endif
};
constexpr bool good = checked<Trainer<Plain>>;
int main() { return good ? 0 : 1; }
