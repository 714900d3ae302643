#pragma once
#include <rts/metrics/evaluation.hpp>

#include <rts/core/philox_formula.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace rts::inline RTS_ABI::metrics {

RTS_INLINE int Tally::bin(float logit) {
  const float b = std::floor((logit + 32.0f) * 1024.0f);
  return static_cast<int>(std::clamp(b, 0.0f, 65535.0f));
}

RTS_INLINE void Tally::merge(const Tally& o) {
  for (int i = 0; i < bins; ++i) {
    positive[i] += o.positive[i];
    near_background[i] += o.near_background[i];
    far_background[i] += o.far_background[i];
  }
  positive_tiles += o.positive_tiles;
  negative_tiles += o.negative_tiles;
}

RTS_INLINE double average_precision(const std::vector<double>& positive, const std::vector<double>& background) {
  double total = 0;
  for (const double p : positive) total += p;
  if (total <= 0) return std::numeric_limits<double>::quiet_NaN();
  double tp = 0, fp = 0, ap = 0;
  for (std::size_t i = positive.size(); i-- > 0;) {
    if (positive[i] == 0 && background[i] == 0) continue;
    tp += positive[i];
    fp += background[i];
    ap += positive[i] / total * (tp / (tp + fp));
  }
  return ap;
}

RTS_INLINE void Evaluation::add_tile(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const TileInfo& info) {
  const at::Tensor z = logits.to(at::kFloat).contiguous(), y = labels.contiguous(), m = valid.to(at::kByte).contiguous();
  const float* score = z.const_data_ptr<float>();
  const std::uint8_t* label = y.const_data_ptr<std::uint8_t>();
  const std::uint8_t* ok = m.const_data_ptr<std::uint8_t>();
  const auto n = static_cast<std::size_t>(y.numel());
  RTS_CHECK(z.numel() == y.numel() && m.numel() == y.numel() && y.size(0) == 1, .code = "RTS-K55", .what = "logits, labels and mask of different sizes", .where = info.name, .expected = detail::shape_text(y), .found = detail::shape_text(z), .fix = "give one tile at a time");
  const int h = static_cast<int>(y.size(1)), w = static_cast<int>(y.size(2));
  std::vector<std::uint8_t> predicted(n), truth(n);
  bool positive = false, any = false;
  for (std::size_t i = 0; i < n; ++i) {
    const bool known = ok[i] && label[i] != 255;
    any |= known;
    truth[i] = known && label[i] > 0;
    predicted[i] = known && score[i] >= 0;
    positive |= truth[i] != 0;
    RTS_CHECK(!known || std::isfinite(score[i]), .code = "RTS-V51", .what = "the network gave NaN or infinity", .where = info.name, .expected = "finite logits", .fix = "train again with a lower learning rate, or precision::Fp32");
  }
  if (!any) return;
  std::vector<std::int64_t>& background = positive ? tally_.near_background : tally_.far_background;
  for (std::size_t i = 0; i < n; ++i) {
    if (!ok[i] || label[i] == 255) continue;
    const int b = Tally::bin(score[i]);
    ++(truth[i] ? tally_.positive[b] : background[b]);
  }
  (positive ? tally_.positive_tiles : tally_.negative_tiles) += 1;
  const ObjectCounts objects = match_objects(predicted.data(), truth.data(), h, w, 0.3);
  ObjectCounts& sum = positive ? near_ : far_;
  sum.matched += objects.matched;
  sum.predicted += objects.predicted;
  sum.truth += objects.truth;
  if (!keep_tiles_) return;
  std::vector<std::array<std::uint32_t, 2>> coarse(4096);
  for (std::size_t i = 0; i < n; ++i)
    if (ok[i] && label[i] != 255) ++coarse[static_cast<std::size_t>(Tally::bin(score[i]) >> 4)][truth[i] ? 0 : 1];
  Tile tile{info.region, positive, {}, objects};
  for (std::size_t b = 0; b < coarse.size(); ++b)
    if (coarse[b][0] || coarse[b][1]) tile.entries.push_back({static_cast<std::uint16_t>(b), coarse[b][0], coarse[b][1]});
  tiles_.push_back(std::move(tile));
}

RTS_INLINE std::vector<std::int64_t> Evaluation::counters() const {
  return {tally_.positive_tiles, tally_.negative_tiles, near_.matched, near_.predicted, near_.truth, far_.matched, far_.predicted, far_.truth};
}
RTS_INLINE void Evaluation::set_counters(const std::vector<std::int64_t>& c) {
  tally_.positive_tiles = c.at(0);
  tally_.negative_tiles = c.at(1);
  near_ = {c.at(2), c.at(3), c.at(4)};
  far_ = {c.at(5), c.at(6), c.at(7)};
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
  double positives = 0, others = 0;
  for (int i = 0; i < Tally::bins; ++i) {
    positives += static_cast<double>(tally_.positive[i]);
    others += static_cast<double>(tally_.near_background[i]) + f.weight * static_cast<double>(tally_.far_background[i]);
  }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  f.positive_share = positives + others > 0 ? positives / (positives + others) : nan;
  if (positives == 0) {
    f.pr_auc = f.pr_auc_low = f.pr_auc_high = f.iou = f.precision = f.recall = f.f05 = f.obj_precision = f.obj_recall = f.best_f05 = f.best_threshold = nan;
    return f;
  }
  const auto f05_of = [](double p, double r) { return p + r > 0 ? 1.25 * p * r / (0.25 * p + r) : 0; };
  double tp = 0, fp = 0;
  const int zero = Tally::bin(0.0f);
  for (int b = Tally::bins - 1; b >= 0; --b) {
    const double p = static_cast<double>(tally_.positive[b]), n = static_cast<double>(tally_.near_background[b]) + f.weight * static_cast<double>(tally_.far_background[b]);
    if (p > 0 || n > 0) {
      // Within a bin the order is unknown: negatives first gives at least, positives first at most what any order gives.
      f.pr_auc_low += p / positives * tp / (tp + fp + n + 1e-300);
      f.pr_auc_high += p / positives * (tp + p) / (tp + p + fp + 1e-300);
      tp += p;
      fp += n;
      f.pr_auc += p / positives * tp / (tp + fp);
      const double score = f05_of(tp / (tp + fp), tp / positives);
      if (score > f.best_f05) {
        f.best_f05 = score;
        f.best_threshold = 1 / (1 + std::exp(-(b / 1024.0 - 32)));
      }
    }
    if (b == zero) {
      f.precision = tp + fp > 0 ? tp / (tp + fp) : nan;
      f.recall = tp / positives;
      f.iou = tp / (positives + fp);
      f.f05 = tp + fp > 0 ? f05_of(f.precision, f.recall) : 0;
    }
  }
  const double matched = static_cast<double>(near_.matched + far_.matched);
  const double predicted = static_cast<double>(near_.predicted) + f.weight * static_cast<double>(far_.predicted);
  f.obj_precision = predicted > 0 ? matched / predicted : nan;
  f.obj_recall = near_.truth > 0 ? matched / static_cast<double>(near_.truth) : nan;
  return f;
}

RTS_INLINE std::vector<CurvePoint> Evaluation::curve(double ratio, int points) const {
  std::vector<CurvePoint> out;
  const double w = weight_for(ratio);
  double positives = 0, tp = 0, fp = 0, next = 0;
  for (const auto p : tally_.positive) positives += static_cast<double>(p);
  if (positives == 0) return out;
  for (int b = Tally::bins - 1; b >= 0; --b) {
    tp += static_cast<double>(tally_.positive[b]);
    fp += static_cast<double>(tally_.near_background[b]) + w * static_cast<double>(tally_.far_background[b]);
    if (tally_.positive[b] == 0 || tp / positives < next) continue;
    out.push_back({tp / positives, tp / (tp + fp), 1 / (1 + std::exp(-(b / 1024.0 - 32)))});
    next = tp / positives + 1.0 / points;
  }
  return out;
}

RTS_INLINE std::vector<RegionFigures> Evaluation::by_region(int replicates, std::uint64_t seed) const {
  std::map<std::string, Evaluation> parts;
  for (const Tile& t : tiles_) {
    Evaluation& e = parts[t.region];
    for (const Entry& x : t.entries) {
      e.tally_.positive[static_cast<std::size_t>(x.bin) * 16 + 8] += x.positive;
      (t.positive ? e.tally_.near_background : e.tally_.far_background)[static_cast<std::size_t>(x.bin) * 16 + 8] += x.background;
    }
    (t.positive ? e.tally_.positive_tiles : e.tally_.negative_tiles) += 1;
    ObjectCounts& sum = t.positive ? e.near_ : e.far_;
    sum.matched += t.objects.matched;
    sum.predicted += t.objects.predicted;
    sum.truth += t.objects.truth;
    e.tiles_.push_back(t);
  }
  std::vector<RegionFigures> out;
  for (const auto& [region, e] : parts) out.push_back({region, e.figures(0), e.bootstrap_tiles(0, replicates, seed)});
  return out;
}

RTS_INLINE Interval Evaluation::bootstrap(double ratio, int replicates, std::uint64_t seed, bool over_regions) const {
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
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if ((over_regions && groups[0].size() < 5) || tally_.positive_tiles == 0) return {nan, nan};
  std::vector<double> values;
  for (int r = 0; r < replicates; ++r) {
    Random random(seed, 0xB007u, static_cast<std::uint64_t>(r));
    std::vector<double> positive(4096), near(4096), far(4096);
    double positive_tiles = 0, negative_tiles = 0;
    for (const auto& units : groups)
      for (std::size_t k = 0; k < units.size(); ++k)
        for (const std::size_t i : units[random.below(static_cast<std::uint32_t>(units.size()))]) {
          const Tile& t = tiles_[i];
          (t.positive ? positive_tiles : negative_tiles) += 1;
          std::vector<double>& background = t.positive ? near : far;
          for (const Entry& e : t.entries) positive[e.bin] += e.positive, background[e.bin] += e.background;
        }
    const double w = ratio <= 0 || negative_tiles == 0 ? 1 : ratio * positive_tiles / negative_tiles;
    for (std::size_t b = 0; b < near.size(); ++b) near[b] += w * far[b];
    if (const double ap = average_precision(positive, near); std::isfinite(ap)) values.push_back(ap);
  }
  if (values.empty()) return {nan, nan};
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) { return values[static_cast<std::size_t>(std::lround(q * static_cast<double>(values.size() - 1)))]; };
  return {at(0.025), at(0.975)};
}

RTS_INLINE Interval Evaluation::bootstrap_tiles(double ratio, int replicates, std::uint64_t seed) const { return bootstrap(ratio, replicates, seed, false); }
RTS_INLINE Interval Evaluation::bootstrap_regions(double ratio, int replicates, std::uint64_t seed) const { return bootstrap(ratio, replicates, seed, true); }

}  // namespace rts::inline RTS_ABI::metrics
