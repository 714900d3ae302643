#pragma once
// Windows over a raster: where they start, how they blend, which pixels are theirs. Anchored to the raster's origin.

#include <rts/core/config.hpp>

#include <vector>

namespace rts::inline RTS_ABI::inference {

/// Windows along one axis.
struct Axis {
  int length = 0, window = 0;
  std::vector<int> starts;
  std::vector<std::vector<float>> weights;  ///< of a window's pixels; one for all windows when blended
  std::vector<float> total;                 ///< of a pixel over all its windows: with another axis it makes the normaliser

  const std::vector<float>& weight(std::size_t k) const { return weights[weights.size() == 1 ? 0 : k]; }
};

/// Blended: starts 0, step, 2 step, ...; the last window covers the end and may reach beyond. Weights: a raised cosine over the overlap at both
/// ends, 1 in between, never 0.
Axis blended_axis(int length, int window, double overlap);
/// Halo: each pixel comes from one window that sees at least `halo` pixels around it, or the raster's end. Starts are multiples of
/// `stride`; the last window ends where the raster, rounded up to the stride, does. errors: RTS-I58 a window too small for its halo
Axis halo_axis(int length, int window, int halo, int stride);

}  // namespace rts::inline RTS_ABI::inference

#if RTS_HEADER_ONLY
#include <rts/inference/grid.ipp>
#endif
