// RTS-R04
#include <rts/recipe.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
constexpr bool good = VariantChecks<Variant<"no ring", Trainer<>>>::all;
#else
constexpr bool good = VariantChecks<Variant<"a", Trainer<>>, Variant<"no_ring", Trainer<boundary::None>>>::all;
#endif
int main() { return good ? 0 : 1; }
