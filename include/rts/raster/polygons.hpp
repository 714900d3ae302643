#pragma once
// Polygons from vector files: read with their CRS, repaired where rings cross themselves, brought into a raster's CRS, drawn as masks.

#include <rts/raster/raster.hpp>

namespace rts::inline RTS_ABI::raster {

/// What was found while reading.
struct PolygonReport {
  std::int64_t features = 0, repaired = 0, empty = 0;
  std::vector<std::string> notes;  ///< the first few repairs and losses, by file and feature
};

struct Box {
  double left, bottom, right, top;
};

/// All polygons of several files, in longitude and latitude until asked for in another CRS.
/// errors: RTS-G55 cannot be opened or holds no polygon; RTS-G56 no CRS (give one with `crs`, such as EPSG:32606)
class Polygons {
 public:
  explicit Polygons(const std::vector<std::filesystem::path>& files, const std::string& crs = {});
  ~Polygons();
  Polygons(const Polygons&) = delete;
  const PolygonReport& report() const;
  std::size_t size() const;

  /// Brings the polygons into the CRS of a raster; those that cannot be are left out. What follows is in that CRS.
  void project(const GeoReference& to);
  /// Polygons whose ground lies within `distance` (CRS units) of a box.
  std::vector<std::size_t> near(const Box& box, double distance) const;
  /// Sets pixels whose centre lies inside a polygon of `which`. `transform` is that of the mask's upper left pixel.
  void draw(const std::vector<std::size_t>& which, const std::array<double, 6>& transform, int width, int height, std::uint8_t value, std::uint8_t* mask) const;
  /// Area in CRS units squared.
  double area(std::size_t index) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Outlines of a mask's 8-connected objects along their pixels, as GeoJSON in the CRS of `geo`. errors: RTS-G54.
void write_outlines(const std::filesystem::path& path, const std::uint8_t* mask, int width, int height, const GeoReference& geo);

/// Several rasters of one CRS and pixel size as one, in memory (a VRT). `separate`: one band of each file, in order, over one extent.
/// The name is opened as a `Raster`; the description of bands is kept from the first file, or is the files' own with `separate`.
std::filesystem::path build_mosaic(const std::vector<std::filesystem::path>& files, bool separate);

}  // namespace rts::inline RTS_ABI::raster

#if RTS_HEADER_ONLY
#include <rts/raster/polygons.ipp>
#endif
