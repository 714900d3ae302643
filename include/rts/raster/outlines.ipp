#pragma once
#include <rts/raster/outlines.hpp>

#include <rts/core/atomic_file.hpp>
#include <rts/raster/raster.ipp>

#include <gdal_alg.h>
#include <gdal_utils.h>
#include <ogr_api.h>

#include <atomic>
#include <cstdio>

namespace rts::inline RTS_ABI::raster {
namespace detail {

inline OGRSpatialReferenceH reference(const std::string& definition) {
  const OGRSpatialReferenceH r = OSRNewSpatialReference(nullptr);
  OSRSetFromUserInput(r, definition.c_str());
  OSRSetAxisMappingStrategy(r, OAMS_TRADITIONAL_GIS_ORDER);
  return r;
}

}  // namespace detail

struct OutlineWriter::Impl {
  struct File {
    std::filesystem::path path, temporary;
    GDALDatasetH dataset = nullptr;
    OGRLayerH layer = nullptr;
    OGRCoordinateTransformationH to = nullptr;  ///< from the raster's CRS; null: the same
  };
  std::vector<File> files;
  GeoReference geo;
  OGRSpatialReferenceH own = nullptr;
  OGRCoordinateTransformationH equal_area = nullptr;
  bool has_fields = false, committed = false;

  [[noreturn]] void fail(const char* what, const std::filesystem::path& path, const std::string& found) {
    throw Error({.code = "RTS-G54", .what = what, .where = path.string(), .found = found, .fix = "free disk space or choose a folder that can be written; no half-written file is left"});
  }
  void fields(const std::vector<Attribute>& attributes) {
    has_fields = true;
    for (File& f : files)
      for (const auto& [name, value] : attributes) {
        const OGRFieldDefnH field = OGR_Fld_Create(name.c_str(), value.index() == 0 ? OFTInteger64 : value.index() == 1 ? OFTReal
                                                                                                                        : OFTString);
        OGR_L_CreateField(f.layer, field, 1);
        OGR_Fld_Destroy(field);
      }
  }
};

RTS_INLINE OutlineWriter::OutlineWriter(const std::filesystem::path& stem, const GeoReference& geo, int width, int height) : impl_(std::make_unique<Impl>()) {
  initialize();
  Impl& m = *impl_;
  m.geo = geo;
  const detail::Messages messages;
  m.own = detail::reference(geo.crs);
  const OGRSpatialReferenceH world = detail::reference("EPSG:4326");
  double x = geo.transform[0] + 0.5 * width * geo.transform[1] + 0.5 * height * geo.transform[2], y = geo.transform[3] + 0.5 * width * geo.transform[4] + 0.5 * height * geo.transform[5];
  const OGRCoordinateTransformationH to_world = OCTNewCoordinateTransformation(m.own, world);
  RTS_CHECK_DATA(to_world && OCTTransform(to_world, 1, &x, &y, nullptr), .code = "RTS-G53", .what = "the coordinate system cannot be transformed to longitude and latitude", .where = stem.string(), .found = messages.text(), .fix = "give the raster a CRS that PROJ knows");
  // Areas: Lambert's projection about the raster's middle keeps them, and lines stay all but straight.
  char definition[160];
  std::snprintf(definition, sizeof definition, "+proj=laea +lat_0=%.6f +lon_0=%.6f +datum=WGS84 +units=m", y, x);
  const OGRSpatialReferenceH laea = detail::reference(definition);
  m.equal_area = OCTNewCoordinateTransformation(m.own, laea);
  OSRDestroySpatialReference(laea);
  for (const auto& [extension, driver] : {std::pair{".gpkg", "GPKG"}, {".geojson", "GeoJSON"}}) {
    Impl::File f;
    f.path = stem.string() + extension;
    f.temporary = stem.string() + ".part" + extension;
    std::error_code ignored;
    std::filesystem::remove(f.temporary, ignored);
    f.dataset = GDALCreate(GDALGetDriverByName(driver), f.temporary.c_str(), 0, 0, 0, GDT_Unknown, nullptr);
    if (!f.dataset) m.fail("cannot create the polygons", f.path, messages.text());
    const bool json = std::string_view(driver) == "GeoJSON";
    if (json) f.to = OCTNewCoordinateTransformation(m.own, world);
    char rfc[] = "RFC7946=YES", digits[] = "COORDINATE_PRECISION=8";
    char* options[] = {rfc, digits, nullptr};
    f.layer = GDALDatasetCreateLayer(f.dataset, "objects", json ? world : m.own, json ? wkbUnknown : wkbMultiPolygon, json ? options : nullptr);
    m.files.push_back(f);
    if (!f.layer) m.fail("cannot create the polygons", f.path, messages.text());
    if (!json) GDALDatasetStartTransaction(f.dataset, 0);
  }
  OCTDestroyCoordinateTransformation(to_world);
  OSRDestroySpatialReference(world);
}

RTS_INLINE OutlineWriter::~OutlineWriter() {
  const detail::Messages messages;
  for (Impl::File& f : impl_->files) {
    if (f.dataset) GDALClose(f.dataset);
    if (f.to) OCTDestroyCoordinateTransformation(f.to);
    std::error_code ignored;
    if (!impl_->committed) std::filesystem::remove(f.temporary, ignored);
  }
  if (impl_->equal_area) OCTDestroyCoordinateTransformation(impl_->equal_area);
  if (impl_->own) OSRDestroySpatialReference(impl_->own);
}

RTS_INLINE double OutlineWriter::add(const std::uint8_t* mask, int column, int row, int width, int height, double simplify, std::vector<Attribute> attributes) {
  Impl& m = *impl_;
  const detail::Messages messages;
  const GDALDatasetH d = GDALCreate(GDALGetDriverByName("MEM"), "", width, height, 1, GDT_Byte, nullptr), vector = GDALCreate(GDALGetDriverByName("Memory"), "", 0, 0, 0, GDT_Unknown, nullptr);
  std::array<double, 6> t = m.geo.transform;
  t[0] += column * t[1] + row * t[2];
  t[3] += column * t[4] + row * t[5];
  GDALSetGeoTransform(d, t.data());
  const GDALRasterBandH band = GDALGetRasterBand(d, 1);
  const OGRLayerH layer = GDALDatasetCreateLayer(vector, "one", nullptr, wkbPolygon, nullptr);
  char connected[] = "8CONNECTED=8";
  char* options[] = {connected, nullptr};
  OGRGeometryH shape = OGR_G_CreateGeometry(wkbMultiPolygon);
  if (GDALRasterIO(band, GF_Write, 0, 0, width, height, const_cast<std::uint8_t*>(mask), width, height, GDT_Byte, 0, 0) == CE_None && GDALPolygonize(band, band, layer, -1, options, nullptr, nullptr) == CE_None) {
    OGR_L_ResetReading(layer);
    while (const OGRFeatureH feature = OGR_L_GetNextFeature(layer)) {
      OGR_G_AddGeometry(shape, OGR_F_GetGeometryRef(feature));
      OGR_F_Destroy(feature);
    }
  }
  GDALClose(d);
  GDALClose(vector);
  if (simplify > 0)
    if (const OGRGeometryH simple = OGR_G_SimplifyPreserveTopology(shape, simplify)) {
      OGR_G_DestroyGeometry(shape);
      shape = OGR_G_ForceToMultiPolygon(simple);
    }
  const OGRGeometryH flat = OGR_G_Clone(shape);
  OGR_G_Transform(flat, m.equal_area);
  const double area = OGR_G_Area(flat);
  OGR_G_DestroyGeometry(flat);
  attributes.emplace_back("area_m2", area);
  if (!m.has_fields) m.fields(attributes);
  for (Impl::File& f : m.files) {
    const OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(f.layer));
    for (std::size_t i = 0; i < attributes.size(); ++i) {
      const auto& value = attributes[i].second;
      const int k = static_cast<int>(i);
      if (value.index() == 0) OGR_F_SetFieldInteger64(feature, k, std::get<0>(value));
      else if (value.index() == 1) OGR_F_SetFieldDouble(feature, k, std::get<1>(value));
      else OGR_F_SetFieldString(feature, k, std::get<2>(value).c_str());
    }
    const OGRGeometryH g = OGR_G_Clone(shape);
    if (f.to) OGR_G_Transform(g, f.to);
    OGR_F_SetGeometryDirectly(feature, g);
    const bool good = OGR_L_CreateFeature(f.layer, feature) == OGRERR_NONE;
    OGR_F_Destroy(feature);
    if (!good) m.fail("cannot write the polygons", f.path, messages.text());
  }
  OGR_G_DestroyGeometry(shape);
  return area;
}

RTS_INLINE void OutlineWriter::commit() {
  Impl& m = *impl_;
  const detail::Messages messages;
  CPLErrorReset();
  for (Impl::File& f : m.files) {
    if (!f.to) GDALDatasetCommitTransaction(f.dataset);
    GDALClose(f.dataset);
    f.dataset = nullptr;
    if (CPLGetLastErrorType() >= CE_Failure) m.fail("cannot write the polygons", f.path, messages.text());
  }
  for (Impl::File& f : m.files)
    if (::rename(f.temporary.c_str(), f.path.c_str()) != 0) m.fail("cannot rename the finished polygons", f.path, "");
  m.committed = true;
}

RTS_INLINE void to_cloud_optimized(const std::filesystem::path& path, bool average_overviews) {
  const detail::Messages messages;
  const std::filesystem::path temporary = path.string() + ".cog.part";
  const auto fail = [&] {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw Error({.code = "RTS-G54", .what = "cannot write the cloud-optimised raster", .where = path.string(), .found = messages.text(), .fix = "free disk space; the plain GeoTIFF is complete"});
  };
  const GDALDatasetH in = GDALOpen(path.c_str(), GA_ReadOnly);
  if (!in) fail();
  std::string resampling = average_overviews ? "OVERVIEW_RESAMPLING=AVERAGE" : "OVERVIEW_RESAMPLING=NEAREST";
  const char* options[] = {"COMPRESS=DEFLATE", "PREDICTOR=YES", "BLOCKSIZE=512", "NUM_THREADS=ALL_CPUS", "BIGTIFF=IF_SAFER", resampling.c_str(), nullptr};
  CPLErrorReset();
  const GDALDatasetH out = GDALCreateCopy(GDALGetDriverByName("COG"), temporary.c_str(), in, FALSE, const_cast<char**>(options), nullptr, nullptr);
  GDALClose(in);
  if (!out) fail();
  GDALClose(out);
  if (CPLGetLastErrorType() >= CE_Failure || ::rename(temporary.c_str(), path.c_str()) != 0) fail();
}

RTS_INLINE void write_map_style(const std::filesystem::path& map, bool byte) {
  // Nothing below 0.1, then yellow over red to dark red.
  const double scale = byte ? 250 : 1;
  std::string items;
  for (const auto& [p, colour, alpha, label] : {std::tuple{0.0, "#ffffb2", 0, "0"}, {0.1, "#ffffb2", 120, "0.1"}, {0.3, "#fecc5c", 180, "0.3"}, {0.5, "#fd8d3c", 220, "0.5"}, {0.7, "#f03b20", 240, "0.7"}, {1.0, "#bd0026", 255, "1"}}) {
    char item[160];
    std::snprintf(item, sizeof item, "<item value=\"%g\" color=\"%s\" alpha=\"%d\" label=\"%s\"/>", p * scale, colour, alpha, label);
    items += item;
  }
  char head[320];
  std::snprintf(head, sizeof head, "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.22\"><pipe><rasterrenderer type=\"singlebandpseudocolor\" band=\"1\" opacity=\"1\" classificationMin=\"0\" classificationMax=\"%g\"><rastershader><colorrampshader colorRampType=\"INTERPOLATED\" clip=\"0\">", scale);
  auto path = map;
  write_text(path.replace_extension(".qml"), std::string(head) + items + "</colorrampshader></rastershader></rasterrenderer></pipe></qgis>\n");
}
RTS_INLINE void write_outline_style(const std::filesystem::path& gpkg) {
  auto path = gpkg;
  write_text(path.replace_extension(".qml"),
             "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n<qgis version=\"3.22\"><renderer-v2 type=\"singleSymbol\"><symbols><symbol type=\"fill\" name=\"0\" alpha=\"1\"><layer class=\"SimpleFill\" enabled=\"1\"><Option type=\"Map\"><Option type=\"QString\" name=\"style\" value=\"no\"/>"
             "<Option type=\"QString\" name=\"outline_color\" value=\"227,26,28,255\"/><Option type=\"QString\" name=\"outline_width\" value=\"0.5\"/><Option type=\"QString\" name=\"outline_width_unit\" value=\"MM\"/></Option></layer></symbol></symbols></renderer-v2></qgis>\n");
}

namespace detail {

inline std::filesystem::path warp(const std::filesystem::path& path, std::vector<std::string> arguments) {
  initialize();
  static std::atomic<int> counter{0};
  const Messages messages;
  const std::string name = "/vsimem/rts_warped_" + std::to_string(++counter) + ".vrt";
  arguments.insert(arguments.begin(), {"-of", "VRT"});
  std::vector<char*> list;
  for (std::string& a : arguments) list.push_back(a.data());
  list.push_back(nullptr);
  GDALDatasetH in = GDALOpen(path.c_str(), GA_ReadOnly);
  GDALWarpAppOptions* options = GDALWarpAppOptionsNew(list.data(), nullptr);
  int wrong = 0;
  const GDALDatasetH out = in ? GDALWarp(name.c_str(), nullptr, 1, &in, options, &wrong) : nullptr;
  GDALWarpAppOptionsFree(options);
  if (out) GDALClose(out);
  if (in) GDALClose(in);
  RTS_CHECK_DATA(out && !wrong, .code = "RTS-G53", .what = "a raster that cannot be reprojected", .where = path.string(), .found = messages.text(), .fix = "give the raster a CRS that PROJ knows");
  // Names of bands do not travel.
  const Raster source(path);
  const GDALDatasetH warped = GDALOpen(name.c_str(), GA_Update);
  for (int b = 1; warped && b <= source.bands(); ++b) GDALSetDescription(GDALGetRasterBand(warped, b), source.description(b).c_str());
  if (warped) GDALClose(warped);
  return name;
}

}  // namespace detail

RTS_INLINE std::filesystem::path warped_onto(const std::filesystem::path& path, const GeoReference& geo, int width, int height) {
  const auto number = [](double v) {
    char text[40];
    std::snprintf(text, sizeof text, "%.12g", v);
    return std::string(text);
  };
  const double right = geo.transform[0] + width * geo.transform[1], bottom = geo.transform[3] + height * geo.transform[5];
  return detail::warp(path, {"-t_srs", geo.crs, "-te", number(geo.transform[0]), number(bottom), number(right), number(geo.transform[3]), "-ts", std::to_string(width), std::to_string(height), "-r", "bilinear"});
}
RTS_INLINE std::filesystem::path resampled(const std::filesystem::path& path, double pixel_size) {
  char text[40];
  std::snprintf(text, sizeof text, "%.12g", pixel_size);
  const bool coarser = Raster(path).geo().pixel_width() < pixel_size;
  return detail::warp(path, {"-tr", text, text, "-r", coarser ? "average" : "bilinear"});
}

}  // namespace rts::inline RTS_ABI::raster
