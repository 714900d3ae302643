#pragma once
#include <rts/raster/raster.hpp>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <gdal.h>
#include <ogr_srs_api.h>
#include <unistd.h>

#include <map>
#include <mutex>

namespace rts::inline RTS_ABI::raster {
namespace detail {

/// Collects what GDAL says while it lives, instead of letting it print.
class Messages {
 public:
  Messages() { CPLPushErrorHandlerEx(&Messages::take, this); }
  ~Messages() { CPLPopErrorHandler(); }
  Messages(const Messages&) = delete;
  const std::string& text() const { return text_; }

 private:
  static void CPL_STDCALL take(CPLErr level, CPLErrorNum, const char* message) {
    if (level < CE_Warning) return;
    auto* self = static_cast<Messages*>(CPLGetErrorHandlerUserData());
    if (self->text_.size() < 400) self->text_ += (self->text_.empty() ? "" : "; ") + std::string(message);
  }
  std::string text_;
};

}  // namespace detail

RTS_INLINE void initialize() {
  static std::once_flag once;
  std::call_once(once, [] {
    GDALAllRegister();
    GDALSetCacheMax64(std::int64_t{256} << 20);
  });
}
RTS_INLINE void set_cache(std::int64_t bytes) {
  initialize();
  GDALSetCacheMax64(bytes);
}
RTS_INLINE std::string gdal_version() { return GDALVersionInfo("RELEASE_NAME"); }

struct Raster::Impl {
  std::filesystem::path path;
  GDALDatasetH dataset = nullptr;
  ~Impl() {
    if (dataset) GDALClose(dataset);
  }
  GDALRasterBandH band(int index) const {
    const GDALRasterBandH b = index >= 1 && index <= GDALGetRasterCount(dataset) ? GDALGetRasterBand(dataset, index) : nullptr;
    RTS_CHECK_DATA(b, .code = "RTS-G51", .what = "no such band", .where = path.string(), .expected = "1 to " + std::to_string(GDALGetRasterCount(dataset)), .found = std::to_string(index), .fix = "check the dataset's version.json or --bands");
    return b;
  }
};

RTS_INLINE Raster::Raster(const std::filesystem::path& path) : impl_(std::make_unique<Impl>()) {
  initialize();
  impl_->path = path;
  const detail::Messages messages;
  impl_->dataset = GDALOpenEx(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY, nullptr, nullptr, nullptr);
  RTS_CHECK_DATA(impl_->dataset && GDALGetRasterCount(impl_->dataset) > 0, .code = "RTS-G51", .what = "cannot open the raster", .where = path.string(), .expected = "a readable GeoTIFF",
                 .found = messages.text(), .fix = "replace the file; gdalinfo FILE says more");
}
RTS_INLINE Raster::Raster(Raster&&) noexcept = default;
RTS_INLINE Raster& Raster::operator=(Raster&&) noexcept = default;
RTS_INLINE Raster::~Raster() = default;

RTS_INLINE const std::filesystem::path& Raster::path() const { return impl_->path; }
RTS_INLINE int Raster::width() const { return GDALGetRasterXSize(impl_->dataset); }
RTS_INLINE int Raster::height() const { return GDALGetRasterYSize(impl_->dataset); }
RTS_INLINE int Raster::bands() const { return GDALGetRasterCount(impl_->dataset); }
RTS_INLINE std::string Raster::type(int band) const { return GDALGetDataTypeName(GDALGetRasterDataType(impl_->band(band))); }
RTS_INLINE std::string Raster::description(int band) const { return GDALGetDescription(impl_->band(band)); }
RTS_INLINE std::optional<double> Raster::nodata(int band) const {
  int has = 0;
  const double value = GDALGetRasterNoDataValue(impl_->band(band), &has);
  return has ? std::optional<double>(value) : std::nullopt;
}
RTS_INLINE std::string Raster::metadata(const char* key) const {
  const char* text = GDALGetMetadataItem(impl_->dataset, key, nullptr);
  return text ? text : "";
}

RTS_INLINE GeoReference Raster::geo() const {
  GeoReference g;
  const detail::Messages messages;
  g.has_transform = GDALGetGeoTransform(impl_->dataset, g.transform.data()) == CE_None;
  if (const OGRSpatialReferenceH crs = GDALGetSpatialRef(impl_->dataset)) {
    g.has_crs = true;
    g.projected = OSRIsProjected(crs) != 0;
    if (const char* code = OSRGetAuthorityCode(crs, nullptr)) g.epsg = std::atoi(code);
    char* wkt = nullptr;
    OSRExportToWkt(crs, &wkt);
    g.crs = wkt ? wkt : "";
    CPLFree(wkt);
  }
  return g;
}

RTS_INLINE void Raster::read(int column, int row, int w, int h, const std::vector<int>& bands, void* out, PixelType type) const {
  const detail::Messages messages;
  std::vector<int> list = bands;
  const CPLErr error = GDALDatasetRasterIO(impl_->dataset, GF_Read, column, row, w, h, out, w, h, type == PixelType::u8 ? GDT_Byte : type == PixelType::u16 ? GDT_UInt16
                                                                                                                                                            : GDT_Float32,
                                           static_cast<int>(list.size()), list.data(), 0, 0, 0);
  RTS_CHECK_DATA(error == CE_None, .code = "RTS-G52", .what = "cannot read the raster", .where = path().string() + ", row " + std::to_string(row) + ", column " + std::to_string(column),
                 .expected = std::to_string(w) + " x " + std::to_string(h) + " pixels", .found = messages.text(), .fix = "the file is truncated or corrupt: replace it, or train with --skip-bad-tiles");
}
RTS_INLINE void Raster::read(int column, int row, int w, int h, int band, std::uint8_t* out) const {
  const detail::Messages messages;
  const CPLErr error = GDALRasterIO(impl_->band(band), GF_Read, column, row, w, h, out, w, h, GDT_Byte, 0, 0);
  RTS_CHECK_DATA(error == CE_None, .code = "RTS-G52", .what = "cannot read the raster", .where = path().string() + ", row " + std::to_string(row) + ", column " + std::to_string(column),
                 .expected = std::to_string(w) + " x " + std::to_string(h) + " pixels", .found = messages.text(), .fix = "the file is truncated or corrupt: replace it, or train with --skip-bad-tiles");
}

RTS_INLINE bool Raster::holds_nothing(int column, int row, int w, int h, int band) const {
  const detail::Messages messages;
  const int status = GDALGetDataCoverageStatus(impl_->band(band), column, row, w, h, 0, nullptr);
  return (status & GDAL_DATA_COVERAGE_STATUS_EMPTY) && !(status & (GDAL_DATA_COVERAGE_STATUS_DATA | GDAL_DATA_COVERAGE_STATUS_UNIMPLEMENTED)) && nodata(band).has_value();
}

RTS_INLINE std::array<std::array<double, 2>, 4> corners(const GeoReference& geo, int width, int height, const std::string& where) {
  const detail::Messages messages;
  // A transformation is costly to set up and not safe to share: one per thread and CRS.
  struct Deleter {
    void operator()(void* t) const { OCTDestroyCoordinateTransformation(static_cast<OGRCoordinateTransformationH>(t)); }
  };
  thread_local std::map<std::string, std::unique_ptr<void, Deleter>> cache;
  auto& transformation = cache[geo.crs];
  if (!transformation) {
    const OGRSpatialReferenceH from = OSRNewSpatialReference(geo.crs.c_str()), to = OSRNewSpatialReference(nullptr);
    OSRImportFromEPSG(to, 4326);
    OSRSetAxisMappingStrategy(from, OAMS_TRADITIONAL_GIS_ORDER);
    OSRSetAxisMappingStrategy(to, OAMS_TRADITIONAL_GIS_ORDER);
    transformation.reset(OCTNewCoordinateTransformation(from, to));
    OSRDestroySpatialReference(from);
    OSRDestroySpatialReference(to);
  }
  std::array<double, 4> x, y;
  const double px[4] = {0, double(width), double(width), 0}, py[4] = {0, 0, double(height), double(height)};
  for (int i = 0; i < 4; ++i) {
    x[i] = geo.transform[0] + px[i] * geo.transform[1] + py[i] * geo.transform[2];
    y[i] = geo.transform[3] + px[i] * geo.transform[4] + py[i] * geo.transform[5];
  }
  RTS_CHECK_DATA(transformation && OCTTransform(static_cast<OGRCoordinateTransformationH>(transformation.get()), 4, x.data(), y.data(), nullptr), .code = "RTS-G53",
                 .what = "the coordinate system cannot be transformed to longitude and latitude", .where = where, .found = messages.text(), .fix = "give the raster a CRS that PROJ knows");
  std::array<std::array<double, 2>, 4> out;
  for (int i = 0; i < 4; ++i) out[i] = {x[i], y[i]};
  return out;
}

RTS_INLINE GeoReference place(int epsg, double x, double y, double pixel_size) {
  const detail::Messages messages;
  GeoReference g;
  const OGRSpatialReferenceH crs = OSRNewSpatialReference(nullptr);
  const bool known = OSRImportFromEPSG(crs, epsg) == OGRERR_NONE;
  char* wkt = nullptr;
  if (known) OSRExportToWkt(crs, &wkt);
  g.crs = wkt ? wkt : "";
  g.projected = known && OSRIsProjected(crs);
  CPLFree(wkt);
  OSRDestroySpatialReference(crs);
  RTS_CHECK(known, .code = "RTS-G53", .what = "unknown EPSG code", .where = "EPSG:" + std::to_string(epsg), .found = messages.text(), .fix = "use a code that PROJ knows");
  g.epsg = epsg;
  g.has_crs = g.has_transform = true;
  g.transform = {x, pixel_size, 0, y, 0, -pixel_size};
  return g;
}

struct Writer::Impl {
  std::filesystem::path path;
  std::string temporary;
  GDALDatasetH dataset = nullptr;
  int width = 0;
  bool committed = false;
  [[noreturn]] void fail(const char* what, const std::string& found) {
    throw Error({.code = "RTS-G54", .what = what, .where = path.string(), .found = found, .fix = "free disk space or choose a folder that can be written; no half-written file is left"});
  }
};

RTS_INLINE Writer::Writer(const std::filesystem::path& path, int width, int height, int bands, const GeoReference& geo, const WriteOptions& o) : impl_(std::make_unique<Impl>()) {
  initialize();
  impl_->path = path;
  impl_->temporary = path.string() + ".part";
  impl_->width = width;
  const detail::Messages messages;
  static constexpr GDALDataType types[] = {GDT_Byte, GDT_UInt16, GDT_Int16, GDT_Float32};
  std::vector<std::string> options{"BIGTIFF=IF_SAFER", "INTERLEAVE=BAND"};
  if (o.compress) options.push_back("COMPRESS=DEFLATE");
  if (o.compress && o.type == Type::float32) options.push_back("PREDICTOR=3");
  if (o.compress && o.type != Type::float32) options.push_back("PREDICTOR=2");
  if (o.block > 0) {
    options.push_back("TILED=YES");
    options.push_back("BLOCKXSIZE=" + std::to_string(o.block));
    options.push_back("BLOCKYSIZE=" + std::to_string(o.block));
  }
  std::vector<char*> list;
  for (std::string& s : options) list.push_back(s.data());
  list.push_back(nullptr);
  impl_->dataset = GDALCreate(GDALGetDriverByName("GTiff"), impl_->temporary.c_str(), width, height, bands, types[static_cast<int>(o.type)], list.data());
  if (!impl_->dataset) impl_->fail("cannot create the raster", messages.text());
  if (geo.has_transform) GDALSetGeoTransform(impl_->dataset, const_cast<double*>(geo.transform.data()));
  if (geo.has_crs) GDALSetProjection(impl_->dataset, geo.crs.c_str());
  for (const auto& [key, value] : o.metadata) GDALSetMetadataItem(impl_->dataset, key.c_str(), value.c_str(), nullptr);
  for (int b = 1; b <= bands; ++b) {
    const GDALRasterBandH band = GDALGetRasterBand(impl_->dataset, b);
    if (o.nodata) GDALSetRasterNoDataValue(band, *o.nodata);
    if (b <= static_cast<int>(o.descriptions.size())) GDALSetDescription(band, o.descriptions[static_cast<std::size_t>(b - 1)].c_str());
  }
}

RTS_INLINE Writer::~Writer() {
  if (impl_->dataset) {
    const detail::Messages messages;
    GDALClose(impl_->dataset);
  }
  if (!impl_->committed) ::unlink(impl_->temporary.c_str());
}

RTS_INLINE void Writer::write(int band, int row, int rows, const float* values) {
  const detail::Messages messages;
  if (GDALRasterIO(GDALGetRasterBand(impl_->dataset, band), GF_Write, 0, row, impl_->width, rows, const_cast<float*>(values), impl_->width, rows, GDT_Float32, 0, 0) != CE_None)
    impl_->fail("cannot write the raster", messages.text());
}

RTS_INLINE void Writer::write(int band, int row, int rows, const std::uint8_t* values) {
  const detail::Messages messages;
  if (GDALRasterIO(GDALGetRasterBand(impl_->dataset, band), GF_Write, 0, row, impl_->width, rows, const_cast<std::uint8_t*>(values), impl_->width, rows, GDT_Byte, 0, 0) != CE_None)
    impl_->fail("cannot write the raster", messages.text());
}

RTS_INLINE void Writer::commit() {
  const detail::Messages messages;
  CPLErrorReset();
  GDALFlushCache(impl_->dataset);
  GDALClose(impl_->dataset);
  impl_->dataset = nullptr;
  if (CPLGetLastErrorType() >= CE_Failure) impl_->fail("cannot write the raster", messages.text());
  if (::rename(impl_->temporary.c_str(), impl_->path.c_str()) != 0) impl_->fail("cannot rename the finished raster", "");
  impl_->committed = true;
}

}  // namespace rts::inline RTS_ABI::raster
