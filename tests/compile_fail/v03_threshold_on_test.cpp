// RTS-V03
#include <rts/core/splits_policy.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Split = splits::Test;
#else
using Split = splits::Validation;
#endif
int main() { require_validation_split<Split>(); }
