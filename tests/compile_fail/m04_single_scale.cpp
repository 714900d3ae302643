// RTS-M04
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
#define PYRAMID false
#else
#define PYRAMID true
#endif
struct SingleScale {
  static constexpr int variant = 0, stride = 16;
  static constexpr bool exists = true, pyramid = PYRAMID, is_global = true;
  static constexpr models::EncoderOptions options{};
  static constexpr std::string_view library_name = "single";
};
constexpr bool good = checked<Trainer<models::UnetPlusPlus<SingleScale>>>;
int main() { return good ? 0 : 1; }
