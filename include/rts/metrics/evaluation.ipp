#pragma once
#include <rts/metrics/evaluation.hpp>

#include <rts/core/philox_formula.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

namespace rts::inline RTS_ABI::metrics {
namespace detail {

inline constexpr int coarse_keys = 4096;

inline double f_score(double p, double r, double beta) {
  const double b = beta * beta;
  return p + r > 0 ? (1 + b) * p * r / (b * p + r) : p + r == 0 ? 0
                                                                : curve_nan;
}

/// Weighted sums as figures.
inline ObjectFigures object_figures(double matched, double predictions, double truths, double tp, double fp, double fn) {
  ObjectFigures f;
  f.precision = predictions > 0 ? matched / predictions : curve_nan;
  f.recall = truths > 0 ? matched / truths : curve_nan;
  f.guide_precision = tp + fp > 0 ? tp / (tp + fp) : curve_nan;
  f.guide_recall = tp + fn > 0 ? tp / (tp + fn) : curve_nan;
  f.f1 = f_score(f.precision, f.recall, 1), f.f05 = f_score(f.precision, f.recall, 0.5);
  f.guide_f1 = f_score(f.guide_precision, f.guide_recall, 1), f.guide_f05 = f_score(f.guide_precision, f.guide_recall, 0.5);
  return f;
}

/// Average precision of coarse histograms.
inline double coarse_average_precision(const std::vector<double>& positive, const std::vector<double>& background) {
  double tp = 0, fp = 0, ap = 0;
  for (std::size_t i = positive.size(); i-- > 0;) {
    tp += positive[i], fp += background[i];
    if (positive[i] > 0) ap += positive[i] * tp / (tp + fp);
  }
  return tp > 0 ? ap / tp : curve_nan;
}

}  // namespace detail

RTS_INLINE int size_class(double metres) {
  int c = 0;
  while (c < 3 && metres >= size_edges[c]) ++c;
  return c;
}

RTS_INLINE Interval wilson(std::int64_t k, std::int64_t n) {
  if (n == 0) return {detail::curve_nan, detail::curve_nan};
  constexpr double z = 1.959963984540054;
  const double m = static_cast<double>(n), p = static_cast<double>(k) / m, middle = p + z * z / (2 * m), half = z * std::sqrt(p * (1 - p) / m + z * z / (4 * m * m)), all = 1 + z * z / m;
  return {(middle - half) / all, (middle + half) / all};
}

RTS_INLINE Intervals unknown_intervals() {
  const Interval unknown{detail::curve_nan, detail::curve_nan};
  return {unknown, unknown, unknown, unknown, unknown, unknown};
}

RTS_INLINE void Tally::merge(const Tally& o) {
  RTS_CHECK(key == o.key, .code = "RTS-V63", .what = "histograms of scores with different keys", .expected = "one kind of score", .found = "two", .fix = "count all scores from the same type");
  for (int i = 0; i < key_count; ++i) {
    const auto k = static_cast<std::size_t>(i);
    positive[k] += o.positive[k];
    near_background[k] += o.near_background[k];
    far_background[k] += o.far_background[k];
  }
  positive_tiles += o.positive_tiles;
  negative_tiles += o.negative_tiles;
}

RTS_INLINE void ObjectCounts::add(const Matching& m) {
  matched += m.matched, predictions += m.predictions, truths += m.truths;
  tp += m.tp, fp += m.fp, fn += m.fn;
}

RTS_INLINE void Evaluation::add_tile(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const TileInfo& info) {
  const at::Tensor z = logits.to(at::kFloat).contiguous(), y = labels.contiguous(), m = valid.to(at::kByte).contiguous();
  const float* score = z.const_data_ptr<float>();
  const std::uint8_t* label = y.const_data_ptr<std::uint8_t>();
  const auto n = static_cast<std::size_t>(y.numel());
  RTS_CHECK(z.numel() == y.numel() && m.numel() == y.numel() && y.size(0) == 1, .code = "RTS-K55", .what = "logits, labels and mask of different sizes", .where = info.name, .expected = rts::detail::shape_text(y), .found = rts::detail::shape_text(z), .fix = "give one tile at a time");
  std::vector<std::uint8_t> ok(n), truth(n);
  bool positive = false, any = false;
  for (std::size_t i = 0; i < n; ++i) {
    ok[i] = m.const_data_ptr<std::uint8_t>()[i] && label[i] != 255;
    truth[i] = label[i] > 0;
    any |= ok[i] != 0;
    positive |= ok[i] && truth[i];
    RTS_CHECK(!ok[i] || std::isfinite(score[i]), .code = "RTS-V51", .what = "the network gave NaN or infinity", .where = info.name, .expected = "finite logits", .fix = "train again with a lower learning rate, or precision::Fp32");
  }
  if (!any) return;
  count_scores(score, truth.data(), ok.data(), n, tally_.positive, positive ? tally_.near_background : tally_.far_background);
  (positive ? tally_.positive_tiles : tally_.negative_tiles) += 1;
  KeptTile kept{info.name, info.region, positive, {}, {}, {}, {}};
  add_objects(score, truth.data(), ok.data(), static_cast<int>(y.size(1)), static_cast<int>(y.size(2)), positive, keep_tiles_ ? &kept : nullptr);
  if (!keep_tiles_) return;
  std::vector<std::array<std::uint32_t, 2>> coarse(detail::coarse_keys);
  for (std::size_t i = 0; i < n; ++i)
    if (ok[i]) ++coarse[static_cast<std::size_t>(key_of(score[i]) / (key_count / detail::coarse_keys))][truth[i] ? 0 : 1];
  for (std::size_t b = 0; b < coarse.size(); ++b)
    if (coarse[b][0] || coarse[b][1]) kept.entries.push_back({static_cast<std::uint16_t>(b), coarse[b][0], coarse[b][1]});
  tiles_.push_back(std::move(kept));
}

RTS_INLINE void Evaluation::add_objects(const float* score, const std::uint8_t* label, const std::uint8_t* ok, int height, int width, bool positive, KeptTile* kept) {
  ObjectStream stream(width, {settings_.connectivity, settings_.smallest > 0 || kept != nullptr});
  const std::size_t words = static_cast<std::size_t>(width + 63) / 64;
  std::vector<std::uint64_t> p(words), t(words), v(words);
  std::vector<float> probability(static_cast<std::size_t>(width));
  const auto threshold = static_cast<float>(settings_.threshold);
  for (int y = 0; y < height; ++y) {
    const std::size_t at = static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
    nonzero_bits(ok + at, width, v.data());
    nonzero_bits(label + at, width, t.data());
    at_least_bits(score + at, threshold, width, p.data());
    bool any = false;
    for (std::size_t w = 0; w < words; ++w) p[w] &= v[w], t[w] &= v[w], any |= p[w] != 0;
    if (any && kept)
      for (int x = 0; x < width; ++x) probability[static_cast<std::size_t>(x)] = static_cast<float>(detail::sigmoid(score[at + static_cast<std::size_t>(x)]));
    stream.add_row(p.data(), t.data(), kept ? probability.data() : nullptr, v.data());
  }
  const ObjectTables tables = stream.finish();
  Matching by_iou[3];
  for (std::size_t i = 0; i < 3; ++i) {
    by_iou[i] = match(tables, {match_ious[i], settings_.smallest / settings_.pixel_size});
    (positive ? near_ : far_)[i].add(by_iou[i]);
    if (kept) kept->counts[i].add(by_iou[i]);
  }
  if (!kept) return;
  const auto keep = [&](const std::vector<Object>& objects, std::vector<Fate> Matching::*fates, std::vector<KeptObject>& to) {
    for (std::size_t k = 0; k < objects.size(); ++k) {
      const Object& o = objects[k];
      KeptObject x{static_cast<float>(o.confidence), static_cast<std::uint8_t>(size_class(o.longer_side * settings_.pixel_size)), o.at_border || o.at_gap, (by_iou[1].*fates)[k] != Fate::ignored, 0};
      for (std::size_t i = 0; i < 3; ++i)
        if ((by_iou[i].*fates)[k] == Fate::matched) x.matched = static_cast<std::uint8_t>(x.matched | 1u << i);
      to.push_back(x);
    }
  };
  keep(tables.predictions, &Matching::prediction, kept->predictions);
  keep(tables.truths, &Matching::truth, kept->truths);
}

RTS_INLINE std::vector<std::int64_t> Evaluation::counters() const {
  std::vector<std::int64_t> c{tally_.positive_tiles, tally_.negative_tiles};
  for (const auto* side : {near_, far_})
    for (int i = 0; i < 3; ++i) c.insert(c.end(), {side[i].matched, side[i].predictions, side[i].truths, side[i].tp, side[i].fp, side[i].fn});
  return c;
}
RTS_INLINE void Evaluation::set_counters(const std::vector<std::int64_t>& c) {
  std::size_t k = 0;
  const auto next = [&] { return c.at(k++); };
  tally_.positive_tiles = next();
  tally_.negative_tiles = next();
  for (auto* side : {near_, far_})
    for (int i = 0; i < 3; ++i)
      for (auto field : {&ObjectCounts::matched, &ObjectCounts::predictions, &ObjectCounts::truths, &ObjectCounts::tp, &ObjectCounts::fp, &ObjectCounts::fn}) side[i].*field = next();
}

RTS_INLINE double Evaluation::weight_for(double ratio) const {
  if (ratio <= 0 || tally_.negative_tiles == 0) return 1;
  return ratio * static_cast<double>(tally_.positive_tiles) / static_cast<double>(tally_.negative_tiles);
}

RTS_INLINE Figures Evaluation::figures(double ratio) const {
  Figures f;
  f.ratio = ratio > 0 ? ratio : tally_.positive_tiles ? static_cast<double>(tally_.negative_tiles) / static_cast<double>(tally_.positive_tiles)
                                                      : 0;
  f.weight = weight_for(ratio);
  f.extrapolated = f.weight > 1 + 1e-9;
  f.few_negatives = tally_.negative_tiles < 300;
  const Curve c = curve(ratio);
  f.positive_share = c.positives() + c.negatives() > 0 ? c.prevalence() : detail::curve_nan;
  f.pr_auc = c.average_precision();
  const Bounds b = c.average_precision_bounds();
  f.pr_auc_low = b.low, f.pr_auc_high = b.high;
  f.roc_auc = c.roc_auc();
  const int at = key_of(static_cast<float>(settings_.threshold));
  const bool any = c.positives() > 0;
  f.iou = c.iou_at(at), f.precision = any ? c.precision_at(at) : detail::curve_nan, f.recall = c.recall_at(at);
  f.f05 = any ? c.f_at(at, 0.5) : detail::curve_nan;
  const Chosen best = c.best_f(0.5);
  f.best_f05 = best.value;
  f.best_threshold = best.key >= 0 ? detail::sigmoid((best.key) / 1024.0 - 32) : detail::curve_nan;
  f.precision_at_half_recall = c.precision_at_recall(0.5).value;
  f.brier = c.brier(), f.calibration_error = c.calibration_error();
  const ObjectFigures o = objects(ratio, 1);
  f.obj_precision = o.precision, f.obj_recall = o.recall;
  return f;
}

RTS_INLINE ObjectFigures Evaluation::objects(double ratio, int iou, const ObjectFilter& filter) const {
  const double w = weight_for(ratio);
  const auto i = static_cast<std::size_t>(iou);
  if (filter.size < 0 && !filter.whole_only && filter.region.empty()) {
    const ObjectCounts &a = near_[i], &b = far_[i];
    const auto sum = [w](std::int64_t x, std::int64_t y) { return static_cast<double>(x) + w * static_cast<double>(y); };
    ObjectFigures f = detail::object_figures(sum(a.matched, b.matched), sum(a.predictions, b.predictions), sum(a.truths, b.truths), sum(a.tp, b.tp), sum(a.fp, b.fp), sum(a.fn, b.fn));
    f.matched = a.matched + b.matched, f.predictions = a.predictions + b.predictions, f.truths = a.truths + b.truths;
    return f;
  }
  // Precision of the predictions asked about, recall of the truths: a pair may differ in size.
  double right = 0, predictions = 0;
  std::int64_t hit = 0, truths = 0, all = 0;
  const auto asked = [&](const KeptObject& o) { return o.counted && (filter.size < 0 || o.size == filter.size) && !(filter.whole_only && o.cut); };
  for (const KeptTile& t : tiles_) {
    if (!filter.region.empty() && t.region != filter.region) continue;
    for (const KeptObject& o : t.predictions)
      if (asked(o)) predictions += t.positive ? 1 : w, right += o.matched >> i & 1, ++all;
    for (const KeptObject& o : t.truths)
      if (asked(o)) ++truths, hit += o.matched >> i & 1;
  }
  ObjectFigures f;
  f.precision = predictions > 0 ? right / predictions : detail::curve_nan;
  f.recall = truths > 0 ? static_cast<double>(hit) / static_cast<double>(truths) : detail::curve_nan;
  f.f1 = detail::f_score(f.precision, f.recall, 1), f.f05 = detail::f_score(f.precision, f.recall, 0.5);
  f.guide_precision = f.guide_recall = f.guide_f1 = f.guide_f05 = detail::curve_nan;  // groups have no one size
  f.matched = hit, f.predictions = all, f.truths = truths;
  return f;
}

RTS_INLINE double Evaluation::object_average_precision(double ratio) const {
  const double w = weight_for(ratio);
  std::vector<ScoredObject> all;
  double truths = 0;
  for (const KeptTile& t : tiles_) {
    for (const KeptObject& o : t.predictions)
      if (o.counted) all.push_back({o.confidence, t.positive ? 1 : w, (o.matched & 1) != 0});
    for (const KeptObject& o : t.truths) truths += o.counted;
  }
  return metrics::object_average_precision(std::move(all), truths);
}

RTS_INLINE std::vector<RegionFigures> Evaluation::by_region(int replicates, std::uint64_t seed) const {
  constexpr std::size_t step = key_count / detail::coarse_keys;
  std::map<std::string, Evaluation> parts;
  for (const KeptTile& t : tiles_) {
    Evaluation& e = parts.try_emplace(t.region, true, settings_).first->second;
    for (const KeptTile::Entry& x : t.entries) {
      e.tally_.positive[x.key * step + step / 2] += x.positive;
      (t.positive ? e.tally_.near_background : e.tally_.far_background)[x.key * step + step / 2] += x.background;
    }
    (t.positive ? e.tally_.positive_tiles : e.tally_.negative_tiles) += 1;
    for (std::size_t i = 0; i < 3; ++i) {
      ObjectCounts& sum = (t.positive ? e.near_ : e.far_)[i];
      for (auto field : {&ObjectCounts::matched, &ObjectCounts::predictions, &ObjectCounts::truths, &ObjectCounts::tp, &ObjectCounts::fp, &ObjectCounts::fn}) sum.*field += t.counts[i].*field;
    }
    e.tiles_.push_back(t);
  }
  std::vector<RegionFigures> out;
  for (const auto& [region, e] : parts) out.push_back({region, e.figures(0), e.objects(0, 1), e.over_tiles(0, replicates, seed).pr_auc});
  return out;
}

RTS_INLINE Intervals Evaluation::bootstrap(double ratio, int replicates, std::uint64_t seed, bool over_regions) const {
  // Units are drawn with replacement; positive and negative tiles apart, so that the prevalence stays stated.
  std::vector<std::vector<std::size_t>> groups[2];
  std::map<std::string, std::size_t> region_index;
  for (std::size_t i = 0; i < tiles_.size(); ++i) {
    if (over_regions) {
      const auto [it, fresh] = region_index.emplace(tiles_[i].region, region_index.size());
      if (fresh) groups[0].emplace_back();
      groups[0][it->second].push_back(i);
    } else {
      groups[tiles_[i].positive ? 0 : 1].push_back({i});
    }
  }
  if ((over_regions && groups[0].size() < 5) || tally_.positive_tiles == 0) return unknown_intervals();
  const auto threshold_key = static_cast<std::size_t>(key_of(static_cast<float>(settings_.threshold)) / (key_count / detail::coarse_keys));
  std::vector<double> values[6];
  for (int r = 0; r < replicates; ++r) {
    Random random(seed, 0xB007u, static_cast<std::uint64_t>(r));
    std::vector<double> positive(detail::coarse_keys), near(detail::coarse_keys), far(detail::coarse_keys);
    double positive_tiles = 0, negative_tiles = 0;
    double objects[2][3] = {};  // of positive and of negative tiles: matched, predictions, truths
    for (const auto& units : groups)
      for (std::size_t k = 0; k < units.size(); ++k)
        for (const std::size_t i : units[random.below(static_cast<std::uint32_t>(units.size()))]) {
          const KeptTile& t = tiles_[i];
          (t.positive ? positive_tiles : negative_tiles) += 1;
          std::vector<double>& background = t.positive ? near : far;
          for (const KeptTile::Entry& e : t.entries) positive[e.key] += e.positive, background[e.key] += e.background;
          double* sum = objects[t.positive ? 0 : 1];
          sum[0] += static_cast<double>(t.counts[1].matched), sum[1] += static_cast<double>(t.counts[1].predictions), sum[2] += static_cast<double>(t.counts[1].truths);
        }
    const double w = ratio <= 0 || negative_tiles == 0 ? 1 : ratio * positive_tiles / negative_tiles;
    double tp = 0, fp = 0, all = 0;
    for (std::size_t b = 0; b < near.size(); ++b) {
      near[b] += w * far[b];
      all += positive[b];
      if (b >= threshold_key) tp += positive[b], fp += near[b];
    }
    const double found[6] = {detail::coarse_average_precision(positive, near), tp / (tp + fp), tp / all, tp / (all + fp), objects[0][0] / (objects[0][1] + w * objects[1][1]), objects[0][0] / objects[0][2]};
    for (std::size_t v = 0; v < 6; ++v)
      if (std::isfinite(found[v])) values[v].push_back(found[v]);
  }
  const auto interval = [&](std::vector<double>& v) {
    if (v.empty()) return Interval{detail::curve_nan, detail::curve_nan};
    std::sort(v.begin(), v.end());
    const auto at = [&](double q) { return v[static_cast<std::size_t>(std::lround(q * static_cast<double>(v.size() - 1)))]; };
    return Interval{at(0.025), at(0.975)};
  };
  return {interval(values[0]), interval(values[1]), interval(values[2]), interval(values[3]), interval(values[4]), interval(values[5])};
}

RTS_INLINE Intervals Evaluation::over_tiles(double ratio, int replicates, std::uint64_t seed) const { return bootstrap(ratio, replicates, seed, false); }
RTS_INLINE Intervals Evaluation::over_regions(double ratio, int replicates, std::uint64_t seed) const { return bootstrap(ratio, replicates, seed, true); }

}  // namespace rts::inline RTS_ABI::metrics
