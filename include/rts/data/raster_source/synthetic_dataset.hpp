#pragma once
// Writes synthetic scenes as a dataset: GeoTIFF with CRS, tiles.csv, version.json; the embedded default of every program.

#include <rts/core/observer.hpp>
#include <rts/data/synthetic.hpp>

#include <filesystem>

namespace rts::inline RTS_ABI::data {

struct SyntheticOptions {
  int train_regions = 12, val_regions = 5, test_regions = 12;  ///< one scene each
  int size = 1024;                  ///< edge of a scene, pixels
  int tile = 128;
  double pixel_size = 3;            ///< metres
  double train_positive_share = 0.25;   ///< of grid tiles with a scar: training data are enriched
  double eval_positive_share = 0.03;    ///< validation and test: rarer
  double confusers = 1;
  std::uint64_t seed = 7;
  bool bytes = false;   ///< images of four Byte bands (red, green, blue, nir), reflectance x 400, as aerial surveys publish them; else three of UInt16
};

/// Writes the dataset unless a complete one of the same options is there already. Regions lie in different UTM zones.
/// errors: RTS-G54 disk or permission.
void write_synthetic_dataset(const std::filesystem::path& root, const SyntheticOptions& options, Observer& observer);

}  // namespace rts::inline RTS_ABI::data

#if RTS_HEADER_ONLY
#include <rts/data/raster_source/synthetic_dataset.ipp>
#endif
