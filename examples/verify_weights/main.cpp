// Checks converted weights before training: verify_weights --model unetplusplus/efficientnet-b3 --bands 4 --classes 1
// --weights FILE --input FILE --expect FILE --tolerance 1e-4
#include <rts/cli/verify.hpp>

int main(int argc, char** argv) { return rts::cli::run_verify_weights(argc, argv); }
