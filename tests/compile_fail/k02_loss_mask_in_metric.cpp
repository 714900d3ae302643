// RTS-K02: needs tensors
#include <rts/metrics/evaluation.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Mask = LossMask;
#else
using Mask = ValidMask;
#endif
void score(metrics::Evaluation& e, const Logits<tasks::Binary>& z, const Labels<tasks::Binary>& y, const Mask& mask) { e.add(z, y, mask, {}); }
int main() {}
