#pragma once
// From rasters and polygons to a dataset: tiles with labels, negatives at a ratio and a distance, regions, dates, splits.

#include <rts/core/observer.hpp>
#include <rts/data/split.hpp>
#include <rts/raster/polygons.hpp>

namespace rts::inline RTS_ABI::data {

struct TilingOptions {
  std::vector<std::filesystem::path> rasters;   ///< images; those of one CRS, pixel size and date become one mosaic
  std::vector<std::filesystem::path> extra;     ///< further bands over the same ground, of the same CRS and pixel size
  bool separate = false;                        ///< the rasters are single bands of one extent
  std::vector<std::filesystem::path> polygons;
  std::string polygon_crs = {};                 ///< where the files do not say
  std::vector<std::filesystem::path> area = {}; ///< area of interest: labels outside are unknown
  std::filesystem::path out;
  std::vector<std::string> bands = {}, extra_bands = {};  ///< names where files do not say
  int height = 512, width = 512;
  double overlap = 0;                           ///< share of a tile that the next repeats
  double negatives = 10;                        ///< tiles without an object per tile with one; 0 or less: all
  double exclusion = 100;                       ///< metres between a negative tile and any polygon
  double min_valid = 0.5;                       ///< share of a tile that must have data
  std::string date = {};                        ///< of acquisition, for all rasters
  double min_distance = 5000;
  SplitShares shares = {};
  double scale = 1;                             ///< value = stored x scale, for image bands
  std::uint64_t seed = 42;
};

struct TilingReport {
  raster::PolygonReport polygons;
  std::int64_t used = 0;        ///< polygons that lie on a raster
  std::int64_t positives = 0, negatives = 0, candidates = 0, too_close = 0, empty = 0;
  int mosaics = 0, regions = 0;
  bool split = false;           ///< enough regions for train, val and test
};

/// Writes images/, extra/, labels/, tiles.csv and version.json. Tiles lie on a grid from each mosaic's upper left corner; the last row
/// and column are shifted inwards so that no ground is lost. Tables are written last: a broken run leaves no dataset.
/// errors: RTS-E51 the folder is in use; RTS-E52 no polygon meets a raster; RTS-E53 rasters smaller than a tile; RTS-E54 names of
/// another number than bands; RTS-E55 extra bands of another grid; RTS-D61 no projected CRS; RTS-G5x files
TilingReport tile_rasters(const TilingOptions& options, Observer& observer);

}  // namespace rts::inline RTS_ABI::data

#if RTS_HEADER_ONLY
#include <rts/data/raster_source/tiling.ipp>
#endif
