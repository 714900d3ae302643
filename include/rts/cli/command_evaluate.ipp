#pragma once
// evaluate: figures of the best weights on a split, at every prevalence, of pixels and objects.

#include <rts/cli/figures.ipp>
#include <rts/data/split.hpp>
#include <rts/study/regression.hpp>
#include <rts/train/class_pixels.hpp>

namespace rts::inline RTS_ABI::cli {
namespace detail {

/// How often a split has been evaluated with these weights, this time included; kept in the run's folder.
inline int count_evaluations(const Options& o, const std::string& weights) {
  const auto path = o.folder() / "evaluations.json";
  nlohmann::ordered_json j = nlohmann::ordered_json::object();
  if (std::ifstream in(path); in) j = nlohmann::ordered_json::parse(in, nullptr, false);
  if (!j.is_object()) j = nlohmann::ordered_json::object();
  const int n = j.value(weights, nlohmann::ordered_json::object()).value(o.on, 0) + 1;
  j[weights][o.on] = n;
  write_text(path, j.dump(2) + "\n");
  return n;
}

/// Rows of tiles where the model errs most: false pixels in tiles without objects, missed pixels in tiles with them.
inline std::array<std::vector<std::uint32_t>, 2> worst_tiles(const std::vector<std::pair<std::uint32_t, std::array<double, 2>>>& errors, std::size_t count) {
  std::array<std::vector<std::uint32_t>, 2> out;
  for (std::size_t kind = 0; kind < 2; ++kind) {
    auto all = errors;
    std::sort(all.begin(), all.end(), [kind](const auto& a, const auto& b) { return a.second[kind] > b.second[kind]; });
    for (std::size_t k = 0; k < std::min(count, all.size()) && all[k].second[kind] > 0; ++k) out[kind].push_back(all[k].first);
  }
  return out;
}

}  // namespace detail

RTS_INLINE int evaluate_command(const Options& given) {
  Options o = given;
  read_run_json(o);
  tracking::Console console(o.quiet);
  Session session(o, console);
  const data::IndexedSource& source = *session.source;
  const data::Dataset& d = source.dataset();
  data::prove_no_leak(d, o.min_distance);
  const Mapping m = make_mapping(o);
  const train::Normalizer normalizer = train::make_normalizer(o.plan, m.statistics, train::full_scale(d));
  const auto samples = train::split_samples(d, data::parse_split(o.on, "--on"));
  metrics::ObjectSettings objects{.threshold = 0, .pixel_size = d.pixel_size, .smallest = o.smallest};
  double slope = 1, intercept = 0;
  std::string path = "windows as they are, at probability 0.5";
  const bool at_point = o.operating_point || !o.operating_point_file.empty();
  if (at_point) {
    const auto file = o.operating_point_file.empty() ? o.folder() / "operating_point.json" : o.operating_point_file;
    const OperatingPoint point = calibration::read_operating_point(file);
    Binding here = m.binding;
    here.pixel_size = d.pixel_size;
    here.smallest = objects.smallest = point.binding.smallest;
    calibration::require_same(point, here, file);
    RTS_CHECK_DATA(point.threshold, .code = "RTS-P55", .what = "an operating point without a threshold", .where = file.string(), .expected = point.objective, .found = point.note, .fix = "calibrate for a target that can be reached");
    slope = point.slope, intercept = point.intercept;
    objects.threshold = std::log(*point.threshold / (1 - *point.threshold));
    path = fmt::format("mapped like rasters, at the operating point: {}, probability {:.4f}", point.objective, *point.threshold);
  }
  const bool mapped = at_point || m.options.views != inference::Views::none || m.options.scales.size() > 1 || m.networks.size() > 1;
  if (mapped && !at_point) path = "mapped like rasters, at probability 0.5";
  metrics::Evaluation evaluation(true, objects);
  double loss = std::nan("");
  std::int64_t skipped = 0;
  std::vector<std::pair<std::uint32_t, std::array<double, 2>>> errors;
  std::optional<train::Evaluated> regression;
  const auto stage = train::evaluation_stage(o.plan, train::band_set(o.plan, normalizer, d), o.plan.seed, o.run.shuffle_pixels);
  const train::EvaluateOptions settings{.batch = o.plan.batch, .threads = o.threads, .keep_tiles = true, .objects = objects, .skip_bad = o.run.skip_bad, .task = "evaluate"};
  const losses::PassNumbers numbers = train::weighted_numbers(o.plan, source);
  if (mapped) {
    map_split(o, source, m, samples, console, [&](std::uint32_t sample, std::vector<float>& logits, data::RawTile& raw) {
      for (float& z : logits) z = static_cast<float>(slope * z + intercept);
      add_window(evaluation, d, sample, logits, raw);
    });
  } else {
    train::Evaluated model = train::evaluate(o.plan, numbers, source, stage, samples, m.networks.front(), settings, console);
    evaluation = std::move(model.evaluation), loss = model.loss, skipped = model.skipped;
  }
  if (o.baselines) regression = train::evaluate(o.plan, numbers, source, stage, samples, study::fit_regression(o.plan, source, stage, 200000, o.plan.seed, o.threads, console), settings, console);
  const metrics::Tally& t = evaluation.tally();
  const std::string ground = fmt::format("{:.2f} km", o.plan.tile_width * d.pixel_size / 1000);

  fmt::print("\n{} split: {} positive and {} negative tiles of {}; ratios are of tiles\n{}\n", o.on, t.positive_tiles, t.negative_tiles, ground, path);
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
      table.add(what, f, prevalence, e.over_tiles(ratio, o.bootstrap, o.plan.seed), e.over_regions(ratio, o.bootstrap, o.plan.seed));
      tracking::Series s{what + (ratio <= 0 ? " data" : fmt::format(" 1:{}", ratio)), {}, {}};
      for (const metrics::Curve::Point& p : e.curve(ratio).points(200)) s.x.push_back(p.recall), s.y.push_back(p.precision);
      if (&e == &evaluation) curves.series.push_back(std::move(s));
    }
  };
  add_all("model", evaluation);
  if (regression) add_all("logistic regression", regression->evaluation);
  for (const double ratio : ratios) {
    metrics::Figures f = evaluation.figures(ratio);
    f.pr_auc = f.pr_auc_low = f.pr_auc_high = f.iou = f.precision = f.positive_share;
    f.recall = 1;
    f.f05 = f.best_f05 = 1.25 * f.positive_share / (0.25 * f.positive_share + 1);
    f.roc_auc = 0.5;
    f.obj_precision = f.obj_recall = f.best_threshold = f.brier = f.calibration_error = f.precision_at_half_recall = std::nan("");
    table.add("always positive", f, ratio <= 0 ? "data's own" : fmt::format("1:{}", ratio), metrics::unknown_intervals(), metrics::unknown_intervals());
  }
  fmt::print("x: negatives extrapolated by this weight; figures in brackets: fewer than 300 negative tiles. Columns after the interval: at the threshold, objects at IoU 0.3.\n");
  nlohmann::ordered_json object_rows = nlohmann::ordered_json::object();
  for (const double ratio : ratios) {
    const std::string name = ratio <= 0 ? "data's own" : fmt::format("1:{}", ratio);
    const double ap = evaluation.object_average_precision(ratio);
    fmt::print("\nobjects at {}; average precision over confidence at IoU 0.5: {}; g.: merged and broken objects count as the guide has it\n", name, detail::cell(ap));
    object_rows[name] = {{"average_precision_50", detail::number(ap)}, {"by_iou", detail::objects_table(evaluation, ratio)}};
  }
  fmt::print("\nobjects by size (longer side) at the data's own prevalence, IoU 0.3\n");
  const auto sizes = detail::sizes_table(evaluation, 0);
  fmt::print("\nby region (data's own prevalence)\n");
  nlohmann::ordered_json regions = nlohmann::json::object();
  for (const auto& [region, f, found, interval] : evaluation.by_region(o.bootstrap, o.plan.seed)) {
    fmt::print("  {:<20} PR-AUC {:>6}  {:>5} to {:<5}  positive share {:.4f}  objects: precision {} recall {} of {}\n", region, detail::cell(f.pr_auc), detail::cell(interval.low), detail::cell(interval.high), f.positive_share, detail::cell(found.precision), detail::cell(found.recall), found.truths);
    regions[region] = {{"pr_auc", detail::number(f.pr_auc)}, {"interval_tiles", {detail::number(interval.low), detail::number(interval.high)}}, {"positive_share", f.positive_share}, {"object_precision", detail::number(found.precision)}, {"object_recall", detail::number(found.recall)}, {"objects", found.truths}};
  }
  bool mixed = true;  // are all negatives cut from files that also hold positives?
  {
    std::vector<char> positive_file(d.files.size(), 0);
    for (const std::uint32_t i : samples) positive_file[d.samples[i].file] |= d.samples[i].positives > 0;
    for (const std::uint32_t i : samples) mixed = mixed && positive_file[d.samples[i].file];
  }
  const std::string note = mixed ? "All negatives come from positive scenes: they are not the Arctic's negatives." : "";
  if (mixed) fmt::print("{}\n", note);
  const int times = detail::count_evaluations(o, m.binding.weights);
  if (o.on == "test") fmt::print("the test split has been evaluated {} time{} with these weights\n", times, times == 1 ? "" : "s");
  nlohmann::ordered_json json{{"split", o.on}, {"variant", o.plan.variant}, {"fingerprint", o.plan.fingerprint}, {"dataset", d.version}, {"path", path}, {"positive_tiles", t.positive_tiles}, {"negative_tiles", t.negative_tiles}, {"tile_ground", ground}, {"note", note}, {"evaluated", times}, {"skipped", skipped}, {"loss", detail::number(loss)}, {"overrides", o.overrides()}, {"rows", table.rows}, {"objects", object_rows}, {"sizes", sizes}, {"regions", regions}};
  write_text(o.folder() / "evaluation.json", json.dump(2) + "\n");
  if (!o.json.empty()) write_text(o.json, json.dump(2) + "\n");
  std::filesystem::create_directories(o.folder() / "plots");
  tracking::draw(curves, o.folder() / "plots" / "pr_curves.png");
  detail::draw_reliability(evaluation.curve(0), 1, 0, o.folder() / "plots" / "reliability.png");

  // Tiles to look at: evenly over the positives, and where the model errs most.
  const double threshold = 1 / (1 + std::exp(-objects.threshold));
  const auto reader = source.reader();
  const auto look = [&](std::uint32_t i) {
    data::RawTile raw;
    reader->read(d.samples[i], raw);
    const std::size_t area = raw.label.size();
    at::Tensor image = at::empty({1, static_cast<std::int64_t>(o.plan.bands.size()), d.tile_height, d.tile_width});
    std::vector<std::uint8_t> label(area), valid(area);
    stage(raw, {0, 0, i}, {image.mutable_data_ptr<float>(), label.data(), valid.data()});
    const at::Tensor p = inference::probability(m.networks, m.options.views, image).contiguous();
    std::vector<float> out(p.const_data_ptr<float>(), p.const_data_ptr<float>() + area);
    for (float& v : out) v = inference::pixel_rows::calibrated(v, slope, intercept);
    return out;
  };
  if (o.pictures > 0) {
    std::vector<std::uint32_t> shown;
    const std::size_t positives = static_cast<std::size_t>(std::count_if(samples.begin(), samples.end(), [&](std::uint32_t i) { return d.samples[i].positives > 0; })), count = std::min<std::size_t>(static_cast<std::size_t>(o.pictures), positives);
    for (std::size_t k = 0; k < count; ++k) shown.push_back(samples[k * positives / count]);
    const std::size_t most = std::min<std::size_t>(samples.size(), 400);  // looked at for the worst
    data::RawTile raw;
    for (std::size_t k = 0; k < most; ++k) {
      const std::uint32_t i = samples[k * samples.size() / most];
      const std::vector<float> p = look(i);
      reader->read(d.samples[i], raw);
      std::array<double, 2> wrong{};
      for (std::size_t q = 0; q < p.size(); ++q)
        if (raw.valid[q]) wrong[0] += raw.label[q] == 0 && p[q] >= threshold ? p[q] : 0, wrong[1] += raw.label[q] > 0 && p[q] < threshold ? 1 - p[q] : 0;
      errors.emplace_back(i, wrong);
    }
    const auto worst = detail::worst_tiles(errors, static_cast<std::size_t>(o.pictures));
    const int bar = std::max(1, d.tile_width / 4);
    detail::draw_sheet(o.folder() / "maps" / "tiles.png", source, normalizer, shown, look, threshold, bar);
    detail::draw_sheet(o.folder() / "maps" / "worst_false_positives.png", source, normalizer, worst[0], look, threshold, bar);
    detail::draw_sheet(o.folder() / "maps" / "worst_misses.png", source, normalizer, worst[1], look, threshold, bar);
    write_text(o.folder() / "maps" / "legend.txt", fmt::format("Left to right: image, truth outlined in yellow, probability (black over red and yellow to white), error (green right, red wrong, blue missed, grey no data). The white bar is {:g} m long.\n", bar * d.pixel_size));
  }
  fmt::print("report: {}\n", tracking::write_report(o.folder(), o.plan.variant + " - " + o.name, o.overrides()).string());
  return 0;
}

}  // namespace rts::inline RTS_ABI::cli
