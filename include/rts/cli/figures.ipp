#pragma once
// Figures as tables and JSON, pictures of tiles: what evaluate, calibrate and score print alike.

#include <rts/cli/mapping.ipp>
#include <rts/metrics/evaluation.hpp>
#include <rts/raster/picture.hpp>
#include <rts/tracking/report.hpp>

#include <ATen/ATen.h>

namespace rts::inline RTS_ABI::cli {
namespace detail {

/// Three decimals; two significant digits where those would be lost.
inline std::string cell(double v) { return !std::isfinite(v) ? std::string("-") : v > 0 && v < 0.01 ? fmt::format("{:.2g}", v)
                                                                                                    : fmt::format("{:.3f}", v); }

/// The best figures a split allows, as JSON rows and a printed table.
struct Table {
  nlohmann::ordered_json rows = nlohmann::json::array();

  void add(const std::string& what, const metrics::Figures& f, const std::string& prevalence, const metrics::Intervals& over_tiles, const metrics::Intervals& over_regions) {
    const metrics::Interval &tiles = over_tiles.pr_auc, &regions = over_regions.pr_auc;
    const auto number = [](double v) { return std::isfinite(v) ? nlohmann::json(v) : nlohmann::json(); };
    rows.push_back({{"what", what}, {"prevalence", prevalence}, {"ratio", f.ratio}, {"weight", f.weight}, {"extrapolated", f.extrapolated}, {"few_negatives", f.few_negatives}, {"positive_share", number(f.positive_share)}, {"pr_auc", number(f.pr_auc)}, {"pr_auc_bounds", {number(f.pr_auc_low), number(f.pr_auc_high)}}, {"interval_tiles", {number(tiles.low), number(tiles.high)}}, {"interval_regions", {number(regions.low), number(regions.high)}}, {"iou", number(f.iou)}, {"precision", number(f.precision)}, {"recall", number(f.recall)}, {"f05", number(f.f05)}, {"obj_precision", number(f.obj_precision)}, {"obj_recall", number(f.obj_recall)}, {"best_f05", number(f.best_f05)}, {"best_threshold", number(f.best_threshold)}, {"roc_auc", number(f.roc_auc)}, {"precision_at_half_recall", number(f.precision_at_half_recall)}, {"brier", number(f.brier)}, {"calibration_error", number(f.calibration_error)}});
    const auto range = [&](const metrics::Interval& i) { return nlohmann::json{number(i.low), number(i.high)}; };
    rows.back()["over_tiles"] = {{"precision", range(over_tiles.precision)}, {"recall", range(over_tiles.recall)}, {"iou", range(over_tiles.iou)}, {"obj_precision", range(over_tiles.obj_precision)}, {"obj_recall", range(over_tiles.obj_recall)}};
    const std::string value = f.few_negatives ? "(" + cell(f.pr_auc) + ")" : cell(f.pr_auc);
    fmt::print("{:<22} {:<24} {:>8}  {:>5} to {:<5}  {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}\n", what, prevalence, value, cell(tiles.low), cell(tiles.high), cell(f.iou), cell(f.precision), cell(f.recall), cell(f.f05), cell(f.obj_precision), cell(f.obj_recall));
  }
  static void head() { fmt::print("{:<22} {:<24} {:>8}  {:<14}  {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}\n", "what", "prevalence", "PR-AUC", "95 % (tiles)", "IoU", "prec.", "recall", "F0.5", "obj.P", "obj.R"); }
};

inline nlohmann::json number(double v) { return std::isfinite(v) ? nlohmann::json(v) : nlohmann::json(); }

/// Objects at one prevalence: both countings at each IoU.
inline nlohmann::ordered_json objects_table(const metrics::Evaluation& e, double ratio) {
  nlohmann::ordered_json rows = nlohmann::json::array();
  fmt::print("{:<6} {:>6} {:>6} {:>6} {:>6}   {:>6} {:>6} {:>6} {:>6}   {:>8} {:>8} {:>8}\n", "IoU", "prec.", "recall", "F1", "F0.5", "g.prec", "g.rec.", "g.F1", "g.F0.5", "matched", "found", "true");
  for (int i = 0; i < 3; ++i) {
    const metrics::ObjectFigures f = e.objects(ratio, i);
    const double iou = metrics::match_ious[static_cast<std::size_t>(i)];
    fmt::print("{:<6} {:>6} {:>6} {:>6} {:>6}   {:>6} {:>6} {:>6} {:>6}   {:>8} {:>8} {:>8}\n", iou, cell(f.precision), cell(f.recall), cell(f.f1), cell(f.f05), cell(f.guide_precision), cell(f.guide_recall), cell(f.guide_f1), cell(f.guide_f05), f.matched, f.predictions, f.truths);
    const metrics::Interval recall = metrics::wilson(f.matched, f.truths);
    rows.push_back({{"iou", iou}, {"precision", number(f.precision)}, {"recall", number(f.recall)}, {"recall_wilson_95", {number(recall.low), number(recall.high)}}, {"f1", number(f.f1)}, {"f05", number(f.f05)}, {"guide_precision", number(f.guide_precision)}, {"guide_recall", number(f.guide_recall)}, {"guide_f1", number(f.guide_f1)}, {"guide_f05", number(f.guide_f05)}, {"matched", f.matched}, {"predictions", f.predictions}, {"truths", f.truths}});
  }
  return rows;
}

/// By size class, and without objects that a tile's border cuts. Classes of fewer than 10 objects: counts only.
inline nlohmann::ordered_json sizes_table(const metrics::Evaluation& e, double ratio) {
  nlohmann::ordered_json rows = nlohmann::json::array();
  for (int c = -1; c < 4; ++c) {
    const metrics::ObjectFigures f = c < 0 ? e.objects(ratio, 1, {.whole_only = true}) : e.objects(ratio, 1, {.size = c});
    const std::string name = c < 0 ? "whole objects" : metrics::size_names[c];
    const bool few = f.truths < 10;
    fmt::print("  {:<14} {:>6} true, {:>6} found{}\n", name, f.truths, f.predictions, few ? "; too few for figures" : fmt::format("; precision {} recall {}", cell(f.precision), cell(f.recall)));
    rows.push_back({{"class", name}, {"truths", f.truths}, {"predictions", f.predictions}, {"precision", few ? nlohmann::json() : number(f.precision)}, {"recall", few ? nlohmann::json() : number(f.recall)}});
  }
  return rows;
}

/// Frequency over probability, before and after calibration.
inline void draw_reliability(const metrics::Curve& c, double slope, double intercept, const std::filesystem::path& png) {
  tracking::Plot plot{"Reliability", "probability", "frequency", {{"ideal", {0, 1}, {0, 1}}}, true};
  const auto add = [&](const char* name, double a, double b) {
    tracking::Series s{name, {}, {}};
    for (const auto& r : c.reliability(a, b))
      if (r.weight > 0) s.x.push_back(r.probability), s.y.push_back(r.frequency);
    plot.series.push_back(std::move(s));
  };
  add("as the network says", 1, 0);
  if (slope != 1 || intercept != 0) add("calibrated", slope, intercept);
  std::filesystem::create_directories(png.parent_path());
  tracking::draw(plot, png);
}

/// Image, truth, prediction and error side by side, one row a sample; a bar in the lower left of each image is `bar` pixels long.
/// Errors: right green, missed blue, wrong red; nodata grey.
inline void draw_sheet(const std::filesystem::path& png, const data::IndexedSource& source, const train::Normalizer& n, const std::vector<std::uint32_t>& samples, const std::function<std::vector<float>(std::uint32_t)>& probabilities, double threshold, int bar) {
  const data::Dataset& d = source.dataset();
  const int h = d.tile_height, w = d.tile_width;
  const auto area = static_cast<std::size_t>(h) * static_cast<std::size_t>(w);
  if (samples.empty()) return;
  raster::Picture sheet(4 * (w + 4) - 4, static_cast<int>(samples.size()) * (h + 4) - 4);
  const auto reader = source.reader();
  data::RawTile raw;
  for (std::size_t k = 0; k < samples.size(); ++k) {
    reader->read(d.samples[samples[k]], raw);
    const std::vector<float> p = probabilities(samples[k]);
    std::vector<std::vector<float>> bands;
    for (std::size_t b = 0; b < (d.bands.size() >= 3 ? 3u : 1u); ++b) {
      bands.push_back(raw.values(b, d.bands[b].scale));
      for (float& v : bands.back()) v = (v - n.mean[b]) * n.factor[b];
    }
    std::vector<const float*> planes;
    for (const auto& b : bands) planes.push_back(b.data());
    raster::Picture image = raster::stretch(planes, raw.valid.data(), w, h), truth = image, error = image;
    std::vector<std::uint8_t> object(area);
    for (std::size_t i = 0; i < area; ++i) object[i] = raw.valid[i] && raw.label[i] > 0;
    raster::outline(truth, object.data(), 255, 230, 0);
    for (int i = 0; i < static_cast<int>(area); ++i) {
      std::uint8_t* c = error.at(i % w, i / w);
      const bool said = p[static_cast<std::size_t>(i)] >= threshold, is = object[static_cast<std::size_t>(i)];
      if (!raw.valid[static_cast<std::size_t>(i)]) c[0] = c[1] = c[2] = 128;
      else if (said && is) c[0] = 0, c[1] = 160, c[2] = 60;
      else if (said) c[0] = 215, c[1] = 25, c[2] = 28;
      else if (is) c[0] = 44, c[1] = 90, c[2] = 220;
    }
    for (int y = h - 6; y < h - 3; ++y)
      for (int x = 4; x < std::min(w, 4 + bar); ++x) image.at(x, y)[0] = image.at(x, y)[1] = image.at(x, y)[2] = 255;
    const int top = static_cast<int>(k) * (h + 4);
    sheet.paste(image, 0, top);
    sheet.paste(truth, w + 4, top);
    sheet.paste(raster::heat(p.data(), w, h), 2 * (w + 4), top);
    sheet.paste(error, 3 * (w + 4), top);
  }
  std::filesystem::create_directories(png.parent_path());
  raster::write_png(png, sheet);
}

}  // namespace detail
}  // namespace rts::inline RTS_ABI::cli
