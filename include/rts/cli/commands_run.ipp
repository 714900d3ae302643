#pragma once
// train, resume, evaluate, predict, verify.

#include <rts/cli/options.hpp>
#include <rts/cli/session.ipp>
#include <rts/inference/predict.hpp>
#include <rts/models/library.hpp>
#include <rts/models/weights/load.hpp>
#include <rts/raster/picture.hpp>
#include <rts/study/regression.hpp>
#include <rts/tracking/report.hpp>
#include <rts/train/class_pixels.hpp>
#include <rts/train/stage.hpp>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace rts::inline RTS_ABI::cli {

RTS_INLINE int train_command(const Options& o) {
  namespace fs = std::filesystem;
  const fs::path folder = o.folder();
  if (fs::exists(folder / "run.json") && !o.run.resume) {
    RTS_CHECK_USAGE(o.overwrite, .code = "RTS-C52", .what = "there is a run of this name already", .where = folder.string(), .fix = "go on with it by `resume`, choose another --name, or replace it with --overwrite");
    fs::remove_all(folder);
  }
  std::error_code error;
  fs::create_directories(folder, error);
  RTS_CHECK(!error, .code = "RTS-F52", .what = "cannot make the run's folder", .where = folder.string(), .found = error.message(), .fix = "choose a folder that can be written with --out");

  tracking::Console console(o.quiet);
  Observers observers;
  observers.add(console);
  Session session(o, observers);
  data::prove_no_leak(session.source->dataset(), o.min_distance);
  tracking::JsonLines events(folder / "events.jsonl");
  observers.add(events);

  data::Statistics statistics = session.source->statistics();
  int first_epoch = 1;
  if (o.run.resume) {
    statistics = data::read_statistics(folder / "normalization_stats.json", o.plan.bands);
    const fs::path last = folder / "checkpoints" / "last.safetensors";
    RTS_CHECK_USAGE(fs::exists(last), .code = "RTS-T54", .what = "nothing to resume", .where = last.string(), .expected = "a checkpoint", .found = "none", .fix = "check --name; a run without a finished epoch begins anew with train --overwrite");
    train::Progressed p;
    train::read_checkpoint(last, o.plan.fingerprint, p);
    first_epoch = p.epoch;
  } else {
    statistics.quantiles = data::training_quantiles(*session.source);
    data::write_statistics(folder / "normalization_stats.json", statistics);
    write_text(folder / "config.yaml", train::to_yaml(o.plan) + overrides_yaml(o));
    write_text(folder / "recipe.txt", "fingerprint " + o.plan.fingerprint + "\nrts " RTS_VERSION "\ndataset " + statistics.dataset_version + "\n");
    write_text(folder / "environment_frozen.txt", environment_text());
    write_run_json(o);
  }
  tracking::CsvLog log(folder / "training_log.csv", first_epoch);
  observers.add(log);
  const train::TrainResult r = train::train(o.plan, *session.source, statistics, o.run, observers);
  tracking::draw_training(folder);
  tracking::write_report(folder, o.plan.variant + " - " + o.name, o.overrides());
  if (r.skipped_tiles) observers.on_message("warning", std::to_string(r.skipped_tiles) + " tiles were skipped");
  if (r.interrupted) {
    observers.on_message("info", "interrupted: a checkpoint is written; go on with `resume --variant " + o.plan.variant + " --name " + o.name + " --out " + o.out.string() + "`");
    return static_cast<int>(ExitCode::interrupted);
  }
  observers.on_message("info", fmt::format("{} after {} epochs; best epoch {} with {} {:.4f}{}\nweights: {}\nreport: {}", r.stopped_early ? "stopped early" : "finished", r.epochs, r.best_epoch,
                                           o.plan.patience ? train::to_text(o.plan.patience->metric) : "val_realistic_pr_auc", r.best, o.overrides().empty() ? "" : " (departs from the recipe)",
                                           (folder / "best_model.safetensors").string(), (folder / "report.html").string()));
  return 0;
}

RTS_INLINE int resume(Options o) {
  read_run_json(o);
  o.run.resume = true;
  return train_command(o);
}

namespace detail {

/// Three decimals; two significant digits where those would be lost.
inline std::string cell(double v) { return !std::isfinite(v) ? std::string("-") : v > 0 && v < 0.01 ? fmt::format("{:.2g}", v)
                                                                                                    : fmt::format("{:.3f}", v); }

/// The best figures a split allows, as JSON rows and a printed table.
struct Table {
  nlohmann::ordered_json rows = nlohmann::json::array();

  void add(const std::string& what, const metrics::Figures& f, const std::string& prevalence, const metrics::Interval& tiles, const metrics::Interval& regions) {
    const auto number = [](double v) { return std::isfinite(v) ? nlohmann::json(v) : nlohmann::json(); };
    rows.push_back({{"what", what}, {"prevalence", prevalence}, {"ratio", f.ratio}, {"weight", f.weight}, {"extrapolated", f.extrapolated}, {"few_negatives", f.few_negatives}, {"positive_share", number(f.positive_share)}, {"pr_auc", number(f.pr_auc)}, {"pr_auc_bounds", {number(f.pr_auc_low), number(f.pr_auc_high)}}, {"interval_tiles", {number(tiles.low), number(tiles.high)}}, {"interval_regions", {number(regions.low), number(regions.high)}}, {"iou", number(f.iou)}, {"precision", number(f.precision)}, {"recall", number(f.recall)}, {"f05", number(f.f05)}, {"obj_precision", number(f.obj_precision)}, {"obj_recall", number(f.obj_recall)}, {"best_f05", number(f.best_f05)}, {"best_threshold", number(f.best_threshold)}});
    const std::string value = f.few_negatives ? "(" + cell(f.pr_auc) + ")" : cell(f.pr_auc);
    fmt::print("{:<22} {:<24} {:>8}  {:>5} to {:<5}  {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}\n", what, prevalence, value, cell(tiles.low), cell(tiles.high), cell(f.iou), cell(f.precision), cell(f.recall), cell(f.f05), cell(f.obj_precision), cell(f.obj_recall));
  }
  static void head() { fmt::print("{:<22} {:<24} {:>8}  {:<14}  {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}\n", "what", "prevalence", "PR-AUC", "95 % (tiles)", "IoU", "prec.", "recall", "F0.5", "obj.P", "obj.R"); }
};

inline void draw_tiles(const Options& o, const data::IndexedSource& source, const data::Stage& stage, const std::vector<std::uint32_t>& samples, const train::Predict& predict) {
  const auto dir = o.folder() / "maps";
  std::filesystem::create_directories(dir);
  const data::Dataset& d = source.dataset();
  const auto reader = source.reader();
  data::RawTile raw;
  // Evenly over the split's positives.
  const std::size_t positives = static_cast<std::size_t>(std::count_if(samples.begin(), samples.end(), [&](std::uint32_t i) { return d.samples[i].positives > 0; }));
  const std::size_t count = std::min<std::size_t>(static_cast<std::size_t>(o.pictures), positives);
  const int h = o.plan.tile_height, w = o.plan.tile_width;
  const auto area = static_cast<std::size_t>(h) * static_cast<std::size_t>(w);
  for (std::size_t k = 0; k < count; ++k) {
    const std::uint32_t i = samples[k * positives / count];
    reader->read(d.samples[i], raw);
    at::Tensor image = at::empty({1, static_cast<std::int64_t>(o.plan.bands.size()), h, w});
    std::vector<std::uint8_t> label(area), valid(area);
    stage(raw, {0, 0, i}, {image.mutable_data_ptr<float>(), label.data(), valid.data()});
    const at::Tensor p = at::sigmoid(predict(image)).contiguous();
    std::vector<const float*> planes;
    for (std::size_t b = 0; b < std::min<std::size_t>(3, o.plan.bands.size()); ++b) planes.push_back(image.const_data_ptr<float>() + b * area);
    if (planes.size() < 3) planes.resize(1);
    const raster::Picture plain = raster::stretch(planes, valid.data(), w, h);
    raster::Picture truth = plain;
    raster::outline(truth, label.data(), 255, 230, 0);
    raster::Picture sheet(3 * w + 8, h);
    sheet.paste(plain, 0, 0);
    sheet.paste(truth, w + 4, 0);
    sheet.paste(raster::heat(p.const_data_ptr<float>(), w, h), 2 * w + 8, 0);
    std::string name = d.sample_name(d.samples[i]);
    std::replace(name.begin(), name.end(), ',', '_');
    raster::write_png(dir / ("tile_" + name + ".png"), sheet);
  }
}

}  // namespace detail

RTS_INLINE int evaluate_command(const Options& given) {
  Options o = given;
  if (o.data.empty()) read_run_json(o);  // the run's own data unless others are given
  tracking::Console console(o.quiet);
  Session session(o, console);
  data::prove_no_leak(session.source->dataset(), o.min_distance);
  const data::Statistics statistics = data::read_statistics(o.folder() / "normalization_stats.json", o.plan.bands);
  const at::Device device = train::parse_device(o.run.device);
  const auto network = train::load_best(o.plan, o.weights.empty() ? o.folder() / "best_model.safetensors" : o.weights, device);
  const train::Predict predict = train::predictor(network, device, train::effective_arithmetic(o.plan, device, o.run.bf16));
  const auto stage = train::evaluation_stage(o.plan, train::band_set(o.plan, train::make_normalizer(o.plan, statistics, train::full_scale(session.source->dataset())), session.source->dataset()), o.plan.seed, o.run.shuffle_pixels);
  const auto samples = train::split_samples(session.source->dataset(), data::parse_split(o.on, "--on"));
  const train::EvaluateOptions settings{.batch = o.plan.batch, .threads = o.threads, .keep_tiles = true, .skip_bad = o.run.skip_bad, .task = "evaluate"};

  const losses::PassNumbers numbers = train::weighted_numbers(o.plan, *session.source);
  const train::Evaluated model = train::evaluate(o.plan, numbers, *session.source, stage, samples, predict, settings, console);
  const metrics::Tally& t = model.evaluation.tally();
  const std::string ground = fmt::format("{:.2f} km", o.plan.tile_width * session.source->dataset().pixel_size / 1000);
  std::optional<train::Evaluated> regression;
  if (o.baselines) regression = train::evaluate(o.plan, numbers, *session.source, stage, samples, study::fit_regression(o.plan, *session.source, stage, 200000, o.plan.seed, o.threads, console), settings, console);

  fmt::print("\n{} split: {} positive and {} negative tiles of {}; ratios are of tiles\n", o.on, t.positive_tiles, t.negative_tiles, ground);
  detail::Table table;
  detail::Table::head();
  tracking::Plot curves{"Precision and recall, " + o.on + " split", "recall", "precision", {}, true};
  std::vector<double> ratios{0};
  for (const int r : o.plan.validation_ratios) ratios.push_back(r);
  const auto add_all = [&](const std::string& what, const metrics::Evaluation& e) {
    for (const double ratio : ratios) {
      const metrics::Figures f = e.figures(ratio);
      std::string prevalence = ratio <= 0 ? fmt::format("data's own ({:.2g} px)", f.positive_share) : fmt::format("1:{} ({:.2g} px)", ratio, f.positive_share);
      if (f.extrapolated) prevalence += fmt::format(" x{:.1f}", f.weight);
      table.add(what, f, prevalence, e.bootstrap_tiles(ratio, o.bootstrap, o.plan.seed), e.bootstrap_regions(ratio, o.bootstrap, o.plan.seed));
      tracking::Series s{what + (ratio <= 0 ? " data" : fmt::format(" 1:{}", ratio)), {}, {}};
      for (const metrics::CurvePoint& p : e.curve(ratio, 200)) s.x.push_back(p.recall), s.y.push_back(p.precision);
      if (&e == &model.evaluation) curves.series.push_back(std::move(s));
    }
  };
  add_all("model", model.evaluation);
  if (regression) add_all("logistic regression", regression->evaluation);
  for (const double ratio : ratios) {
    metrics::Figures f = model.evaluation.figures(ratio);
    f.pr_auc = f.pr_auc_low = f.pr_auc_high = f.iou = f.precision = f.positive_share;
    f.recall = 1;
    f.f05 = f.best_f05 = 1.25 * f.positive_share / (0.25 * f.positive_share + 1);
    f.obj_precision = f.obj_recall = f.best_threshold = std::nan("");
    table.add("always positive", f, ratio <= 0 ? "data's own" : fmt::format("1:{}", ratio), {std::nan(""), std::nan("")}, {std::nan(""), std::nan("")});
  }
  fmt::print("x: negatives extrapolated by this weight; figures in brackets: fewer than 300 negative tiles. Columns after the interval: at probability 0.5, objects at IoU 0.3.\n");
  fmt::print("\nby region (data's own prevalence)\n");
  nlohmann::ordered_json regions = nlohmann::json::object();
  for (const auto& [region, f, interval] : model.evaluation.by_region(o.bootstrap, o.plan.seed)) {
    const auto number = [](double v) { return std::isfinite(v) ? nlohmann::json(v) : nlohmann::json(); };
    fmt::print("  {:<20} PR-AUC {:>6}  {:>5} to {:<5}  positive share {:.4f}\n", region, detail::cell(f.pr_auc), detail::cell(interval.low), detail::cell(interval.high), f.positive_share);
    regions[region] = {{"pr_auc", number(f.pr_auc)}, {"interval_tiles", {number(interval.low), number(interval.high)}}, {"positive_share", f.positive_share}};
  }
  bool mixed = true;  // are all negatives cut from files that also hold positives?
  {
    const data::Dataset& d = session.source->dataset();
    std::vector<char> positive_file(d.files.size(), 0);
    for (const std::uint32_t i : samples) positive_file[d.samples[i].file] |= d.samples[i].positives > 0;
    for (const std::uint32_t i : samples) mixed = mixed && positive_file[d.samples[i].file];
  }
  const std::string note = mixed ? "All negatives come from positive scenes: they are not the Arctic's negatives." : "";
  if (mixed) fmt::print("{}\n", note);
  nlohmann::ordered_json json{{"split", o.on}, {"variant", o.plan.variant}, {"fingerprint", o.plan.fingerprint}, {"dataset", session.source->dataset().version}, {"positive_tiles", t.positive_tiles}, {"negative_tiles", t.negative_tiles}, {"tile_ground", ground}, {"note", note}, {"skipped", model.skipped}, {"overrides", o.overrides()}, {"rows", table.rows}, {"regions", regions}};
  write_text(o.folder() / "evaluation.json", json.dump(2) + "\n");
  if (!o.json.empty()) write_text(o.json, json.dump(2) + "\n");
  std::filesystem::create_directories(o.folder() / "plots");
  tracking::draw(curves, o.folder() / "plots" / "pr_curves.png");
  detail::draw_tiles(o, *session.source, stage, samples, predict);
  fmt::print("report: {}\n", tracking::write_report(o.folder(), o.plan.variant + " - " + o.name, o.overrides()).string());
  return 0;
}

RTS_INLINE int predict_command(const Options& given) {
  Options o = given;
  const std::string bands = o.bands;
  if (std::filesystem::exists(o.folder() / "run.json")) read_run_json(o);
  raster::set_cache(std::int64_t{o.cache_mb} << 20);
  tracking::Console console(o.quiet);
  std::vector<inference::InputBand> input = inference::find_bands(o.rasters, o.plan.bands, comma_separated(bands));
  const data::Statistics statistics = data::read_statistics(o.folder() / "normalization_stats.json", o.plan.bands);
  const auto scales = band_scales(o);
  const bool bytes = std::all_of(scales.begin(), scales.end(), [](const auto& s) { return s.second == 1; }) && raster::Raster(o.rasters.front()).type() == "Byte";
  const train::Normalizer normalizer = train::make_normalizer(o.plan, statistics, bytes ? 255 : 1);
  for (std::size_t b = 0; b < input.size(); ++b) {
    input[b].mean = normalizer.mean[b];
    input[b].factor = normalizer.factor[b];
    if (const auto it = scales.find(input[b].name); it != scales.end()) input[b].scale = it->second;
  }
  check_resolution(o);
  match_or_warn(o, statistics, input, console);
  const at::Device device = train::parse_device(o.run.device);
  const auto network = train::load_best(o.plan, o.folder() / "best_model.safetensors", device);
  const train::Predict predict = train::predictor(network, device, train::effective_arithmetic(o.plan, device, o.run.bf16));
  const auto map = o.map.empty() ? o.folder() / "maps" / (o.rasters.front().stem().string() + "_probability.tif") : o.map;
  if (map.has_parent_path()) std::filesystem::create_directories(map.parent_path());
  const inference::PredictReport r = inference::predict(o.rasters, input, predict, map,
                                                        {.tile_height = o.plan.tile_height, .tile_width = o.plan.tile_width, .overlap = o.overlap >= 0 ? o.overlap : o.plan.tile_overlap, .batch = o.predict_batch, .byte_output = o.byte_output, .metadata = {{"RTS_FINGERPRINT", o.plan.fingerprint}, {"RTS_VARIANT", o.plan.variant}}}, console);
  fmt::print("{} windows ({} without data) in {:.1f} s; {} pixels without data, {} of them NaN or infinite in the input\nmap: {}\n", r.windows, r.skipped_windows, r.seconds, r.nodata_pixels, r.nan_pixels, map.string());
  draw_map(o, input, map);
  return 0;
}

RTS_INLINE int verify(const Options& o) {
  const std::string name = o.model.empty() ? o.plan.model : o.model;
  const int bands = o.model.empty() ? static_cast<int>(o.plan.bands.size()) : o.verify_bands;
  return verify_model(name, bands, o.verify_classes, o.weights, o.verify_input, o.verify_expect, o.tolerance);
}

}  // namespace rts::inline RTS_ABI::cli
