// RTS-M01
#include <rts/recipe.hpp>
using namespace rts;
struct Mine : PolicyBase {
  using axis = axes::Model;
  static constexpr std::string_view name = "Mine";
  static constexpr models::DecoderOptions options{};
  static constexpr bool needs_pyramid = true;
#ifndef RTS_EXPECT_FAIL
  using encoder = models::EfficientNet<0>;
  static std::string library_name() { return "mine"; }
#endif
};
constexpr bool good = checked<Trainer<Mine>>;
int main() { return good ? 0 : 1; }
