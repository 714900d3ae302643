#pragma once
// What several subcommands share: opening the data, the record of a run, the environment, pictures of maps.

#include <rts/cli/options.hpp>
#include <rts/cli/verify.hpp>
#include <rts/core/atomic_file.hpp>
#include <rts/data/packed.hpp>
#include <rts/data/raster_source/raster_source.hpp>
#include <rts/data/raster_source/synthetic_dataset.hpp>
#include <rts/data/split.hpp>
#include <rts/inference/drift.hpp>
#include <rts/inference/predict.hpp>
#include <rts/raster/picture.hpp>
#include <rts/tracking/observers.hpp>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <torch/version.h>

#include <fstream>
#include <map>

namespace rts::inline RTS_ABI::cli {

RTS_INLINE std::vector<std::string> Options::overrides() const {
  std::vector<std::string> out;
  if (run.max_epochs && *run.max_epochs < plan.epochs) out.push_back("--max-epochs " + std::to_string(*run.max_epochs));
  if (run.seed && *run.seed != plan.seed) out.push_back("--seed " + std::to_string(*run.seed));
  if (run.bf16 && plan.arithmetic != train::Arithmetic::bf16) out.push_back("--bf16");
  if (run.shuffle_pixels) out.push_back("--shuffle-pixels");
  if (run.skip_bad) out.push_back("--skip-bad-tiles");
  if (statistics_share < 1) out.push_back("--statistics-share " + number_text(statistics_share));
  return out;
}

inline std::string overrides_yaml(const Options& o) {
  std::string text = "overrides: [";
  for (const std::string& s : o.overrides()) text += (text.back() == '[' ? "\"" : ", \"") + s + "\"";
  return text + "]\n";
}

inline std::vector<std::string> comma_separated(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

/// Where tiles come from: the given dataset, or the embedded synthetic scenes, made on first use.
struct Session {
  std::unique_ptr<data::IndexedSource> source;

  Session(const Options& o, Observer& observer) {
    if (!o.packed.empty()) {
      data::PackedSource::Wanted wanted{o.plan.bands, o.plan.tile_height, o.plan.tile_width, o.plan.classes};
      if (!o.split_table.empty()) wanted.split_table = o.split_table;
      source = std::make_unique<data::PackedSource>(o.packed, wanted);
      return;
    }
    std::filesystem::path root = o.data;
    if (root.empty()) {
      root = o.out / "synthetic";
      data::write_synthetic_dataset(root, synthetic_options(o), observer);
    }
    data::SourceOptions s{.root = root, .bands = o.plan.bands, .units = o.plan.units, .band_map = o.bands, .tile_height = o.plan.tile_height, .tile_width = o.plan.tile_width, .classes = o.plan.classes, .threads = std::max(o.threads, 2), .statistics_share = o.statistics_share, .seed = o.plan.seed, .skip_bad = o.run.skip_bad};
    if (!o.split_table.empty()) s.split_table = o.split_table;
    source = std::make_unique<data::RasterSource>(s, observer);
    if (!source->skipped().empty()) observer.on_message("warning", std::to_string(source->skipped().size()) + " bad files left out");
  }
  static data::SyntheticOptions synthetic_options(const Options& o) {
    return {.train_regions = o.regions_train, .val_regions = o.regions_val, .test_regions = o.regions_test, .size = o.scene_size > 0 ? o.scene_size : std::max(1024, 8 * o.plan.tile_width), .tile = o.plan.tile_width, .pixel_size = o.pixel_size, .train_positive_share = o.share_train, .eval_positive_share = o.share_eval, .confusers = o.confusers, .seed = o.scene_seed, .bytes = o.bytes};
  }
};

/// run.json: what `resume`, `evaluate` and `predict` need to find the same data again.
inline void write_run_json(const Options& o, const Session& session) {
  nlohmann::ordered_json j{{"variant", o.plan.variant}, {"fingerprint", o.plan.fingerprint}, {"data", o.data.empty() ? "" : std::filesystem::absolute(o.data).string()}, {"split", o.split_table.empty() ? "" : std::filesystem::absolute(o.split_table).string()}, {"bands", o.bands}, {"packed", o.packed.empty() ? "" : std::filesystem::absolute(o.packed).string()}, {"threads", o.threads}, {"min_distance", o.min_distance}, {"statistics_share", o.statistics_share}, {"bf16", o.run.bf16}, {"skip_bad", o.run.skip_bad}, {"accept_ring_loss", o.run.accept_ring_loss}, {"shuffle_pixels", o.run.shuffle_pixels}, {"pixel_size", session.source->dataset().pixel_size}, {"arguments", o.arguments}};
  for (const data::BandSource& b : session.source->dataset().bands) j["band_scales"][b.name] = b.scale, j["band_types"][b.name] = b.type;
  if (o.run.seed) j["seed"] = *o.run.seed;
  if (o.run.max_epochs) j["max_epochs"] = *o.run.max_epochs;
  write_text(o.folder() / "run.json", j.dump(2) + "\n");
}
inline void read_run_json(Options& o) {
  const auto path = o.folder() / "run.json";
  std::ifstream in(path);
  RTS_CHECK_USAGE(in, .code = "RTS-C54", .what = "no such run", .where = o.folder().string(), .expected = "a folder that train has made", .found = "no run.json", .fix = "check --variant, --name and --out");
  const auto j = nlohmann::json::parse(in, nullptr, false);
  RTS_CHECK_DATA(!j.is_discarded(), .code = "RTS-C54", .what = "run.json cannot be read", .where = path.string(), .fix = "restore the run's folder");
  RTS_CHECK_DATA(j.value("fingerprint", "") == o.plan.fingerprint, .code = "RTS-T52", .what = "the run was made by another recipe", .where = path.string(), .expected = o.plan.fingerprint, .found = j.value("fingerprint", ""),
                 .fix = "use the program and variant that made the run, or train anew under another --name");
  if (o.data.empty()) {  // the run's own data unless others are given
    o.data = j.value("data", "");
    o.packed = j.value("packed", "");
    o.bands = j.value("bands", "");
    if (o.split_table.empty()) o.split_table = j.value("split", "");
  }
  o.trained_pixel_size = j.value("pixel_size", 0.0);
  o.band_types = j.value("band_types", std::map<std::string, std::string>{});
  o.band_scales = j.value("band_scales", std::map<std::string, double>{});
  o.threads = j.value("threads", o.threads);
  o.run.threads = o.threads;
  o.min_distance = j.value("min_distance", o.min_distance);
  o.statistics_share = j.value("statistics_share", 1.0);
  o.run.bf16 = j.value("bf16", false);
  o.run.skip_bad = j.value("skip_bad", false);
  o.run.accept_ring_loss = j.value("accept_ring_loss", false);
  o.run.shuffle_pixels = j.value("shuffle_pixels", false);
  if (j.contains("seed")) o.run.seed = j["seed"].get<std::uint64_t>();
  if (j.contains("max_epochs")) o.run.max_epochs = j["max_epochs"].get<int>();
}

inline std::string environment_text() {
  std::string commit = "unknown";
#ifdef RTS_GIT_COMMIT
  commit = RTS_GIT_COMMIT;
#endif
  return "rts " RTS_VERSION " (" + commit + ")\nlibtorch " TORCH_VERSION "\ngdal " + raster::gdal_version() + "\nfmt " + std::to_string(FMT_VERSION) + "\nnlohmann-json " + std::to_string(NLOHMANN_JSON_VERSION_MAJOR) + "." +
         std::to_string(NLOHMANN_JSON_VERSION_MINOR) + "." + std::to_string(NLOHMANN_JSON_VERSION_PATCH) + "\ncompiler " __VERSION__ "\ncuda devices " + std::to_string(train::cuda_devices()) + "\nintra-op threads " +
         std::to_string(at::get_num_threads()) + "\ncpu " + at::get_cpu_capability() + "\n";
}

/// Says where a raster's values lie far from those the model was trained on, and maps them onto those where the recipe asks for it.
inline void match_or_warn(const Options& o, const data::Statistics& trained, std::vector<inference::InputBand>& bands, Observer& observer) {
  const auto drift = inference::raster_drift(o.rasters, bands, trained);
  for (std::size_t b = 0; b < bands.size(); ++b) {
    if (drift[b].quantiles.empty()) continue;
    const std::string far = fmt::format("{}: mean {:+.2f} deviations from the training data, {:.0f} % of values elsewhere", drift[b].band, drift[b].drift.shift, 100 * drift[b].drift.elsewhere);
    if (o.plan.histogram_matching) {
      RTS_CHECK_DATA(!trained.quantiles[b].empty(), .code = "RTS-D75", .what = "no quantiles of the training data to match to", .where = (o.folder() / "normalization_stats.json").string(), .expected = "quantiles", .found = "none", .fix = "make the file with the subcommand stats, or train again");
      bands[b].match = data::MonotoneMap(drift[b].quantiles, trained.quantiles[b]);
      observer.on_message("info", "matched " + far);
    } else if (drift[b].drift.far()) {
      observer.on_message("warning", "drift, " + far + "; probabilities may not hold. Another year or sensor: data::HistogramMatching, or train on it too");
    }
  }
}

/// A PNG beside a map: image and probability, at most 1,200 pixels wide.
inline void draw_map(const Options& o, const std::vector<inference::InputBand>& bands, const std::filesystem::path& map) {
  const raster::Raster probability(map);
  const int w = std::min(1200, probability.width()), h = std::min(1200, probability.height());
  const auto area = static_cast<std::size_t>(w) * static_cast<std::size_t>(h);
  std::vector<float> p(area);
  probability.read(0, 0, w, h, {1}, p.data());
  if (o.byte_output)
    for (float& v : p) v = v == 255 ? -1 : v / 250;
  std::vector<std::vector<float>> values;
  std::vector<std::uint8_t> valid(area);
  for (std::size_t i = 0; i < area; ++i) valid[i] = p[i] >= 0;
  for (std::size_t b = 0; b < std::min<std::size_t>(bands.size() >= 3 ? 3 : 1, bands.size()); ++b) {
    values.emplace_back(area);
    raster::Raster(o.rasters[static_cast<std::size_t>(bands[b].file)]).read(0, 0, w, h, {bands[b].index}, values.back().data());
  }
  std::vector<const float*> planes;
  for (const auto& v : values) planes.push_back(v.data());
  raster::Picture both(2 * w + 4, h);
  both.paste(raster::stretch(planes, valid.data(), w, h), 0, 0);
  both.paste(raster::heat(p.data(), w, h), w + 4, 0);
  auto png = map;
  png.replace_extension(".png");
  raster::write_png(png, both);
  fmt::print("picture: {}\n", png.string());
}

}  // namespace rts::inline RTS_ABI::cli
