#pragma once
// A dataset of GeoTIFF tiles or scenes, read through GDAL. The only place in data/ that knows rasters.

#include <rts/core/observer.hpp>
#include <rts/data/index.hpp>

namespace rts::inline RTS_ABI::data {

struct SourceOptions {
  std::filesystem::path root;
  std::optional<std::filesystem::path> split_table = {};
  std::vector<std::string> bands;       ///< of the recipe, in order
  std::vector<std::string> units = {};
  std::string band_map = {};            ///< "images:red,green,blue;extra:ndvi,nir": for files without descriptions
  int tile_height = 512, tile_width = 512;
  int classes = 2;                      ///< labels 0 .. classes - 1, and 255
  int threads = 2;
  double statistics_share = 1.0;        ///< of the training windows, 1 or 0.05
  std::uint64_t seed = 42;
  bool skip_bad = false;                ///< leave unreadable files out, with a message
};

/// Opens a dataset and indexes it: every file is checked (CRS, pixel size, bands, size of labels, label values), every
/// grid window counted. errors, each with the file's name: RTS-D51 to D54 tables, RTS-D61 no georeference or a geographic
/// CRS, RTS-D62 another pixel size, RTS-D63 missing band, RTS-D64 label of another size, RTS-D65 unknown label value,
/// RTS-D66 NaN or infinity, RTS-D67 smaller than a tile, RTS-G51/G52 corrupt or truncated.
class RasterSource : public IndexedSource {
 public:
  RasterSource(const SourceOptions& options, Observer& observer);
  std::unique_ptr<Reader> reader() const override;
};

/// Footprints and tables without reading pixels: what `split` needs.
Dataset open_footprints(const std::filesystem::path& root, const std::optional<std::filesystem::path>& split_table);

}  // namespace rts::inline RTS_ABI::data

#if RTS_HEADER_ONLY
#include <rts/data/raster_source/raster_source.ipp>
#endif
