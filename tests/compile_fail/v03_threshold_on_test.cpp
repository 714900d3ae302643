// RTS-V03
#include <rts/core/splits_policy.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Chosen = Split::Test;
#else
using Chosen = Split::Validation;
#endif
int main() { require_validation_split<Chosen>(); }
