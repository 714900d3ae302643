#pragma once
// GDAL behind a small door: opening, reading windows, georeference, atomic GeoTIFF writing. Knows nothing of tiles or models.

#include <rts/core/error.hpp>
#include <rts/core/pixel_type.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::raster {

/// Registers GDAL's drivers once and caps its block cache. Called by everything here.
void initialize();
/// Cap of GDAL's block cache in bytes, for programs with a memory bound.
void set_cache(std::int64_t bytes);
std::string gdal_version();

struct GeoReference {
  bool has_transform = false;
  bool has_crs = false;
  bool projected = false;
  int epsg = 0;
  std::string crs;                    ///< WKT
  std::array<double, 6> transform{};  ///< GDAL's order
  double pixel_width() const { return transform[1] < 0 ? -transform[1] : transform[1]; }
  double pixel_height() const { return transform[5] < 0 ? -transform[5] : transform[5]; }
};

/// An open raster for reading, from one thread.
/// errors: RTS-G51 cannot be opened, RTS-G52 cannot be read (truncated, corrupt), each with the file's name.
class Raster {
 public:
  explicit Raster(const std::filesystem::path& path);
  Raster(Raster&&) noexcept;
  Raster& operator=(Raster&&) noexcept;
  ~Raster();

  const std::filesystem::path& path() const;
  int width() const;
  int height() const;
  int bands() const;
  std::string type(int band = 1) const;  ///< "UInt16"
  std::string description(int band) const;
  std::optional<double> nodata(int band) const;
  GeoReference geo() const;
  std::string metadata(const char* key) const;

  /// Window of `bands` (from 1), planar: out[b][row][column], as floats or as another type that must hold the raster's values.
  void read(int column, int row, int width, int height, const std::vector<int>& bands, void* out, PixelType type = PixelType::f32) const;
  void read(int column, int row, int width, int height, int band, std::uint8_t* out) const;
  /// Whether a window is known to hold no data without reading it: blocks that a sparse file or a mosaic leaves out.
  bool holds_nothing(int column, int row, int width, int height, int band) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A north-up place in the CRS of an EPSG code, upper left corner at (x, y). errors: RTS-G53 for an unknown code.
GeoReference place(int epsg, double x, double y, double pixel_size);

/// Longitude and latitude of the four corners of a raster. errors: RTS-G53 when the CRS cannot be transformed.
std::array<std::array<double, 2>, 4> corners(const GeoReference& geo, int width, int height, const std::string& where);

enum class Type { byte,
                  uint16,
                  int16,
                  float32 };

struct WriteOptions {
  Type type = Type::float32;
  std::optional<double> nodata = {};
  std::vector<std::string> descriptions = {};
  std::vector<std::pair<std::string, std::string>> metadata = {};
  bool compress = true;
  int block = 256;  ///< edge of a file's blocks; 0: rows
};

/// A GeoTIFF written row by row and renamed into place by `commit`; removed when destroyed before.
/// errors: RTS-G54 when it cannot be created or written (disk full, no permission).
class Writer {
 public:
  Writer(const std::filesystem::path& path, int width, int height, int bands, const GeoReference& geo, const WriteOptions& options);
  Writer(const Writer&) = delete;
  ~Writer();
  /// `rows` rows from `row` of one band (from 1), full width.
  void write(int band, int row, int rows, const float* values);
  void write(int band, int row, int rows, const std::uint8_t* values);
  void commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rts::inline RTS_ABI::raster

#if RTS_HEADER_ONLY
#include <rts/raster/raster.ipp>
#endif
