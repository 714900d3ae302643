#pragma once
// Photometric steps as what rows of pixels need: runs of linear colour steps become one matrix; normalisation joins the last.

#include <rts/augment/steps_formula.hpp>

#include <array>
#include <span>
#include <vector>

namespace rts::inline RTS_ABI::augment {

/// How a band's stored value becomes network input: (raw x scale - mean) x factor.
struct BandNumbers {
  float scale = 1, mean = 0, factor = 1;
};

/// The bands of a tile.
struct BandSet {
  std::vector<BandNumbers> bands;
  std::array<int, 3> colours{-1, -1, -1};  ///< places of red, green, blue; -1: the recipe lacks one, colour steps do nothing
  float white[3] = {255, 255, 255};        ///< of gamma and CLAHE, in stored values
  bool has_colours() const { return colours[0] >= 0 && colours[1] >= 0 && colours[2] >= 0; }
};

/// out = matrix x (red, green, blue) + offset.
struct ColourMap {
  float matrix[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  float offset[3] = {};
  bool identity() const;
  /// The map that applies `inner` first.
  ColourMap after(const ColourMap& inner) const;
};

/// The map of one linear step, given the mean colour of what it is applied to.
ColourMap colour_map(const PhotometricStep& step, const float mean[3]);

/// A run of photometric steps that needs no neighbours: a matrix, then perhaps a step that is not linear.
struct PointRun {
  ColourMap map;
  bool identity = false;                  ///< the matrix does nothing
  const PhotometricStep* then = nullptr;  ///< gamma, noise or shadow; null: nothing
};

/// Steps up to the next that reads neighbours, as runs; `mean` (of the colours, stored values) is carried through.
/// Returns how many steps it took, that one not included.
int point_runs(std::span<const PhotometricStep> steps, float mean[3], const BandSet& bands, std::vector<PointRun>& out);

}  // namespace rts::inline RTS_ABI::augment

#if RTS_HEADER_ONLY
#include <rts/augment/colour.ipp>
#endif
