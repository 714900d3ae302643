#pragma once
// calibrate: probabilities that hold and a threshold for a target, on the validation split, mapped the way rasters will be.

#include <rts/cli/figures.ipp>
#include <rts/data/split.hpp>

namespace rts::inline RTS_ABI::cli {

RTS_INLINE int calibrate_command(const Options& given) {
  Options o = given;
  read_run_json(o);
  o.on = "val";
  tracking::Console console(o.quiet);
  Session session(o, console);
  const data::Dataset& d = session.source->dataset();
  data::prove_no_leak(d, o.min_distance);
  Mapping m = make_mapping(o);
  m.binding.pixel_size = d.pixel_size;
  const auto samples = train::split_samples(d, data::SplitName::val);

  // Everything is counted by raw logits: calibration only renames thresholds.
  const bool pixels = o.objective == "pixel";
  metrics::Evaluation scores(true, {.threshold = 0, .pixel_size = d.pixel_size, .smallest = o.smallest});
  calibration::Sweep sweep(scores.settings());
  std::map<std::string, calibration::Sweep> sweeps;
  std::map<std::string, metrics::Evaluation> regions;
  map_split(o, *session.source, m, samples, console, [&](std::uint32_t sample, std::vector<float>& logits, data::RawTile& raw) {
    const data::FileRow& file = d.files[d.samples[sample].file];
    const std::string& region = file.region.empty() ? file.scene : file.region;
    add_window(scores, d, sample, logits, raw);
    if (o.by_region) add_window(regions.try_emplace(region, true, scores.settings()).first->second, d, sample, logits, raw);
    if (pixels) return;
    std::vector<std::uint8_t> truth(raw.label.size());
    for (std::size_t i = 0; i < truth.size(); ++i) truth[i] = raw.label[i] == 1;
    calibration::Sweep one(scores.settings());
    one.add(logits.data(), truth.data(), raw.valid.data(), d.tile_height, d.tile_width);
    sweep.merge(one);
    if (o.by_region) sweeps.try_emplace(region, scores.settings()).first->second.merge(one);
  });
  const calibration::Predictions<Split::Validation> validation{scores};
  const metrics::Tally& t = scores.tally();
  RTS_CHECK_DATA(t.negative_tiles >= 300 || o.accept_few, .code = "RTS-P54", .what = "too few negative tiles to choose a threshold on", .where = d.root.string(), .expected = "at least 300 in the validation split", .found = std::to_string(t.negative_tiles), .fix = "add negatives, or say --accept-few-negatives");

  calibration::Fit fit;
  if (o.calibration == "temperature") fit = calibration::fit_temperature(validation, o.at_ratio);
  else if (o.calibration == "platt") fit = calibration::fit_platt(validation, o.at_ratio);
  fmt::print("\nvalidation: {} positive and {} negative tiles, mapped like rasters; scores weighed {}\n", t.positive_tiles, t.negative_tiles, o.at_ratio > 0 ? fmt::format("as at 1:{:g}", o.at_ratio) : "as they are");
  if (o.calibration != "none") {
    fmt::print("{}: {}; negative log-likelihood {:.5f} to {:.5f} a pixel, calibration error {:.5f} to {:.5f}\n", o.calibration, o.calibration == "temperature" ? fmt::format("T = {:.3f}", fit.temperature()) : fmt::format("slope {:.3f}, intercept {:.3f}", fit.slope, fit.intercept), fit.nll_before, fit.nll_after, fit.error_before, fit.error_after);
    metrics::Tally after;
    const auto move = [&](const metrics::Counts& from, metrics::Counts& to) {
      for (int k = 0; k < metrics::key_count; ++k) to[static_cast<std::size_t>(metrics::key_of(static_cast<float>(fit.slope * metrics::score_of(k, t.key) + fit.intercept)))] += from[static_cast<std::size_t>(k)];
    };
    move(t.positive, after.positive), move(t.near_background, after.near_background), move(t.far_background, after.far_background);
    fmt::print("PR-AUC {:.4f} before, {:.4f} after: calibration keeps the order of pixels\n", scores.curve(o.at_ratio).average_precision(), after.curve(scores.weight_for(o.at_ratio)).average_precision());
  }
  detail::draw_reliability(scores.curve(o.at_ratio), fit.slope, fit.intercept, o.folder() / "plots" / "reliability.png");

  const auto calibrated = [&](double logit) { return 1 / (1 + std::exp(-(fit.slope * logit + fit.intercept))); };
  const auto choose = [&](const metrics::Evaluation& e, const calibration::Sweep& s, double ratio) {
    const calibration::Predictions<Split::Validation> p{e};
    return pixels ? calibration::choose_threshold(p, ratio, o.target) : calibration::choose_threshold(p, s, ratio, o.target);
  };
  const std::string objective = fmt::format("{} precision {:g}{}", o.objective, o.target, pixels ? "" : " at IoU 0.3");
  nlohmann::ordered_json table = nlohmann::ordered_json::object();
  std::vector<double> ratios;
  for (const int r : o.plan.validation_ratios) ratios.push_back(r);
  if (std::find(ratios.begin(), ratios.end(), o.at_ratio) == ratios.end()) ratios.push_back(o.at_ratio);
  OperatingPoint point{.binding = m.binding, .dataset = d.version, .ratio = o.at_ratio, .objective = objective, .calibration = o.calibration, .slope = fit.slope, .intercept = fit.intercept, .note = ""};
  fmt::print("\nthresholds for {}\n", objective);
  for (const double ratio : ratios) {
    const calibration::Threshold found = choose(scores, sweep, ratio);
    const double w = scores.weight_for(ratio);
    const std::string mark = w > 1 + 1e-9 ? fmt::format(" (extrapolated x{:.1f})", w) : "", name = ratio > 0 ? fmt::format("{:g}", ratio) : std::string("data");
    if (found.reached) {
      fmt::print("  {:<8} probability {:.4f}  precision {:.3f}  recall {:.3f}{}\n", ratio > 0 ? "1:" + name : "data's own", calibrated(found.logit), found.precision, found.recall, mark);
      table[name] = {{"threshold", calibrated(found.logit)}, {"precision", found.precision}, {"recall", found.recall}, {"weight", w}, {"extrapolated", w > 1 + 1e-9}};
    } else {
      fmt::print("  {:<8} not reached at any threshold{}\n", ratio > 0 ? "1:" + name : "data's own", mark);
      table[name] = {{"threshold", nullptr}, {"note", "Target precision not achievable"}, {"weight", w}, {"extrapolated", w > 1 + 1e-9}};
    }
    if (ratio != o.at_ratio) continue;
    if (found.reached) point.threshold = calibrated(found.logit), point.precision = found.precision, point.recall = found.recall;
    else point.note = "Target precision not achievable";
    if (o.by_region)
      for (auto& [region, e] : regions) {
        if (e.tally().positive_tiles == 0 || e.tally().negative_tiles == 0) continue;
        const calibration::Threshold own = choose(e, pixels ? sweep : sweeps.at(region), ratio);
        if (own.reached) point.by_region[region] = calibrated(own.logit);
        fmt::print("    {:<20} {}\n", region, own.reached ? fmt::format("probability {:.4f}  precision {:.3f}  recall {:.3f}", calibrated(own.logit), own.precision, own.recall) : "not reached");
      }
  }
  nlohmann::ordered_json json{{"objective", objective}, {"calibration", o.calibration}, {"slope", fit.slope}, {"intercept", fit.intercept}, {"nll_before", fit.nll_before}, {"nll_after", fit.nll_after}, {"calibration_error_before", fit.error_before}, {"calibration_error_after", fit.error_after}, {"smallest_object", o.smallest}, {"positive_tiles", t.positive_tiles}, {"negative_tiles", t.negative_tiles}, {"thresholds", table}};
  write_text(o.folder() / "threshold_calibration.json", json.dump(2) + "\n");
  calibration::write_operating_point(o.folder() / "operating_point.json", point);
  if (!o.json.empty()) write_text(o.json, json.dump(2) + "\n");
  fmt::print("operating point: {}\n", (o.folder() / "operating_point.json").string());
  tracking::write_report(o.folder(), o.plan.variant + " - " + o.name, o.overrides());
  return 0;
}

}  // namespace rts::inline RTS_ABI::cli
