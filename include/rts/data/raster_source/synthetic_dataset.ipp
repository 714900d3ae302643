#pragma once
#include <rts/data/raster_source/synthetic_dataset.hpp>

#include <rts/core/atomic_file.hpp>
#include <rts/core/description.hpp>
#include <rts/raster/polygons.hpp>
#include <rts/raster/raster.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <cmath>
#include <fstream>
#include <mutex>
#include <thread>

namespace rts::inline RTS_ABI::data {
namespace detail {

/// Regions lie in different UTM zones, those of one zone 40 km apart.
inline raster::GeoReference synthetic_place(int region, const SyntheticOptions& o) { return raster::place(32640 + region % 9, 480000, 7700000.0 + 40000 * (region / 9), o.pixel_size); }

inline void write_scene(const std::filesystem::path& root, const std::string& name, const Scene& s, const raster::GeoReference& geo, bool bytes) {
  const auto write = [&](const char* folder, const std::vector<const std::vector<float>*>& planes, const std::vector<double>& factors, std::vector<std::string> names, raster::Type type, double nodata) {
    raster::Writer out(root / folder / (name + ".tif"), s.width, s.height, static_cast<int>(planes.size()), geo, {.type = type, .nodata = nodata, .descriptions = std::move(names), .block = 128});
    std::vector<float> row(static_cast<std::size_t>(s.width) * 128);
    for (int y = 0; y < s.height; y += 128) {
      const int rows = std::min(128, s.height - y);
      for (std::size_t b = 0; b < planes.size(); ++b) {
        const std::size_t base = static_cast<std::size_t>(y) * static_cast<std::size_t>(s.width), n = static_cast<std::size_t>(rows) * static_cast<std::size_t>(s.width);
        for (std::size_t i = 0; i < n; ++i) {
          const float v = std::round((*planes[b])[base + i] * static_cast<float>(factors[b]));
          row[i] = s.valid[base + i] ? (nodata == 0 ? std::max(v, 1.0f) : v) : static_cast<float>(nodata);
        }
        out.write(static_cast<int>(b) + 1, y, rows, row.data());
      }
    }
    out.commit();
  };
  if (bytes) write("images", {&s.red, &s.green, &s.blue, &s.nir}, {400, 400, 400, 400}, {"red", "green", "blue", "nir"}, raster::Type::byte, 0);
  else write("images", {&s.red, &s.green, &s.blue}, {1e4, 1e4, 1e4}, {"red", "green", "blue"}, raster::Type::uint16, 0);
  if (bytes) write("extra", {&s.ndvi, &s.relative_elevation, &s.shaded_relief}, {1e4, 10, 1}, {"ndvi", "relative_elevation", "shaded_relief"}, raster::Type::int16, -32768);
  else write("extra", {&s.ndvi, &s.nir, &s.relative_elevation, &s.shaded_relief}, {1e4, 1e4, 10, 1}, {"ndvi", "nir", "relative_elevation", "shaded_relief"}, raster::Type::int16, -32768);
  raster::Writer label(root / "labels" / (name + ".tif"), s.width, s.height, 1, geo, {.type = raster::Type::byte, .descriptions = {"rts"}, .block = 128});
  std::vector<float> row(s.label.begin(), s.label.end());
  for (int y = 0; y < s.height; y += 128) label.write(1, y, std::min(128, s.height - y), row.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(s.width));
  label.commit();
  raster::write_outlines(root / "polygons" / (name + ".geojson"), s.label.data(), s.width, s.height, geo);
}

}  // namespace detail

RTS_INLINE void write_synthetic_dataset(const std::filesystem::path& root, const SyntheticOptions& o, Observer& observer) {
  const int regions = o.train_regions + o.val_regions + o.test_regions;
  const std::string stamp = "synthetic-2 regions " + std::to_string(o.train_regions) + "/" + std::to_string(o.val_regions) + "/" + std::to_string(o.test_regions) + " size " + std::to_string(o.size) + " tile " + std::to_string(o.tile) +
                            " pixel " + number_text(o.pixel_size) + " shares " + number_text(o.train_positive_share) + "/" + number_text(o.eval_positive_share) + " confusers " + number_text(o.confusers) + " seed " + std::to_string(o.seed) + (o.bytes ? " bytes" : "");
  if (std::ifstream in(root / "version.json"); in)
    if (nlohmann::json::parse(in, nullptr, false).value("made_by", "") == stamp) return;
  std::error_code error;
  for (const char* folder : {"images", "extra", "labels", "polygons"}) std::filesystem::create_directories(root / folder, error);
  RTS_CHECK(!error, .code = "RTS-G54", .what = "cannot make the dataset's folder", .where = root.string(), .found = error.message(), .fix = "choose a folder that can be written");
  raster::initialize();
  std::atomic<int> next{0}, done{0};
  std::mutex mutex;
  std::exception_ptr failure;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 2; ++t)
      threads.emplace_back([&] {
        for (int r; (r = next++) < regions;) try {
            const bool train = r < o.train_regions;
            const Scene s = make_scene({.width = o.size, .height = o.size, .pixel_size = o.pixel_size, .seed = o.seed * 1000 + static_cast<std::uint64_t>(r), .tile = o.tile, .positive_share = train ? o.train_positive_share : o.eval_positive_share, .confusers = o.confusers});
            detail::write_scene(root, "region_" + std::string(r + 1 < 10 ? "0" : "") + std::to_string(r + 1), s, detail::synthetic_place(r, o), o.bytes);
            const std::lock_guard lock(mutex);
            observer.on_progress({.task = "synthesize", .done = ++done, .total = regions, .unit = "scenes"});
          } catch (...) {
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
          }
      });
  }
  if (failure) std::rethrow_exception(failure);
  std::string table = "tile,scene,region,split,epsg\n";
  for (int r = 0; r < regions; ++r) {
    const std::string name = "region_" + std::string(r + 1 < 10 ? "0" : "") + std::to_string(r + 1);
    table += name + "," + name + "," + name + "," + (r < o.train_regions ? "train" : r < o.train_regions + o.val_regions ? "val"
                                                                                                                         : "test") +
             "," + std::to_string(32640 + r % 9) + "\n";
  }
  write_text(root / "tiles.csv", table, "RTS-G54");
  nlohmann::ordered_json version;
  version["version"] = "synthetic-" + hex16(fnv1a(stamp)).substr(0, 8);
  version["made_by"] = stamp;
  const auto band = [&](const char* name, const char* file, int index, const char* unit, double scale, double nodata) {
    version["bands"][name] = {{"file", file}, {"index", index}, {"unit", unit}, {"scale", scale}, {"nodata", nodata}};
  };
  const char* reflectance = o.bytes ? "" : "reflectance";  // bytes are numbers without a unit
  int at = 0;
  for (const char* name : {"red", "green", "blue"}) band(name, "images", ++at, reflectance, o.bytes ? 1 : 1e-4, 0);
  if (o.bytes) band("nir", "images", 4, reflectance, 1, 0);
  at = 0;
  band("ndvi", "extra", ++at, "1", 1e-4, -32768);
  if (!o.bytes) band("nir", "extra", ++at, reflectance, 1e-4, -32768);
  band("relative_elevation", "extra", ++at, "m", 0.1, -32768);
  band("shaded_relief", "extra", ++at, "1", 1, -32768);
  write_text(root / "version.json", version.dump(2) + "\n", "RTS-G54");
}

}  // namespace rts::inline RTS_ABI::data
