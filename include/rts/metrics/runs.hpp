#pragma once
// Rows of masks as runs: bytes or scores to bits, bits to runs. Instruction sets chosen when a program starts.

#include <rts/core/config.hpp>

#include <cstdint>
#include <vector>

namespace rts::inline RTS_ABI::metrics {

/// Pixels [first, last) of a row that are set.
struct Run {
  std::int32_t first, last;
};

/// Bit x of the row is set where byte x is not 0. `bits` holds (n + 63) / 64 words.
void nonzero_bits(const std::uint8_t* row, int n, std::uint64_t* bits);
/// Bit x is set where score x >= threshold; NaN is not.
void at_least_bits(const float* row, float threshold, int n, std::uint64_t* bits);
/// Runs of a row, from left to right.
void runs_of(const std::uint64_t* bits, int n, std::vector<Run>& out);

}  // namespace rts::inline RTS_ABI::metrics

#if RTS_HEADER_ONLY
#include <rts/metrics/runs.ipp>
#endif
