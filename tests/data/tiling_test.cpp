// From rasters and polygons to a dataset: labels against the truth, negatives against distances, bad polygons, other CRS.
#include <rts/core/observer.hpp>
#include <rts/data/raster_source/synthetic_dataset.hpp>
#include <rts/data/raster_source/tiling.hpp>

#include <gdal.h>
#include <ogr_api.h>

#include <cstdlib>
#include <fstream>
#include <map>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("rts_tiling_" + std::to_string(::getpid()));
  Folder() { fs::remove_all(path), fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

std::string code_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return std::string(e.what()).substr(1, 7);
  }
  return "none";
}

std::vector<fs::path> files(const fs::path& folder, const char* extension) {
  std::vector<fs::path> out;
  for (const auto& e : fs::directory_iterator(folder))
    if (e.path().extension() == extension) out.push_back(e.path());
  std::sort(out.begin(), out.end());
  return out;
}

void write_geojson(const fs::path& path, const std::string& crs, const std::string& geometry) {
  std::ofstream(path) << R"({"type":"FeatureCollection",)" << (crs.empty() ? "" : R"("crs":{"type":"name","properties":{"name":")" + crs + "\"}},") << R"("features":[{"type":"Feature","properties":{},"geometry":)" << geometry << "}]}";
}

/// A shapefile without a CRS.
void write_shapefile(const fs::path& path, std::string wkt) {
  const GDALDatasetH d = GDALCreate(GDALGetDriverByName("ESRI Shapefile"), path.c_str(), 0, 0, 0, GDT_Unknown, nullptr);
  const OGRLayerH layer = GDALDatasetCreateLayer(d, "bare", nullptr, wkbPolygon, nullptr);
  const OGRFeatureH f = OGR_F_Create(OGR_L_GetLayerDefn(layer));
  OGRGeometryH g = nullptr;
  char* text = wkt.data();
  OGR_G_CreateFromWkt(&text, nullptr, &g);
  OGR_F_SetGeometryDirectly(f, g);
  (void)OGR_L_CreateFeature(layer, f);
  OGR_F_Destroy(f);
  GDALClose(d);
}

/// 300 x 200 pixels of 10 m, one Byte band.
fs::path make_raster(const fs::path& path, double x = 500000, double y = 7700000, int width = 300, int height = 200) {
  raster::Writer w(path, width, height, 1, raster::place(32606, x, y, 10), {.type = raster::Type::byte, .nodata = 0, .descriptions = {"grey"}, .block = 0});
  std::vector<float> row(static_cast<std::size_t>(width), 9);
  for (int r = 0; r < height; ++r) w.write(1, r, 1, row.data());
  w.commit();
  return path;
}

}  // namespace

TEST_CASE("synthetic scenes and their outlines give back their labels, pixel for pixel") {
  const Folder folder;
  Observer silent;
  data::write_synthetic_dataset(folder.path / "scenes", {.train_regions = 3, .val_regions = 2, .test_regions = 2, .size = 384, .tile = 64}, silent);
  const auto scenes = files(folder.path / "scenes/images", ".tif");
  const auto report = data::tile_rasters({.rasters = scenes, .extra = {}, .polygons = files(folder.path / "scenes/polygons", ".geojson"), .out = folder.path / "tiles", .height = 64, .width = 64, .overlap = 0.25, .negatives = 2, .exclusion = 100, .scale = 1e-4}, silent);
  CHECK(report.positives > 10);
  CHECK(report.negatives == std::min<std::int64_t>(2 * report.positives, report.candidates));
  CHECK(report.used == report.polygons.features);
  CHECK(report.split);
  const data::Table table = data::read_csv(folder.path / "tiles/tiles.csv");
  CHECK(static_cast<std::int64_t>(table.rows.size()) == report.positives + report.negatives);
  std::map<std::string, std::string> split_of_region;
  for (const auto& row : table.rows) {
    const raster::Raster image(folder.path / "tiles/images" / (row[0] + ".tif")), label(folder.path / "tiles/labels" / (row[0] + ".tif"));
    const auto geo = image.geo();
    std::vector<std::uint8_t> got(64 * 64), want(64 * 64);
    std::vector<float> pixels(3 * 64 * 64), source(3 * 64 * 64);
    label.read(0, 0, 64, 64, 1, got.data());
    image.read(0, 0, 64, 64, {1, 2, 3}, pixels.data());
    int matched = 0;
    for (const auto& scene : scenes) {
      const raster::Raster s(scene);
      const auto g = s.geo();
      const int column = static_cast<int>(std::lround((geo.transform[0] - g.transform[0]) / g.transform[1])), at = static_cast<int>(std::lround((geo.transform[3] - g.transform[3]) / g.transform[5]));
      if (g.epsg != geo.epsg || column < 0 || at < 0 || column + 64 > s.width() || at + 64 > s.height()) continue;
      ++matched;
      raster::Raster(folder.path / "scenes/labels" / scene.filename()).read(column, at, 64, 64, 1, want.data());
      s.read(column, at, 64, 64, {1, 2, 3}, source.data());
    }
    REQUIRE(matched == 1);
    CHECK(pixels == source);
    for (std::size_t i = 0; i < got.size(); ++i)
      if (got[i] != 255) CHECK(got[i] == want[i]);
    CHECK(split_of_region.emplace(row[2], row[3]).first->second == row[3]);
  }
}

TEST_CASE("distances, the area of interest, other CRS, and the last column") {
  const Folder folder;
  Observer silent;
  make_raster(folder.path / "a_20210704.tif");
  // A square of 20 x 20 pixels, upper left at pixel (105, 45), in metres of UTM and in degrees.
  write_geojson(folder.path / "utm.geojson", "urn:ogc:def:crs:EPSG::32606", R"({"type":"Polygon","coordinates":[[[501050,7699550],[501250,7699550],[501250,7699350],[501050,7699350],[501050,7699550]]]})");
  data::TilingOptions o{.rasters = {folder.path / "a_20210704.tif"}, .extra = {}, .polygons = {folder.path / "utm.geojson"}, .out = folder.path / "t1", .height = 64, .width = 64, .negatives = 0, .exclusion = 0};
  const auto near = data::tile_rasters(o, silent);
  // Columns 0, 64, 128, 192 and the shifted 236; rows 0, 64, 128 and the shifted 136. The square lies in column 64, rows 0 and 64.
  CHECK(near.positives == 2);
  CHECK(near.negatives == 18);
  CHECK_FALSE(near.split);
  const data::Table t = data::read_csv(folder.path / "t1/tiles.csv");
  CHECK(t.rows[0][static_cast<std::size_t>(t.column("date"))] == "2021-07-04");
  std::vector<std::uint8_t> label(64 * 64);
  raster::Raster(folder.path / "t1/labels/a_20210704_r0_c64.tif").read(0, 0, 64, 64, 1, label.data());
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) CHECK(label[static_cast<std::size_t>(y * 64 + x)] == (y >= 45 && x >= 41 && x < 61));
  o.out = folder.path / "t2";
  o.exclusion = 500;  // metres: tiles nearer than 50 pixels are neither
  const auto far = data::tile_rasters(o, silent);
  CHECK(far.positives == 2);
  CHECK(far.too_close == 4);  // columns 0 and 128 of rows 0 and 64: 41 and 3 pixels away; all others more than 50
  CHECK(far.negatives + far.too_close == 18);

  write_geojson(folder.path / "area.geojson", "urn:ogc:def:crs:EPSG::32606", R"({"type":"Polygon","coordinates":[[[500000,7700000],[501150,7700000],[501150,7699000],[500000,7699000],[500000,7700000]]]})");
  o.out = folder.path / "t3", o.exclusion = 0, o.area = {folder.path / "area.geojson"};
  data::tile_rasters(o, silent);
  raster::Raster(folder.path / "t3/labels/a_20210704_r0_c64.tif").read(0, 0, 64, 64, 1, label.data());
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) CHECK(label[static_cast<std::size_t>(y * 64 + x)] == (x >= 51 ? 255 : y >= 45 && x >= 41));

  // Two halves side by side make one mosaic: a tile may lie on both.
  make_raster(folder.path / "left.tif", 500000, 7700000, 150, 200), make_raster(folder.path / "right.tif", 501500, 7700000, 150, 200);
  o.area.clear(), o.out = folder.path / "t4", o.rasters = {folder.path / "left.tif", folder.path / "right.tif"};
  const auto halves = data::tile_rasters(o, silent);
  CHECK(halves.mosaics == 1);
  CHECK((halves.positives == 2 && halves.negatives == 18));
}

TEST_CASE("bad input has its code and leaves no dataset") {
  const Folder folder;
  Observer silent;
  make_raster(folder.path / "a.tif");
  data::TilingOptions o{.rasters = {folder.path / "a.tif"}, .extra = {}, .polygons = {folder.path / "p.geojson"}, .out = folder.path / "out", .height = 64, .width = 64};
  const auto tile = [&] { return code_of([&] { data::tile_rasters(o, silent); }); };
  CHECK(tile() == "RTS-G55");
  write_geojson(folder.path / "p.geojson", "urn:ogc:def:crs:EPSG::32606", R"({"type":"Polygon","coordinates":[[[600000,7600000],[600100,7600000],[600100,7600100],[600000,7600000]]]})");
  CHECK(tile() == "RTS-E52");
  // A bow tie: repaired into two triangles.
  write_geojson(folder.path / "p.geojson", "urn:ogc:def:crs:EPSG::32606", R"({"type":"Polygon","coordinates":[[[501000,7699000],[501200,7699200],[501200,7699000],[501000,7699200],[501000,7699000]]]})");
  o.height = 400;
  CHECK(tile() == "RTS-E53");
  o.height = 64, o.bands = {"a", "b"};
  CHECK(tile() == "RTS-E54");
  o.bands.clear();
  CHECK_FALSE(fs::exists(o.out / "tiles.csv"));
  const auto r = data::tile_rasters(o, silent);
  CHECK(r.polygons.repaired == 1);
  CHECK(r.positives > 0);
  CHECK(tile() == "RTS-E51");
  o.out = folder.path / "more", o.extra = {make_raster(folder.path / "b.tif", 500005)};
  CHECK(tile() == "RTS-E55");
  o.extra.clear();
  write_shapefile(folder.path / "bare.shp", "POLYGON((501000 7699000,501200 7699000,501200 7699200,501000 7699000))");
  o.polygons = {folder.path / "bare.shp"};
  CHECK(tile() == "RTS-G56");
  o.polygon_crs = "EPSG:32606";
  CHECK(tile() == "none");
}

TEST_CASE("published polygons over rasters in their CRS") {
  const char* root = std::getenv("RTS_DATA_DIR");
  if (!root || !fs::exists(fs::path(root) / "rts_polygons")) {
    MESSAGE("skipped: RTS_DATA_DIR does not name the polygons");
    return;
  }
  const Folder folder;
  Observer silent;
  // Willow River, UTM 8N: a synthetic raster of 16 x 26 km at 20 m under its polygons.
  const fs::path shapes = fs::path(root) / "rts_polygons/huang2022/Willow_River_Thaw_Slumps.shp";
  raster::Writer w(folder.path / "willow.tif", 840, 1340, 1, raster::place(32608, 463000, 7568500, 20), {.type = raster::Type::byte, .descriptions = {"grey"}});
  const std::vector<float> row(840 * 1340, 100);
  w.write(1, 0, 1340, row.data());
  w.commit();
  const auto r = data::tile_rasters({.rasters = {folder.path / "willow.tif"}, .extra = {}, .polygons = {shapes}, .out = folder.path / "out", .height = 128, .width = 128, .negatives = 0}, silent);
  CHECK(r.polygons.features == 197);
  CHECK(r.used > 190);
  raster::Polygons polygons({shapes});
  polygons.project(raster::place(32608, 0, 0, 20));
  double area = 0, drawn = 0;
  for (std::size_t i = 0; i < polygons.size(); ++i) area += polygons.area(i);
  std::vector<std::uint8_t> label(128 * 128);
  std::map<std::pair<int, int>, int> seen;  // the last row and column overlap
  for (const auto& f : files(folder.path / "out/labels", ".tif")) {
    const raster::Raster l(f);
    const auto t = l.geo().transform;
    l.read(0, 0, 128, 128, 1, label.data());
    for (int i = 0; i < 128 * 128; ++i)
      if (label[static_cast<std::size_t>(i)] == 1) drawn += ++seen[{static_cast<int>(t[0] / 20) + i % 128, static_cast<int>(t[3] / 20) - i / 128}] == 1;
  }
  CHECK(drawn * 400 == doctest::Approx(area).epsilon(0.02));
}
