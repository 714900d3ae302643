#pragma once
// Filters that read a pixel's neighbours, on planes of stored values: OpenCV's.

#include <rts/augment/colour.hpp>

namespace rts::inline RTS_ABI::augment {

/// One step of `blur`, `median` or `clahe` on planar bands x height x width, in place. Pixels that are not valid count as the band's mean.
void filter(const PhotometricStep& step, Frame frame, const BandSet& bands, const std::uint8_t* valid, float* planes);

}  // namespace rts::inline RTS_ABI::augment

#if RTS_HEADER_ONLY
#include <rts/augment/filters.ipp>
#endif
