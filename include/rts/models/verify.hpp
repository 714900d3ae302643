#pragma once
// Does a network with given weights reproduce an expected output? For checking converted files before training.

#include <rts/models/weights/load.hpp>

namespace rts::inline RTS_ABI::models {

struct VerifyReport {
  LoadReport load;
  double largest_difference = 0, largest_expected = 0;
  double relative() const { return largest_expected > 0 ? largest_difference / largest_expected : largest_difference; }
};

/// Loads `weights` into `library_name`, runs the tensor 'input' of one file and compares with 'output' of the other.
/// Evaluation mode, fp32, CPU. errors: as for weights files; RTS-M53 a missing tensor, RTS-M54 shapes that differ.
VerifyReport verify(const std::string& library_name, const NetworkOptions& options, const std::filesystem::path& weights, const std::filesystem::path& input, const std::filesystem::path& expect);

}  // namespace rts::inline RTS_ABI::models

#if RTS_HEADER_ONLY
#include <rts/models/verify.ipp>
#endif
