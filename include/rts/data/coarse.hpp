#pragma once
// Samples of coarser resolution: more ground at as many pixels, averaged from windows as they are stored.

#include <rts/data/dataset.hpp>

namespace rts::inline RTS_ABI::data {

/// Reads `factor` x `factor` windows around a sample, moved inwards at a file's edge, and averages them to one tile. A pixel is valid
/// where all it covers are; its label is the most frequent one, the higher of two. `part`: memory to work in.
void read_coarse(Reader& reader, const Dataset& d, const Sample& sample, int factor, RawTile& part, RawTile& out);

/// errors: RTS-D74 a source that holds single windows, or a file smaller than a coarse window
void check_coarse(const Source& source, int factor);

}  // namespace rts::inline RTS_ABI::data

#if RTS_HEADER_ONLY
#include <rts/data/coarse.ipp>
#endif
