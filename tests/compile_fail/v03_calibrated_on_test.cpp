// RTS-V03: needs tensors
#include <rts/calibration/calibrate.hpp>
using namespace rts;
#ifdef RTS_EXPECT_FAIL
using Scores = calibration::Predictions<Split::Test>;
#else
using Scores = calibration::Predictions<Split::Validation>;
#endif
double chosen(const metrics::Evaluation& e) { return calibration::choose_threshold(Scores{e}, 200, 0.8).logit + calibration::fit_temperature(Scores{e}, 200).slope; }
int main() {}
