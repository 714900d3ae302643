// RTS-L04
#include <rts/recipe.hpp>
using namespace rts;
struct HardOnly : PolicyBase {
  using axis = axes::Loss;
  static constexpr std::string_view name = "HardOnly";
  static constexpr bool binary = true, multi_class = false, valid_options = true, hard_targets_only = true;
};
struct Soft : PolicyBase {
  using axis = axes::Targets;
  static constexpr std::string_view name = "Soft";
  static constexpr bool soft = true;
};
#ifdef RTS_EXPECT_FAIL
using Recipe = Trainer<HardOnly, Soft>;
#else
using Recipe = Trainer<HardOnly, targets::Hard>;
#endif
constexpr bool good = checked<Recipe>;
int main() { return good ? 0 : 1; }
