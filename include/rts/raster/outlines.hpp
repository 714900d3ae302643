#pragma once
// Objects of a mask as polygons in vector files: outlines along pixels, areas on the ellipsoid, attributes. GeoPackage, GeoJSON, COG, styles.

#include <rts/raster/raster.hpp>

#include <variant>

namespace rts::inline RTS_ABI::raster {

/// A named value of a polygon.
using Attribute = std::pair<std::string, std::variant<std::int64_t, double, std::string>>;

/// Writes polygons one by one into `stem`.gpkg (the raster's CRS) and `stem`.geojson (longitude and latitude, RFC 7946); both appear at
/// `commit` and not before. errors: RTS-G54 cannot be created or written
class OutlineWriter {
 public:
  OutlineWriter(const std::filesystem::path& stem, const GeoReference& geo, int width, int height);
  ~OutlineWriter();
  OutlineWriter(const OutlineWriter&) = delete;
  /// The mask's one 8-connected object, whose upper left pixel is (column, row) of the raster. `simplify`: metres that a corner may move,
  /// topology kept; 0: along pixels. Adds area_m2, on the ellipsoid, to the attributes and returns it.
  double add(const std::uint8_t* mask, int column, int row, int width, int height, double simplify, std::vector<Attribute> attributes);
  void commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Rewrites a GeoTIFF as a cloud-optimised one: blocks of 512, overviews, DEFLATE. errors: RTS-G54
void to_cloud_optimized(const std::filesystem::path& path, bool average_overviews);

/// QGIS styles beside a map and its polygons: FILE.qml. `byte`: probability x 250.
void write_map_style(const std::filesystem::path& map, bool byte);
void write_outline_style(const std::filesystem::path& gpkg);

/// A raster on the grid of another (in memory, a VRT), resampled bilinearly. errors: RTS-G53 a CRS that cannot be transformed
std::filesystem::path warped_onto(const std::filesystem::path& path, const GeoReference& geo, int width, int height);
/// A raster at another pixel size (in memory, a VRT), averaged where it becomes coarser.
std::filesystem::path resampled(const std::filesystem::path& path, double pixel_size);

}  // namespace rts::inline RTS_ABI::raster

#if RTS_HEADER_ONLY
#include <rts/raster/outlines.ipp>
#endif
