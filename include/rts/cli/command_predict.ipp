#pragma once
// predict: rasters to a probability map, a mask, polygons, styles.

#include <rts/cli/mapping.ipp>
#include <rts/inference/map_objects.hpp>

namespace rts::inline RTS_ABI::cli {
namespace detail {

/// Rasters on one grid and of the trained resolution; others are refused, or warped where that is asked for.
inline void align_rasters(Options& o, Observer& observer) {
  const raster::Raster first(o.rasters.front());
  const raster::GeoReference g = first.geo();
  if (o.trained_pixel_size > 0 && g.has_transform && std::abs(g.pixel_width() - o.trained_pixel_size) > 0.01 * o.trained_pixel_size) {
    RTS_CHECK_DATA(o.reproject && g.projected, .code = "RTS-I54", .what = "a raster of another resolution than the model was trained on", .where = o.rasters.front().string(), .expected = number_text(o.trained_pixel_size) + " m",
                   .found = number_text(g.pixel_width()) + (g.projected ? " m" : " degrees"), .fix = "resample it with gdalwarp -tr " + number_text(o.trained_pixel_size) + " " + number_text(o.trained_pixel_size) + ", or ask for it with --reproject");
    observer.on_message("info", "resampled from " + number_text(g.pixel_width()) + " m to " + number_text(o.trained_pixel_size) + " m");
    o.rasters.front() = raster::resampled(o.rasters.front(), o.trained_pixel_size);
  }
  if (!o.reproject) return;  // those that lie elsewhere are refused when rows are read
  const raster::Raster grid(o.rasters.front());
  for (std::size_t i = 1; i < o.rasters.size(); ++i) {
    const raster::Raster r(o.rasters[i]);
    if (r.width() == grid.width() && r.height() == grid.height() && r.geo().crs == grid.geo().crs && r.geo().transform == grid.geo().transform) continue;
    observer.on_message("info", o.rasters[i].string() + " warped onto the grid of " + o.rasters.front().string());
    o.rasters[i] = raster::warped_onto(o.rasters[i], grid.geo(), grid.width(), grid.height());
  }
}

inline inference::Part parse_part(const std::string& text) {
  if (text.empty()) return {};
  const auto v = numbers(text, "--part");
  RTS_CHECK_USAGE(v.size() == 4, .code = "RTS-C56", .what = "not a part of a raster", .where = "--part", .expected = "COLUMN,ROW,WIDTH,HEIGHT", .found = text, .fix = "give four numbers");
  return {static_cast<int>(v[0]), static_cast<int>(v[1]), static_cast<int>(v[2]), static_cast<int>(v[3])};
}

}  // namespace detail

RTS_INLINE int predict_command(const Options& given) {
  Options o = given;
  const std::string bands = o.bands;
  read_run_json(o);
  raster::set_cache(std::int64_t{o.cache_mb} << 20);
  tracking::Console console(o.quiet);
  const auto first = o.rasters.front();
  detail::align_rasters(o, console);
  std::vector<inference::InputBand> input = inference::find_bands(o.rasters, o.plan.bands, comma_separated(bands));
  for (const inference::InputBand& b : input) {
    const std::string type = raster::Raster(o.rasters[static_cast<std::size_t>(b.file)]).type(b.index);
    const auto it = o.band_types.find(b.name);
    RTS_CHECK_DATA(it == o.band_types.end() || it->second.empty() || it->second == type, .code = "RTS-I63", .what = "a band of another type than the model was trained on", .where = o.rasters[static_cast<std::size_t>(b.file)].string() + ": " + b.name, .expected = it == o.band_types.end() ? "" : it->second, .found = type,
                   .fix = "bring values to the training data's numbers: gdal_translate -ot TYPE -scale ...");
  }
  const Mapping m = make_mapping(o);
  const bool bytes = std::all_of(o.band_scales.begin(), o.band_scales.end(), [](const auto& s) { return s.second == 1; }) && raster::Raster(o.rasters.front()).type() == "Byte";
  set_normalization(o, m, bytes ? 255 : 1, input);
  for (inference::InputBand& b : input)
    if (const auto it = o.band_scales.find(b.name); it != o.band_scales.end()) b.scale = it->second;
  match_or_warn(o, m.statistics, input, console);

  inference::PredictOptions p;
  static_cast<inference::MapOptions&>(p) = m.options;
  p.part = detail::parse_part(o.part);
  if (!o.susceptibility.empty()) p.first = inference::FirstStage{o.susceptibility, o.susceptibility_threshold};
  p.byte_output = o.byte_output;
  p.compress = !o.cog;
  p.metadata = {{"RTS_FINGERPRINT", o.plan.fingerprint}, {"RTS_VARIANT", o.plan.variant}, {"RTS_WEIGHTS", m.binding.weights}, {"RTS_WINDOWS", fmt::format("{} x {}, overlap {:g}, {}, scales {}, views {}", p.tile_height, p.tile_width, p.overlap, m.binding.blending, o.scales, o.tta)}};
  std::optional<double> threshold = o.threshold;
  const auto point_file = o.folder() / "operating_point.json";
  if (o.operating_point || !o.operating_point_file.empty()) {
    const auto file = o.operating_point_file.empty() ? point_file : o.operating_point_file;
    const OperatingPoint point = calibration::read_operating_point(file);
    Binding here = m.binding;
    here.smallest = point.binding.smallest;  // taken from it
    calibration::require_same(point, here, file);
    RTS_CHECK_DATA(point.threshold, .code = "RTS-P55", .what = "an operating point without a threshold", .where = file.string(), .expected = point.objective, .found = point.note, .fix = "calibrate for a target that can be reached");
    p.slope = point.slope, p.intercept = point.intercept;
    threshold = point.threshold;
    if (const auto it = point.by_region.find(o.region); it != point.by_region.end()) threshold = it->second;
    o.smallest = point.binding.smallest;
    p.metadata.emplace_back("RTS_OPERATING_POINT", fmt::format("{} at 1:{:g}, threshold {:.4f}", point.objective, point.ratio, *threshold));
  }
  const auto map = o.map.empty() ? o.folder() / "maps" / (first.stem().string() + "_probability.tif") : o.map;
  if (map.has_parent_path()) std::filesystem::create_directories(map.parent_path());
  const auto beside = [&](const char* ending) {
    auto stem = map.stem().string();
    if (stem.ends_with("_probability")) stem.resize(stem.size() - 12);
    return map.parent_path() / (stem + ending);
  };
  if (threshold) p.threshold = threshold, p.mask = beside("_mask.tif");
  const inference::PredictReport r = inference::predict(o.rasters, input, m.networks, map, p, console);
  const raster::GeoReference geo = raster::Raster(map).geo();
  const double pixel_km2 = geo.pixel_width() * geo.pixel_height() / 1e6;
  fmt::print("{} windows ({} without data) in {:.1f} s; {} pixels without data, {} of them NaN or infinite in the input\n", r.windows, r.skipped_windows, r.seconds, r.nodata_pixels, r.nan_pixels);
  if (p.first) fmt::print("first stage: {} pixels ({:.3g} km2) below {:g} were not looked at; their probability is 0\n", r.discarded_pixels, static_cast<double>(r.discarded_pixels) * pixel_km2, o.susceptibility_threshold);
  nlohmann::ordered_json json{{"map", map.string()}, {"windows", r.windows}, {"skipped_windows", r.skipped_windows}, {"nodata_pixels", r.nodata_pixels}, {"nan_pixels", r.nan_pixels}, {"discarded_pixels", r.discarded_pixels}, {"resumed_rows", r.resumed_rows}, {"seconds", r.seconds}};
  if (threshold) {
    const inference::MapObjects objects = inference::write_objects(map, beside("_objects"), {*threshold, 8, o.smallest, o.simplify, o.region, o.plan.fingerprint}, console);
    raster::write_outline_style(beside("_objects.gpkg"));
    fmt::print("{} objects at probability {:.4f}, {:.4f} km2; {} below {:g} m dropped\nmask: {}\npolygons: {} and .geojson\n", objects.objects, *threshold, objects.area / 1e6, objects.dropped, o.smallest, p.mask.string(), beside("_objects.gpkg").string());
    json["objects"] = objects.objects, json["dropped"] = objects.dropped, json["area_m2"] = objects.area, json["threshold"] = *threshold;
  }
  if (o.cog) {
    raster::to_cloud_optimized(map, true);
    if (threshold) raster::to_cloud_optimized(p.mask, false);
  }
  raster::write_map_style(map, o.byte_output);
  fmt::print("map: {}\n", map.string());
  if (o.part.empty()) draw_map(o, input, map);
  if (!o.json.empty()) write_text(o.json, json.dump(2) + "\n");
  return 0;
}

}  // namespace rts::inline RTS_ABI::cli
