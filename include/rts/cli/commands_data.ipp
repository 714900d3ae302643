#pragma once
// tile, prepare, split, stats, synthesize: what makes or describes a dataset.

#include <rts/cli/options.hpp>
#include <rts/cli/session.ipp>
#include <rts/data/raster_source/tiling.hpp>

#include <map>

namespace rts::inline RTS_ABI::cli {

RTS_INLINE int synthesize(const Options& o) {
  tracking::Console console(o.quiet);
  data::write_synthetic_dataset(o.data, Session::synthetic_options(o), console);
  fmt::print("dataset: {}\n", o.data.string());
  return 0;
}

RTS_INLINE int tile(const Options& o) {
  tracking::Console console(o.quiet);
  const data::TilingReport r = data::tile_rasters({.rasters = o.rasters, .extra = o.extra, .separate = o.separate, .polygons = o.polygons, .polygon_crs = o.polygon_crs, .area = o.area, .out = o.data, .bands = comma_separated(o.bands), .extra_bands = comma_separated(o.extra_bands), .height = o.plan.tile_height, .width = o.plan.tile_width, .overlap = std::max(o.overlap, 0.0), .negatives = o.negatives, .exclusion = o.exclusion, .date = o.date, .min_distance = o.min_distance, .shares = {o.train_share, o.val_share, o.test_share}, .scale = o.band_scale, .seed = o.run.seed.value_or(42)}, console);
  fmt::print("{} polygons read, {} repaired, {} without geometry; {} lie on the rasters ({} mosaics)\n", r.polygons.features, r.polygons.repaired, r.polygons.empty, r.used, r.mosaics);
  fmt::print("{} tiles with objects; {} without, of {} that lie at least {:g} m from every polygon ({} lie closer, {} have too little data)\n", r.positives, r.negatives, r.candidates, o.exclusion, r.too_close, r.empty);
  if (r.split) fmt::print("{} regions at least {:g} m apart, split into train, val and test\n", r.regions, o.min_distance);
  else fmt::print("{} regions at least {:g} m apart: too few for train, val and test. Bring rasters from elsewhere, or lower --min-distance and run split\n", r.regions, o.min_distance);
  fmt::print("dataset: {}\n", o.data.string());
  if (!o.json.empty()) write_text(o.json, nlohmann::ordered_json{{"polygons", r.polygons.features}, {"repaired", r.polygons.repaired}, {"empty", r.polygons.empty}, {"used", r.used}, {"positives", r.positives}, {"negatives", r.negatives}, {"candidates", r.candidates}, {"too_close", r.too_close}, {"regions", r.regions}, {"split", r.split}}.dump(2) + "\n");
  return 0;
}

RTS_INLINE int prepare(const Options& o) {
  tracking::Console console(o.quiet);
  RTS_CHECK_USAGE(o.packed.empty(), .code = "RTS-C55", .what = "prepare was given a packed file", .expected = "--data", .found = "--packed", .fix = "give the dataset's folder");
  const Session session(o, console);
  const auto path = o.map.empty() ? o.out / (o.plan.variant + ".rtspack") : o.map;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  data::write_packed(path, *session.source, console);
  const data::Dataset& d = session.source->dataset();
  fmt::print("{} tiles of {} x {}, {} {} bands, compared with their source byte for byte\n{}: {:.1f} MB; train with --packed {}\n", d.samples.size(), d.tile_height, d.tile_width, d.bands.size(), to_text(d.pixels), path.string(), static_cast<double>(std::filesystem::file_size(path)) / 1e6, path.string());
  return 0;
}

RTS_INLINE int stats(const Options& o) {
  tracking::Console console(o.quiet);
  const Session session(o, console);
  std::filesystem::create_directories(o.out);
  const auto path = o.json.empty() ? o.out / "normalization_stats.json" : o.json;
  data::Statistics s = session.source->statistics();
  s.quantiles = data::training_quantiles(*session.source);
  data::write_statistics(path, s);
  for (std::size_t b = 0; b < s.bands.size(); ++b) fmt::print("{:<20} mean {:>12.6g}  std {:>12.6g}\n", s.bands[b], s.mean[b], s.std[b]);
  fmt::print("{} windows of the training split; written to {}\n", s.n_tiles_used, path.string());
  return 0;
}

RTS_INLINE int split(const Options& o) {
  tracking::Console console(o.quiet);
  Options plain = o;
  plain.min_distance = o.min_distance;
  const Session session(plain, console);
  data::Dataset d = session.source->dataset();
  if (!o.region_column.empty()) {
    const data::Table t = data::read_csv(d.root / "tiles.csv");
    const int column = t.column(o.region_column), tile = t.column("tile");
    RTS_CHECK_USAGE(column >= 0, .code = "RTS-D51", .what = "tiles.csv has no such column", .where = (d.root / "tiles.csv").string(), .expected = o.region_column, .fix = "check --region-column");
    std::map<std::string, std::string> given;
    for (const auto& r : t.rows) given[r[static_cast<std::size_t>(tile)]] = r[static_cast<std::size_t>(column)];
    for (data::FileRow& f : d.files) f.region = given[f.name];
  }
  const std::vector<std::string> regions = data::derive_regions(d, o.min_distance, !o.region_column.empty());
  std::map<std::string, data::RegionWeight> weights;
  for (const std::string& r : regions) weights[r].name = r;
  for (const data::Sample& s : d.samples) {
    data::RegionWeight& w = weights[regions[s.file]];
    w.positive_tiles += s.positives > 0;
    w.positive_pixels += static_cast<double>(s.positives);
  }
  std::vector<data::RegionWeight> list;
  for (const auto& [name, w] : weights) list.push_back(w);
  const std::uint64_t seed = o.run.seed.value_or(42);
  std::filesystem::create_directories(o.out);
  double tiles = 0, pixels = 0;
  for (const auto& w : list) tiles += w.positive_tiles, pixels += w.positive_pixels;

  const auto write = [&](const std::filesystem::path& path, const std::map<std::string, data::SplitName>& by_region) {
    std::string text = "tile,split,region\n";
    for (std::size_t i = 0; i < d.files.size(); ++i) {
      const data::SplitName s = by_region.at(regions[i]);
      d.files[i].split = std::string(data::to_text(s));
      d.files[i].region = regions[i];
      text += d.files[i].name + "," + d.files[i].split + "," + regions[i] + "\n";
    }
    data::prove_no_leak(d, o.min_distance);
    write_text(path, text);
    fmt::print("{}\n", path.string());
    for (const auto k : {data::SplitName::train, data::SplitName::val, data::SplitName::test}) {
      double t = 0, p = 0;
      std::string names;
      for (const auto& w : list)
        if (by_region.at(w.name) == k) t += w.positive_tiles, p += w.positive_pixels, names += (names.empty() ? "" : " ") + w.name;
      fmt::print("  {:<6} {:>5.1f} % of positive tiles, {:>5.1f} % of positive pixels: {}\n", data::to_text(k), 100 * t / std::max(tiles, 1.0), 100 * p / std::max(pixels, 1.0), names);
    }
  };
  fmt::print("{} files in {} regions (at least {:g} m apart)\n", d.files.size(), list.size(), o.min_distance);
  if (o.folds > 0) {
    const std::vector<int> fold = data::assign_folds(list, o.folds, seed);
    for (int k = 0; k < o.folds; ++k) {
      std::map<std::string, data::SplitName> by_region;
      for (std::size_t i = 0; i < list.size(); ++i) by_region[list[i].name] = fold[i] == k ? data::SplitName::test : data::SplitName::train;
      // Validation: the regions of the training part that come closest to a fifth of its positives.
      std::vector<data::RegionWeight> rest;
      for (const auto& w : list)
        if (by_region[w.name] == data::SplitName::train) rest.push_back(w);
      const auto inner = data::assign_splits(rest, {.train = 0.8, .val = 0.2, .test = 0}, seed);
      for (std::size_t i = 0; i < rest.size(); ++i) by_region[rest[i].name] = inner[i];
      write(o.out / ("fold_" + std::to_string(k + 1) + ".csv"), by_region);
    }
    return 0;
  }
  const auto assigned = data::assign_splits(list, {o.train_share, o.val_share, o.test_share}, seed);
  std::map<std::string, data::SplitName> by_region;
  for (std::size_t i = 0; i < list.size(); ++i) by_region[list[i].name] = assigned[i];
  write(o.out / "split.csv", by_region);
  return 0;
}

}  // namespace rts::inline RTS_ABI::cli
