#pragma once
#include <rts/data/quantiles.hpp>

#include <algorithm>
#include <cmath>

namespace rts::inline RTS_ABI::data {

RTS_INLINE Quantiles quantiles_of(std::vector<float>& values) {
  if (values.size() < 2) return {};
  std::sort(values.begin(), values.end());
  Quantiles q(quantile_count);
  for (std::size_t i = 0; i < quantile_count; ++i) {
    const double at = static_cast<double>(i) / (quantile_count - 1) * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(at), high = std::min(low + 1, values.size() - 1);
    q[i] = values[low] + (at - static_cast<double>(low)) * (static_cast<double>(values[high]) - values[low]);
  }
  return q;
}

RTS_INLINE std::vector<Quantiles> training_quantiles(const Source& source, std::size_t windows) {
  const Dataset& d = source.dataset();
  std::vector<std::uint32_t> all = d.positives(SplitName::train), chosen;
  const auto negatives = d.negatives(SplitName::train);
  all.insert(all.end(), negatives.begin(), negatives.end());
  if (all.empty())
    for (std::uint32_t i = 0; i < d.samples.size(); ++i) all.push_back(i);
  std::sort(all.begin(), all.end());
  const std::size_t n = std::min(windows, all.size());
  for (std::size_t k = 0; k < n; ++k) chosen.push_back(all[k * all.size() / n]);
  const auto reader = source.reader();
  RawTile tile;
  std::vector<std::vector<float>> values(d.bands.size());
  for (const std::uint32_t i : chosen) {
    reader->read(d.samples[i], tile);
    for (std::size_t b = 0; b < d.bands.size(); ++b) {
      const std::vector<float> v = tile.values(b, d.bands[b].scale);
      for (std::size_t p = 0; p < v.size(); ++p)
        if (tile.valid[p]) values[b].push_back(v[p]);
    }
  }
  std::vector<Quantiles> out;
  for (auto& v : values) out.push_back(quantiles_of(v));
  return out;
}

RTS_INLINE Drift drift_of(const std::vector<float>& sorted, const Quantiles& trained, double mean, double std) {
  Drift d;
  if (sorted.empty()) return d;
  double sum = 0;
  for (const float v : sorted) sum += v;
  d.shift = (sum / static_cast<double>(sorted.size()) - mean) / std::max(std, 1e-12);
  if (trained.size() != quantile_count) return d;
  constexpr std::size_t classes = 32, step = (quantile_count - 1) / classes;
  // Classes of about equal training share; values that stand for several shares end one class.
  double before = 0, trained_before = 0;
  for (std::size_t c = 1; c <= classes; ++c) {
    const double edge = trained[c * step];
    if (c < classes && edge == trained[(c - 1) * step]) continue;
    const double until = c == classes ? 1.0 : static_cast<double>(std::upper_bound(sorted.begin(), sorted.end(), static_cast<float>(edge)) - sorted.begin()) / static_cast<double>(sorted.size());
    const double trained_until = c == classes ? 1.0 : static_cast<double>(std::upper_bound(trained.begin(), trained.end(), edge) - trained.begin() - 1) / (quantile_count - 1);
    d.elsewhere += std::abs((until - before) - (trained_until - trained_before)) / 2;
    before = until, trained_before = trained_until;
  }
  return d;
}

RTS_INLINE MonotoneMap::MonotoneMap(Quantiles from, Quantiles to) {
  if (from.size() != to.size() || from.size() < 2) return;
  // Values that stand for several shares go to the middle of theirs.
  for (std::size_t i = 0; i < from.size();) {
    std::size_t j = i;
    while (j + 1 < from.size() && from[j + 1] == from[i]) ++j;
    from_.push_back(from[i]);
    to_.push_back((to[i] + to[j]) / 2);
    i = j + 1;
  }
}

RTS_INLINE float MonotoneMap::operator()(float v) const {
  if (from_.empty()) return v;
  if (v <= from_.front()) return static_cast<float>(v - from_.front() + to_.front());
  if (v >= from_.back()) return static_cast<float>(v - from_.back() + to_.back());
  const auto i = static_cast<std::size_t>(std::upper_bound(from_.begin(), from_.end(), static_cast<double>(v)) - from_.begin());
  const double t = (v - from_[i - 1]) / (from_[i] - from_[i - 1]);
  return static_cast<float>(to_[i - 1] + t * (to_[i] - to_[i - 1]));
}

}  // namespace rts::inline RTS_ABI::data
