#pragma once
// The `verify` subcommand's printing, shared with examples/verify_weights.

#include <rts/core/error.hpp>

#include <filesystem>
#include <string>

namespace rts::inline RTS_ABI::cli {

/// Prints the load report and the difference. Returns 0 within the tolerance (relative to the largest expected value), else 1.
int verify_model(const std::string& library_name, int bands, int classes, const std::filesystem::path& weights, const std::filesystem::path& input, const std::filesystem::path& expect, double tolerance);

/// The whole program of examples/verify_weights: `--model`, `--bands`, `--classes`, `--weights`, `--input`, `--expect`, `--tolerance`, `--list`.
int run_verify_weights(int argc, char** argv);

}  // namespace rts::inline RTS_ABI::cli

#if RTS_HEADER_ONLY
#include <rts/cli/verify.ipp>
#endif
