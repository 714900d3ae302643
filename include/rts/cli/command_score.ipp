#pragma once
// score: a probability raster of any program against labels: pixels at any prevalence, objects matched over the whole raster.

#include <rts/cli/figures.ipp>
#include <rts/metrics/confusion.hpp>

namespace rts::inline RTS_ABI::cli {
namespace detail {

inline int score_classes(const Options& o, const raster::Raster& map, const raster::Raster& labels) {
  metrics::Confusion c(o.verify_classes);
  std::vector<std::uint8_t> a, b;
  for (int y = 0; y < map.height(); y += 256) {
    const int n = std::min(256, map.height() - y);
    a.resize(static_cast<std::size_t>(n) * static_cast<std::size_t>(map.width()));
    b.resize(a.size());
    map.read(0, y, map.width(), n, 1, a.data());
    labels.read(0, y, map.width(), n, 1, b.data());
    c.add(b.data(), a.data(), nullptr, a.size());
  }
  nlohmann::ordered_json rows = nlohmann::json::array();
  fmt::print("{:<8} {:>6} {:>6} {:>9} {:>6}\n", "class", "IoU", "Dice", "precision", "recall");
  for (int k = 0; k < o.verify_classes; ++k) {
    fmt::print("{:<8} {:>6} {:>6} {:>9} {:>6}\n", k, cell(c.iou(k)), cell(c.dice(k)), cell(c.precision(k)), cell(c.recall(k)));
    nlohmann::json confusion = nlohmann::json::array();
    for (int j = 0; j < o.verify_classes; ++j) confusion.push_back(c.count(k, j));
    rows.push_back({{"class", k}, {"iou", number(c.iou(k))}, {"dice", number(c.dice(k))}, {"precision", number(c.precision(k))}, {"recall", number(c.recall(k))}, {"predicted_as", confusion}});
  }
  fmt::print("mean IoU {}, mean Dice {}, mean accuracy {}, pixel accuracy {}\n", cell(c.mean_iou()), cell(c.mean_dice()), cell(c.mean_accuracy()), cell(c.pixel_accuracy()));
  if (!o.json.empty()) write_text(o.json, nlohmann::ordered_json{{"classes", rows}, {"mean_iou", number(c.mean_iou())}, {"mean_dice", number(c.mean_dice())}, {"mean_accuracy", number(c.mean_accuracy())}, {"pixel_accuracy", number(c.pixel_accuracy())}}.dump(2) + "\n");
  return 0;
}

}  // namespace detail

RTS_INLINE int score(const Options& o) {
  const raster::Raster map(o.scored), labels(o.labels);
  RTS_CHECK_DATA(map.width() == labels.width() && map.height() == labels.height(), .code = "RTS-V65", .what = "labels of another size than the map", .where = o.labels.string(), .expected = fmt::format("{} x {}", map.width(), map.height()), .found = fmt::format("{} x {}", labels.width(), labels.height()), .fix = "cut or warp one onto the other's grid");
  const raster::GeoReference a = map.geo(), b = labels.geo();
  RTS_CHECK_DATA(!a.has_transform || !b.has_transform || (a.crs == b.crs && std::abs(a.transform[0] - b.transform[0]) < 0.01 * a.pixel_width() && std::abs(a.transform[3] - b.transform[3]) < 0.01 * a.pixel_width()), .code = "RTS-V65", .what = "labels in another place than the map", .where = o.labels.string(), .expected = "the map's CRS and corner", .found = "another", .fix = "warp one onto the other's grid");
  if (o.verify_classes > 2) return detail::score_classes(o, map, labels);
  const double threshold = o.threshold.value_or(0.5), pixel = a.has_transform ? a.pixel_width() : 1, scale = o.score_scale > 0 ? o.score_scale : 1;
  const metrics::ObjectSettings settings{.threshold = std::log(threshold / (1 - threshold)), .pixel_size = pixel, .smallest = o.smallest};
  metrics::Evaluation e(true, settings);
  metrics::ObjectStream stream(map.width(), {});
  const std::size_t wide = static_cast<std::size_t>(map.width()), words = (wide + 63) / 64;
  const std::optional<double> nodata = map.nodata(1);
  std::vector<float> p;
  std::vector<std::uint8_t> label;
  std::vector<std::uint64_t> found(words), truth(words), valid(words);
  for (int y = 0; y < map.height(); y += o.score_tile) {
    const int n = std::min(o.score_tile, map.height() - y);
    p.resize(wide * static_cast<std::size_t>(n));
    label.resize(p.size());
    map.read(0, y, map.width(), n, {1}, p.data());
    labels.read(0, y, map.width(), n, 1, label.data());
    std::vector<std::uint8_t> ok(p.size());
    for (std::size_t i = 0; i < p.size(); ++i) {
      ok[i] = label[i] != 255 && std::isfinite(p[i]) && !(nodata && p[i] == static_cast<float>(*nodata)) && p[i] >= 0;
      p[i] = ok[i] ? static_cast<float>(p[i] * scale) : 0.0f;
      RTS_CHECK_DATA(p[i] <= 1.0001f, .code = "RTS-V66", .what = "a map that holds no probabilities", .where = o.scored.string() + ", row " + std::to_string(y + static_cast<int>(i / wide)), .expected = "0 to 1 after --map-scale", .found = number_text(p[i]), .fix = "give --map-scale 0.004 for bytes x 250, 0.00392156862745098 for bytes x 255");
    }
    for (int k = 0; k < n; ++k) {
      const std::size_t at = static_cast<std::size_t>(k) * wide;
      metrics::at_least_bits(p.data() + at, static_cast<float>(threshold), map.width(), found.data());
      std::vector<std::uint8_t> is(wide);
      for (std::size_t x = 0; x < wide; ++x) is[x] = label[at + x] > 0 && label[at + x] != 255;
      metrics::nonzero_bits(is.data(), map.width(), truth.data());
      metrics::nonzero_bits(ok.data() + at, map.width(), valid.data());
      for (std::size_t w = 0; w < words; ++w) found[w] &= valid[w], truth[w] &= valid[w];
      stream.add_row(found.data(), truth.data(), p.data() + at, valid.data());
    }
    for (int x = 0; x < map.width(); x += o.score_tile) {
      const int w = std::min(o.score_tile, map.width() - x);
      at::Tensor z = at::empty({1, 1, n, w}), l = at::empty({1, n, w}, at::kByte), v = at::empty({1, n, w}, at::kByte);
      for (int r = 0; r < n; ++r)
        for (int c = 0; c < w; ++c) {
          const std::size_t from = static_cast<std::size_t>(r) * wide + static_cast<std::size_t>(x + c);
          const auto to = static_cast<std::size_t>(r * w + c);
          const double q = std::clamp(static_cast<double>(p[from]), 1e-7, 1 - 1e-7);
          z.mutable_data_ptr<float>()[to] = static_cast<float>(std::log(q / (1 - q)));
          l.mutable_data_ptr<std::uint8_t>()[to] = label[from] == 255 ? 255 : label[from] > 0;
          v.mutable_data_ptr<std::uint8_t>()[to] = ok[from];
        }
      e.add(Logits<tasks::Binary>(z), Labels<tasks::Binary>(l), ValidMask(v), {fmt::format("row {} column {}", y, x), fmt::format("{}", y)});
    }
  }
  const metrics::ObjectTables tables = stream.finish();
  const metrics::Tally& t = e.tally();
  fmt::print("{} against {}: {} positive and {} negative tiles of {} pixels; threshold {:g}\n", o.scored.string(), o.labels.string(), t.positive_tiles, t.negative_tiles, o.score_tile, threshold);
  detail::Table table;
  detail::Table::head();
  for (const double ratio : {0.0, 1.0, 200.0, 500.0, 1000.0}) {
    if (ratio > 0 && t.negative_tiles == 0) continue;
    const metrics::Figures f = e.figures(ratio);
    table.add("map", f, (ratio <= 0 ? "data's own" : fmt::format("1:{}", ratio)) + (f.extrapolated ? fmt::format(" x{:.1f}", f.weight) : ""), e.over_tiles(ratio, o.bootstrap, 42), metrics::unknown_intervals());
  }
  fmt::print("\nobjects of the whole raster (both countings; data's own prevalence)\n{:<6} {:>6} {:>6} {:>6} {:>6}   {:>6} {:>6} {:>6}   {:>8} {:>8} {:>8}\n", "IoU", "prec.", "recall", "F1", "F0.5", "g.prec", "g.rec.", "g.F1", "matched", "found", "true");
  nlohmann::ordered_json objects = nlohmann::json::array();
  for (const double iou : metrics::match_ious) {
    const metrics::Matching m = metrics::match(tables, {iou, o.smallest / pixel});
    const auto share = [](std::int64_t x, std::int64_t y) { return y > 0 ? static_cast<double>(x) / static_cast<double>(y) : std::nan(""); };
    const auto f = [](double x, double y, double beta) { return x + y > 0 ? (1 + beta * beta) * x * y / (beta * beta * x + y) : 0.0; };
    const double pr = share(m.matched, m.predictions), re = share(m.matched, m.truths), gp = share(m.tp, m.tp + m.fp), gr = share(m.tp, m.tp + m.fn);
    fmt::print("{:<6} {:>6} {:>6} {:>6} {:>6}   {:>6} {:>6} {:>6}   {:>8} {:>8} {:>8}\n", iou, detail::cell(pr), detail::cell(re), detail::cell(f(pr, re, 1)), detail::cell(f(pr, re, 0.5)), detail::cell(gp), detail::cell(gr), detail::cell(f(gp, gr, 1)), m.matched, m.predictions, m.truths);
    objects.push_back({{"iou", iou}, {"precision", detail::number(pr)}, {"recall", detail::number(re)}, {"f1", detail::number(f(pr, re, 1))}, {"f05", detail::number(f(pr, re, 0.5))}, {"guide_precision", detail::number(gp)}, {"guide_recall", detail::number(gr)}, {"guide_f1", detail::number(f(gp, gr, 1))}, {"guide_tp", m.tp}, {"guide_fp", m.fp}, {"guide_fn", m.fn}, {"matched", m.matched}, {"predictions", m.predictions}, {"truths", m.truths}, {"ignored_truths", m.ignored_truths}});
  }
  std::vector<metrics::ScoredObject> scored;
  const metrics::Matching half = metrics::match(tables, {0.5, o.smallest / pixel});
  for (std::size_t i = 0; i < tables.predictions.size(); ++i)
    if (half.prediction[i] != metrics::Fate::ignored) scored.push_back({tables.predictions[i].confidence, 1, half.prediction[i] == metrics::Fate::matched});
  const double ap = metrics::object_average_precision(std::move(scored), static_cast<double>(half.truths));
  fmt::print("average precision over confidence at IoU 0.5: {}\n", detail::cell(ap));
  if (!o.json.empty()) write_text(o.json, nlohmann::ordered_json{{"map", o.scored.string()}, {"labels", o.labels.string()}, {"threshold", threshold}, {"rows", table.rows}, {"objects", objects}, {"average_precision_50", detail::number(ap)}}.dump(2) + "\n");
  return 0;
}

}  // namespace rts::inline RTS_ABI::cli
