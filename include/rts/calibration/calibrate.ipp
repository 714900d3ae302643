#pragma once
#include <rts/calibration/calibrate.hpp>

#include <rts/core/atomic_file.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace rts::inline RTS_ABI::calibration {
namespace detail {

inline Fit judged(const metrics::Curve& c, double slope, double intercept) { return {slope, intercept, c.nll(), c.nll(slope, intercept), c.calibration_error(), c.calibration_error(slope, intercept)}; }

RTS_INLINE Fit fit_temperature(const metrics::Curve& c) {
  // The likelihood has one maximum along log T: golden section.
  constexpr double low_t = 0.1, high_t = 10, golden = 0.6180339887498949;
  double a = std::log(low_t), b = std::log(high_t);
  const auto cost = [&](double log_t) { return c.nll(std::exp(-log_t)); };
  double x = b - golden * (b - a), y = a + golden * (b - a), fx = cost(x), fy = cost(y);
  while (b - a > 1e-6) {
    if (fx < fy) b = y, y = x, fy = fx, x = b - golden * (b - a), fx = cost(x);
    else a = x, x = y, fx = fy, y = a + golden * (b - a), fy = cost(y);
  }
  const double t = std::exp((a + b) / 2);
  RTS_CHECK_DATA(t > low_t * 1.001 && t < high_t / 1.001, .code = "RTS-P51", .what = "a temperature at the bound of what is allowed", .expected = "within (0.1, 10)", .found = number_text(t), .fix = "look at the reliability plot: the network may be untrained, or its prior far off; try --calibration platt");
  return judged(c, 1 / t, 0);
}

RTS_INLINE Fit fit_platt(const metrics::Curve& c) {
  // Newton's method with halved steps on the convex negative log-likelihood.
  double slope = 1, intercept = 0, before = c.nll();
  for (int round = 0; round < 100; ++round) {
    double ga = 0, gb = 0, haa = 1e-12, hab = 0, hbb = 1e-12;
    for (int k = 0; k < metrics::key_count; ++k) {
      const double p = c.positive(k), n = c.background(k);
      if (p == 0 && n == 0) continue;
      const double z = metrics::score_of(k, c.key()), q = 1 / (1 + std::exp(-(slope * z + intercept))), d = (p + n) * q - p, w = (p + n) * q * (1 - q);
      ga += d * z, gb += d, haa += w * z * z, hab += w * z, hbb += w;
    }
    const double determinant = haa * hbb - hab * hab;
    if (!(determinant > 0)) break;
    const double da = (hbb * ga - hab * gb) / determinant, db = (haa * gb - hab * ga) / determinant;
    double step = 1, after = c.nll(slope - da, intercept - db);
    while (after > before && step > 1e-6) step /= 2, after = c.nll(slope - step * da, intercept - step * db);
    if (!(after < before)) break;
    slope -= step * da, intercept -= step * db;
    const bool done = before - after < 1e-12 * before;
    before = after;
    if (done) break;
  }
  RTS_CHECK_DATA(std::isfinite(slope) && slope > 0 && slope < 100, .code = "RTS-P51", .what = "slope and intercept cannot be fitted", .expected = "a positive slope", .found = number_text(slope), .fix = "the scores do not rise with the truth, or part it without error: look at the reliability plot");
  return judged(c, slope, intercept);
}

RTS_INLINE Threshold pixel_threshold(const metrics::Curve& c, double precision) {
  const metrics::Chosen best = c.recall_at_precision(precision);
  if (best.key < 0 || !(best.value >= 0)) return {};
  // The lower edge of the key's bin: all of it is predicted.
  return {c.key() == metrics::Key::fixed ? best.key / 1024.0 - 32 : best.score, best.precision, best.recall, true};
}
RTS_INLINE Threshold object_threshold(const Sweep& sweep, double weight, double precision) {
  Threshold best;
  for (int k = 0; k < Sweep::steps; ++k) {
    const metrics::ObjectFigures f = sweep.figures(k, weight);
    if (!(f.precision >= precision) || (best.reached && f.recall <= best.recall) || f.matched == 0) continue;
    best = {Sweep::logit(k), f.precision, f.recall, true};
  }
  return best;
}

}  // namespace detail

RTS_INLINE void Sweep::add(const float* scores, const std::uint8_t* truth, const std::uint8_t* valid, int height, int width) {
  const auto n = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  bool positive = false;
  float highest = -1e30f;
  for (std::size_t i = 0; i < n; ++i)
    if (valid[i]) positive |= truth[i] != 0, highest = std::max(highest, scores[i]);
  std::vector<std::uint8_t> t(n), p(n);
  for (std::size_t i = 0; i < n; ++i) t[i] = valid[i] && truth[i];
  for (int k = 0; k < steps; ++k) {
    const auto threshold = static_cast<float>(logit(k));
    if (!positive && highest < threshold) break;  // nothing above
    for (std::size_t i = 0; i < n; ++i) p[i] = valid[i] && scores[i] >= threshold;
    const metrics::ObjectTables tables = metrics::find_objects(p.data(), t.data(), height, width, nullptr, {objects_.connectivity, objects_.smallest > 0});
    (positive ? near_ : far_)[static_cast<std::size_t>(k)].add(metrics::match(tables, {0.3, objects_.smallest / objects_.pixel_size}));
  }
}
RTS_INLINE void Sweep::merge(const Sweep& o) {
  for (auto side : {&Sweep::near_, &Sweep::far_})
    for (std::size_t k = 0; k < static_cast<std::size_t>(steps); ++k)
      for (auto field : {&metrics::ObjectCounts::matched, &metrics::ObjectCounts::predictions, &metrics::ObjectCounts::truths, &metrics::ObjectCounts::tp, &metrics::ObjectCounts::fp, &metrics::ObjectCounts::fn}) (this->*side)[k].*field += (o.*side)[k].*field;
}
RTS_INLINE metrics::ObjectFigures Sweep::figures(int step, double weight) const {
  const metrics::ObjectCounts &a = near_[static_cast<std::size_t>(step)], &b = far_[static_cast<std::size_t>(step)];
  metrics::ObjectFigures f;
  const double predictions = static_cast<double>(a.predictions) + weight * static_cast<double>(b.predictions);
  f.matched = a.matched, f.predictions = a.predictions + b.predictions, f.truths = a.truths;
  f.precision = predictions > 0 ? static_cast<double>(a.matched) / predictions : std::nan("");
  f.recall = a.truths > 0 ? static_cast<double>(a.matched) / static_cast<double>(a.truths) : std::nan("");
  return f;
}

RTS_INLINE void write_operating_point(const std::filesystem::path& path, const OperatingPoint& p) {
  const Binding& b = p.binding;
  nlohmann::ordered_json j{{"recipe", b.fingerprint}, {"weights", b.weights}, {"bands", b.bands}, {"normalization", b.normalization}, {"pixel_size", b.pixel_size}, {"tile_height", b.tile_height}, {"tile_width", b.tile_width}, {"overlap", b.overlap}, {"blending", b.blending}, {"scales", b.scales}, {"test_time_augmentation", b.views}, {"networks", b.ensemble}, {"connectivity", b.connectivity}, {"smallest_object", b.smallest}, {"dataset", p.dataset}, {"ratio", p.ratio}, {"objective", p.objective}, {"calibration", p.calibration}, {"slope", p.slope}, {"intercept", p.intercept}, {"threshold", p.threshold ? nlohmann::json(*p.threshold) : nlohmann::json()}, {"precision", p.precision}, {"recall", p.recall}, {"by_region", p.by_region}, {"note", p.note}};
  write_text(path, j.dump(2) + "\n");
}

RTS_INLINE OperatingPoint read_operating_point(const std::filesystem::path& path) {
  try {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("no such file");
    const auto j = nlohmann::json::parse(in);
    OperatingPoint p;
    Binding& b = p.binding;
    const auto take = [&](const char* key, auto& to) { j.at(key).get_to(to); };
    take("recipe", b.fingerprint), take("weights", b.weights), take("bands", b.bands), take("normalization", b.normalization), take("pixel_size", b.pixel_size), take("tile_height", b.tile_height), take("tile_width", b.tile_width), take("overlap", b.overlap), take("blending", b.blending);
    take("scales", b.scales), take("test_time_augmentation", b.views), take("networks", b.ensemble), take("connectivity", b.connectivity), take("smallest_object", b.smallest);
    take("dataset", p.dataset), take("ratio", p.ratio), take("objective", p.objective), take("calibration", p.calibration), take("slope", p.slope), take("intercept", p.intercept), take("precision", p.precision), take("recall", p.recall), take("by_region", p.by_region), take("note", p.note);
    if (!j.at("threshold").is_null()) p.threshold = j.at("threshold").get<double>();
    return p;
  } catch (const std::exception& e) {
    throw DataError({.code = "RTS-P52", .what = "an operating point that cannot be read", .where = path.string(), .found = e.what(), .fix = "make it with the subcommand calibrate"});
  }
}

RTS_INLINE void require_same(const OperatingPoint& p, const Binding& here, const std::filesystem::path& path) {
  const auto differences = p.binding.differences(here);
  std::string found;
  for (const std::string& d : differences) found += (found.empty() ? "" : "; ") + d;
  RTS_CHECK_DATA(differences.empty(), .code = "RTS-P53", .what = "an operating point of another model or another way of mapping", .where = path.string(), .expected = "the model, bands, resolution and options it was chosen with", .found = found, .fix = "calibrate this model with these options, or give the options the operating point names");
}

}  // namespace rts::inline RTS_ABI::calibration
