#pragma once
// How far rasters to map lie from what a model was trained on, band by band.

#include <rts/data/quantiles.hpp>
#include <rts/data/statistics.hpp>
#include <rts/inference/bands.hpp>

namespace rts::inline RTS_ABI::inference {

struct BandDrift {
  std::string band;
  data::Drift drift;
  data::Quantiles quantiles;  ///< of the raster, in the band's unit; empty: no valid pixel looked at
};

/// Looks at up to 64 windows of 256 x 256, evenly spaced.
std::vector<BandDrift> raster_drift(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, const data::Statistics& trained);

}  // namespace rts::inline RTS_ABI::inference

#if RTS_HEADER_ONLY
#include <rts/inference/drift.ipp>
#endif
