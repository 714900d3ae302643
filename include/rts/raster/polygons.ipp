#pragma once
#include <rts/raster/polygons.hpp>

#include <rts/raster/raster.ipp>

#include <gdal_alg.h>
#include <gdal_utils.h>
#include <ogr_api.h>

#include <atomic>

namespace rts::inline RTS_ABI::raster {

struct Polygons::Impl {
  struct Deleter {
    void operator()(void* g) const { OGR_G_DestroyGeometry(static_cast<OGRGeometryH>(g)); }
  };
  using Geometry = std::unique_ptr<void, Deleter>;
  std::vector<std::pair<Geometry, std::string>> read;  ///< as read, and the WKT of their CRS
  std::vector<Geometry> shapes;                        ///< in the CRS that was asked for; null: left out
  std::vector<OGREnvelope> boxes;
  PolygonReport report;
  void note(const std::string& text) {
    if (report.notes.size() < 20) report.notes.push_back(text);
  }
};

RTS_INLINE Polygons::Polygons(const std::vector<std::filesystem::path>& files, const std::string& crs) : impl_(std::make_unique<Impl>()) {
  initialize();
  for (const auto& path : files) {
    const detail::Messages messages;
    const GDALDatasetH d = GDALOpenEx(path.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY, nullptr, nullptr, nullptr);
    RTS_CHECK_DATA(d, .code = "RTS-G55", .what = "cannot open the polygons", .where = path.string(), .expected = "a GeoPackage, shapefile or GeoJSON", .found = messages.text(), .fix = "check the path; ogrinfo FILE says more");
    const std::unique_ptr<void, decltype(&GDALClose)> closer(d, &GDALClose);
    const std::size_t before = impl_->read.size();
    for (int l = 0; l < GDALDatasetGetLayerCount(d); ++l) {
      const OGRLayerH layer = GDALDatasetGetLayer(d, l);
      std::string wkt;
      OGRSpatialReferenceH own = OGR_L_GetSpatialRef(layer), given = nullptr;
      if (!crs.empty()) {
        given = OSRNewSpatialReference(nullptr);
        RTS_CHECK_USAGE(OSRSetFromUserInput(given, crs.c_str()) == OGRERR_NONE, .code = "RTS-G53", .what = "unknown CRS", .where = "--polygon-crs", .found = crs, .fix = "for example EPSG:32606");
        own = given;
      }
      RTS_CHECK_DATA(own, .code = "RTS-G56", .what = "polygons without a CRS", .where = path.string(), .expected = "a CRS, for example in a .prj file", .found = "none", .fix = "say which with --polygon-crs EPSG:...");
      char* text = nullptr;
      OSRExportToWkt(own, &text);
      wkt = text ? text : "";
      CPLFree(text);
      if (given) OSRDestroySpatialReference(given);
      OGR_L_ResetReading(layer);
      while (const OGRFeatureH feature = OGR_L_GetNextFeature(layer)) {
        const std::unique_ptr<void, void (*)(void*)> owner(feature, [](void* f) { OGR_F_Destroy(static_cast<OGRFeatureH>(f)); });
        ++impl_->report.features;
        const std::string name = path.filename().string() + ", feature " + std::to_string(OGR_F_GetFID(feature));
        OGRGeometryH g = OGR_F_StealGeometry(feature);
        if (!g || OGR_G_IsEmpty(g)) {
          if (g) OGR_G_DestroyGeometry(g);
          ++impl_->report.empty;
          impl_->note(name + ": no geometry, left out");
          continue;
        }
        if (!OGR_G_IsValid(g)) {
          const OGRGeometryH mended = OGR_G_MakeValid(g);
          OGR_G_DestroyGeometry(g);
          g = mended;
          ++impl_->report.repaired;
          impl_->note(name + ": a ring crosses itself, repaired");
        }
        const OGRGeometryH parts = g ? OGR_G_ForceToMultiPolygon(g) : nullptr;
        if (!parts || OGR_G_GetGeometryCount(parts) == 0 || wkbFlatten(OGR_G_GetGeometryType(parts)) != wkbMultiPolygon) {
          if (parts) OGR_G_DestroyGeometry(parts);
          ++impl_->report.empty;
          impl_->note(name + ": no polygon, left out");
          continue;
        }
        impl_->read.emplace_back(Impl::Geometry(parts), wkt);
      }
    }
    RTS_CHECK_DATA(impl_->read.size() > before, .code = "RTS-G55", .what = "no polygon in the file", .where = path.string(), .expected = "polygons", .found = std::to_string(impl_->report.features) + " features", .fix = "check the file with ogrinfo");
  }
}
RTS_INLINE Polygons::~Polygons() = default;
RTS_INLINE const PolygonReport& Polygons::report() const { return impl_->report; }
RTS_INLINE std::size_t Polygons::size() const { return impl_->read.size(); }

RTS_INLINE void Polygons::project(const GeoReference& to) {
  const detail::Messages messages;
  impl_->shapes.clear();
  impl_->boxes.clear();
  const OGRSpatialReferenceH target = OSRNewSpatialReference(to.crs.c_str());
  OSRSetAxisMappingStrategy(target, OAMS_TRADITIONAL_GIS_ORDER);
  std::map<std::string, OGRCoordinateTransformationH> transformations;
  for (const auto& [shape, wkt] : impl_->read) {
    auto [it, fresh] = transformations.emplace(wkt, nullptr);
    if (fresh) {
      const OGRSpatialReferenceH from = OSRNewSpatialReference(wkt.c_str());
      OSRSetAxisMappingStrategy(from, OAMS_TRADITIONAL_GIS_ORDER);
      it->second = OCTNewCoordinateTransformation(from, target);
      OSRDestroySpatialReference(from);
    }
    Impl::Geometry g(OGR_G_Clone(static_cast<OGRGeometryH>(shape.get())));
    OGREnvelope box;
    if (!it->second || OGR_G_Transform(static_cast<OGRGeometryH>(g.get()), it->second) != OGRERR_NONE) g.reset();
    else OGR_G_GetEnvelope(static_cast<OGRGeometryH>(g.get()), &box);
    impl_->shapes.push_back(std::move(g));
    impl_->boxes.push_back(box);
  }
  for (const auto& [wkt, t] : transformations)
    if (t) OCTDestroyCoordinateTransformation(t);
  OSRDestroySpatialReference(target);
}

RTS_INLINE std::vector<std::size_t> Polygons::near(const Box& b, double distance) const {
  std::vector<std::size_t> out;
  OGRGeometryH ground = nullptr;
  for (std::size_t i = 0; i < impl_->shapes.size(); ++i) {
    const OGREnvelope& e = impl_->boxes[i];
    if (!impl_->shapes[i] || e.MinX > b.right + distance || e.MaxX < b.left - distance || e.MinY > b.top + distance || e.MaxY < b.bottom - distance) continue;
    if (!ground) {
      const OGRGeometryH ring = OGR_G_CreateGeometry(wkbLinearRing);
      for (const auto& [x, y] : {std::pair{b.left, b.bottom}, {b.right, b.bottom}, {b.right, b.top}, {b.left, b.top}, {b.left, b.bottom}}) OGR_G_AddPoint_2D(ring, x, y);
      ground = OGR_G_CreateGeometry(wkbPolygon);
      OGR_G_AddGeometryDirectly(ground, ring);
    }
    if (OGR_G_Distance(ground, static_cast<OGRGeometryH>(impl_->shapes[i].get())) <= distance) out.push_back(i);
  }
  if (ground) OGR_G_DestroyGeometry(ground);
  return out;
}

RTS_INLINE void Polygons::draw(const std::vector<std::size_t>& which, const std::array<double, 6>& transform, int width, int height, std::uint8_t value, std::uint8_t* mask) const {
  if (which.empty()) return;
  const detail::Messages messages;
  const GDALDatasetH d = GDALCreate(GDALGetDriverByName("MEM"), "", width, height, 0, GDT_Byte, nullptr);
  char pointer[64] = {};
  pointer[CPLPrintPointer(pointer, mask, sizeof pointer - 1)] = '\0';
  const std::string option = std::string("DATAPOINTER=") + pointer;
  char* options[] = {const_cast<char*>(option.c_str()), nullptr};
  GDALAddBand(d, GDT_Byte, options);
  GDALSetGeoTransform(d, const_cast<double*>(transform.data()));
  std::vector<OGRGeometryH> shapes;
  for (const std::size_t i : which) shapes.push_back(static_cast<OGRGeometryH>(impl_->shapes[i].get()));
  const std::vector<double> values(shapes.size(), value);
  int band = 1;
  const CPLErr error = GDALRasterizeGeometries(d, 1, &band, static_cast<int>(shapes.size()), shapes.data(), nullptr, nullptr, values.data(), nullptr, nullptr, nullptr);
  GDALClose(d);
  RTS_CHECK(error == CE_None, .code = "RTS-G57", .what = "polygons cannot be drawn", .found = messages.text(), .fix = "check the polygons with ogrinfo");
}

RTS_INLINE double Polygons::area(std::size_t i) const { return impl_->shapes[i] ? OGR_G_Area(static_cast<OGRGeometryH>(impl_->shapes[i].get())) : 0; }

RTS_INLINE void write_outlines(const std::filesystem::path& path, const std::uint8_t* mask, int width, int height, const GeoReference& geo) {
  initialize();
  const detail::Messages messages;
  const auto check = [&](bool good, const char* what) { RTS_CHECK(good, .code = "RTS-G54", .what = what, .where = path.string(), .found = messages.text(), .fix = "free disk space or choose a folder that can be written"); };
  const GDALDatasetH d = GDALCreate(GDALGetDriverByName("MEM"), "", width, height, 1, GDT_Byte, nullptr);
  const std::unique_ptr<void, decltype(&GDALClose)> closer(d, &GDALClose);
  GDALSetGeoTransform(d, const_cast<double*>(geo.transform.data()));
  const GDALRasterBandH band = GDALGetRasterBand(d, 1);
  check(GDALRasterIO(band, GF_Write, 0, 0, width, height, const_cast<std::uint8_t*>(mask), width, height, GDT_Byte, 0, 0) == CE_None, "cannot hold the mask");
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  const GDALDatasetH out = GDALCreate(GDALGetDriverByName("GeoJSON"), path.c_str(), 0, 0, 0, GDT_Unknown, nullptr);
  check(out, "cannot create the polygons");
  const OGRSpatialReferenceH crs = OSRNewSpatialReference(geo.crs.c_str());
  const OGRLayerH layer = GDALDatasetCreateLayer(out, "objects", crs, wkbPolygon, nullptr);
  const OGRFieldDefnH field = OGR_Fld_Create("value", OFTInteger);
  OGR_L_CreateField(layer, field, 1);
  OGR_Fld_Destroy(field);
  char connected[] = "8CONNECTED=8";
  char* options[] = {connected, nullptr};
  const CPLErr error = GDALPolygonize(band, band, layer, 0, options, nullptr, nullptr);
  OSRDestroySpatialReference(crs);
  GDALClose(out);
  check(error == CE_None, "cannot write the polygons");
}

RTS_INLINE std::filesystem::path build_mosaic(const std::vector<std::filesystem::path>& files, bool separate) {
  initialize();
  static std::atomic<int> counter{0};
  const detail::Messages messages;
  const std::string name = "/vsimem/rts_mosaic_" + std::to_string(++counter) + ".vrt";
  std::vector<std::string> names;
  for (const auto& f : files) names.push_back(std::filesystem::absolute(f).string());
  std::vector<const char*> list;
  for (const std::string& n : names) list.push_back(n.c_str());
  char separate_flag[] = "-separate";
  char* arguments[] = {separate ? separate_flag : nullptr, nullptr};
  GDALBuildVRTOptions* options = GDALBuildVRTOptionsNew(arguments, nullptr);
  int wrong = 0;
  const GDALDatasetH d = GDALBuildVRT(name.c_str(), static_cast<int>(list.size()), nullptr, list.data(), options, &wrong);
  GDALBuildVRTOptionsFree(options);
  RTS_CHECK_DATA(d && !wrong && messages.text().find("skipping") == std::string::npos, .code = "RTS-G58", .what = "rasters that make no mosaic", .where = names.front(), .expected = "one CRS, type and number of bands", .found = messages.text(), .fix = "tile rasters of different kinds in separate runs, or reproject them with gdalwarp");
  if (separate)
    for (std::size_t i = 0; i < files.size(); ++i) {
      const Raster r(files[i]);
      const std::string text = r.description(1).empty() ? files[i].stem().string() : r.description(1);
      GDALSetDescription(GDALGetRasterBand(d, static_cast<int>(i) + 1), text.c_str());
    }
  else {
    const Raster r(files.front());
    for (int b = 1; b <= r.bands(); ++b) GDALSetDescription(GDALGetRasterBand(d, b), r.description(b).c_str());
  }
  GDALClose(d);
  return name;
}

}  // namespace rts::inline RTS_ABI::raster
