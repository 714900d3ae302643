#pragma once
// The network's input bands as rasters hold them.

#include <rts/data/quantiles.hpp>
#include <rts/raster/raster.hpp>

namespace rts::inline RTS_ABI::inference {

/// One band of the network's input in the raster(s) to map.
struct InputBand {
  std::string name;
  int file = 0;    ///< index into the list of rasters
  int index = 1;   ///< band, from 1
  double scale = 1;
  std::optional<double> nodata = {};
  float mean = 0, factor = 1;    ///< normalization: (value - mean) x factor
  data::MonotoneMap match = {};  ///< before normalization: histogram matching
};

/// Finds the recipe's bands in rasters: by description, or by `names` in order ("red,green,blue,nir").
/// errors: RTS-I53 a missing band.
std::vector<InputBand> find_bands(const std::vector<std::filesystem::path>& rasters, const std::vector<std::string>& wanted, const std::vector<std::string>& names);

}  // namespace rts::inline RTS_ABI::inference

#if RTS_HEADER_ONLY
#include <rts/inference/bands.ipp>
#endif
