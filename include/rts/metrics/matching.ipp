#pragma once
#include <rts/metrics/matching.hpp>

#include <algorithm>
#include <limits>

namespace rts::inline RTS_ABI::metrics {
namespace detail {

/// Objects and what they share while they are matched.
struct Matcher {
  const ObjectTables& o;
  const MatchOptions& options;
  std::vector<std::size_t> first;                      ///< of a prediction's overlaps
  std::vector<std::vector<std::uint32_t>> candidates;  ///< of a prediction: truths with enough IoU, best first
  std::vector<std::int64_t> partner;                   ///< of a truth
  std::vector<std::uint32_t> seen;                     ///< of a truth: the search that came by last
  std::uint32_t search = 0;

  Matcher(const ObjectTables& tables, const MatchOptions& wanted) : o(tables), options(wanted), first(tables.predictions.size() + 1, 0) {
    for (const Overlap& v : o.overlaps) ++first[v.prediction + 1];
    for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
  }
  double iou(const Overlap& v) const { return static_cast<double>(v.pixels) / static_cast<double>(o.predictions[v.prediction].area + o.truths[v.truth].area - v.pixels); }

  bool augment(std::uint32_t p) {
    for (const std::uint32_t t : candidates[p]) {
      if (seen[t] == search) continue;
      seen[t] = search;
      if (partner[t] < 0 || augment(static_cast<std::uint32_t>(partner[t]))) {
        partner[t] = p;
        return true;
      }
    }
    return false;
  }
  /// The largest matching among objects that may take part. Partners of truths are left in `partner`.
  std::int64_t one_to_one(const std::vector<char>& prediction, const std::vector<char>& truth) {
    candidates.assign(o.predictions.size(), {});
    partner.assign(o.truths.size(), -1);
    seen.assign(o.truths.size(), 0);
    search = 0;
    for (std::uint32_t p = 0; p < o.predictions.size(); ++p) {
      if (!prediction[p]) continue;
      std::vector<std::pair<double, std::uint32_t>> good;
      for (std::size_t k = first[p]; k < first[p + 1]; ++k)
        if (const double v = iou(o.overlaps[k]); truth[o.overlaps[k].truth] && v >= options.iou) good.emplace_back(-v, o.overlaps[k].truth);
      std::sort(good.begin(), good.end());
      for (const auto& [v, t] : good) candidates[p].push_back(t);
    }
    std::int64_t n = 0;
    for (std::uint32_t p = 0; p < o.predictions.size(); ++p) {
      if (candidates[p].empty()) continue;
      ++search;
      n += augment(p);
    }
    return n;
  }
};

}  // namespace detail

RTS_INLINE Matching match(const ObjectTables& o, const MatchOptions& options) {
  detail::Matcher m(o, options);
  const auto left_out = [&](const Object& x) { return x.longer_side < options.smallest || (options.whole_only && (x.at_border || x.at_gap)); };
  std::vector<char> p(o.predictions.size(), 1), t(o.truths.size(), 1);
  for (std::size_t i = 0; i < p.size(); ++i) p[i] = !left_out(o.predictions[i]);
  for (std::size_t i = 0; i < t.size(); ++i) t[i] = !left_out(o.truths[i]);
  Matching r;
  r.prediction.assign(p.size(), Fate::ignored);
  r.truth.assign(t.size(), Fate::ignored);
  r.matched = m.one_to_one(p, t);
  std::vector<char> paired(p.size(), 0);
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (!t[i]) {
      ++r.ignored_truths;
      continue;
    }
    ++r.truths;
    r.truth[i] = m.partner[i] >= 0 ? Fate::matched : Fate::unmatched;
    if (m.partner[i] >= 0) paired[static_cast<std::size_t>(m.partner[i])] = 1;
  }
  // Unmatched predictions that lie by half or more on ignored truths are neither right nor wrong.
  std::vector<std::int64_t> on_ignored(p.size(), 0);
  for (const Overlap& v : o.overlaps)
    if (!t[v.truth]) on_ignored[v.prediction] += v.pixels;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (!p[i]) continue;
    if (!paired[i] && 2 * on_ignored[i] >= o.predictions[i].area && on_ignored[i] > 0) {
      p[i] = 0;
      continue;
    }
    ++r.predictions;
    r.prediction[i] = paired[i] ? Fate::matched : Fate::unmatched;
  }

  // Guide's rules: groups of objects tied by half or more of either's ground.
  enum { covers = 1,
         lies_in = 2 };
  const auto tie = [&](const Overlap& v) { return (2 * v.pixels >= o.truths[v.truth].area ? covers : 0) | (2 * v.pixels >= o.predictions[v.prediction].area ? lies_in : 0); };
  std::vector<std::vector<const Overlap*>> of_p(p.size()), of_t(t.size());
  for (const Overlap& v : o.overlaps)
    if (p[v.prediction] && t[v.truth] && tie(v)) of_p[v.prediction].push_back(&v), of_t[v.truth].push_back(&v);
  std::vector<char> free_p = p, free_t = t;
  for (std::size_t i = 0; i < p.size(); ++i) {  // one prediction over several truths
    if (of_p[i].size() < 2) continue;
    std::int64_t shared = 0, together = o.predictions[i].area;
    bool alone = true;
    for (const Overlap* v : of_p[i]) {
      alone = alone && of_t[v->truth].size() == 1 && (tie(*v) & covers);
      shared += v->pixels;
      together += o.truths[v->truth].area - v->pixels;
    }
    if (!alone || static_cast<double>(shared) < options.iou * static_cast<double>(together)) continue;
    free_p[i] = 0;
    for (const Overlap* v : of_p[i]) free_t[v->truth] = 0;
    r.tp += 1;
    r.fn += static_cast<std::int64_t>(of_p[i].size()) - 1;
  }
  for (std::size_t i = 0; i < t.size(); ++i) {  // several predictions in one truth
    if (of_t[i].size() < 2 || !free_t[i]) continue;
    std::int64_t shared = 0, together = o.truths[i].area;
    bool alone = true;
    for (const Overlap* v : of_t[i]) {
      alone = alone && of_p[v->prediction].size() == 1 && (tie(*v) & lies_in);
      shared += v->pixels;
      together += o.predictions[v->prediction].area - v->pixels;
    }
    if (!alone || static_cast<double>(shared) < options.iou * static_cast<double>(together)) continue;
    free_t[i] = 0;
    for (const Overlap* v : of_t[i]) free_p[v->prediction] = 0;
    r.tp += 1;
    r.fp += static_cast<std::int64_t>(of_t[i].size()) - 1;
  }
  const std::int64_t rest = m.one_to_one(free_p, free_t);
  r.tp += rest;
  r.fp += std::count(free_p.begin(), free_p.end(), 1) - rest;
  r.fn += std::count(free_t.begin(), free_t.end(), 1) - rest;
  return r;
}

RTS_INLINE double object_average_precision(std::vector<ScoredObject> all, double truths) {
  if (truths <= 0) return std::numeric_limits<double>::quiet_NaN();
  std::sort(all.begin(), all.end(), [](const ScoredObject& a, const ScoredObject& b) { return a.confidence > b.confidence; });
  double tp = 0, fp = 0, ap = 0;
  for (std::size_t i = 0; i < all.size();) {
    double hits = 0;
    const double score = all[i].confidence;
    for (; i < all.size() && all[i].confidence == score; ++i) (all[i].matched ? hits : fp) += all[i].weight;
    tp += hits;
    if (hits > 0) ap += hits / truths * tp / (tp + fp);
  }
  return ap;
}

}  // namespace rts::inline RTS_ABI::metrics
