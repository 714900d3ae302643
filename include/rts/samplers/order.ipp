#pragma once
#include <rts/samplers/order.hpp>

#include <rts/core/description.hpp>
#include <rts/core/error.hpp>
#include <rts/core/philox_formula.hpp>

#include <range/v3/range/conversion.hpp>
#include <range/v3/view/chunk.hpp>
#include <range/v3/view/drop.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/join.hpp>
#include <range/v3/view/stride.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

namespace rts::inline RTS_ABI::samplers {
namespace detail {

/// Fisher-Yates on a copy, keyed.
inline std::vector<std::uint32_t> shuffled(std::vector<std::uint32_t> items, std::uint64_t seed, std::uint32_t stream, std::uint64_t item) {
  Random random(seed, stream, item);
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(static_cast<std::uint32_t>(i))]);
  return items;
}

/// Draws without replacement, carrying on over epochs. When the pool runs out within an epoch it is shuffled anew, and what
/// that epoch has already drawn goes to the end: an epoch never sees a negative twice.
class Pool {
 public:
  Pool(const std::vector<std::uint32_t>& items, std::uint64_t seed) : items_(items), seed_(seed) { refill({}); }

  /// One epoch's draw; count <= number of items.
  std::vector<std::uint32_t> take(std::size_t count) {
    std::vector<std::uint32_t> out;
    while (out.size() < count) {
      if (at_ == current_.size()) refill(out);
      out.push_back(current_[at_++]);
    }
    return out;
  }

 private:
  void refill(const std::vector<std::uint32_t>& drawn) {
    current_ = shuffled(items_, seed_, 0x4E65u, pass_++);
    const std::unordered_set<std::uint32_t> seen(drawn.begin(), drawn.end());
    std::stable_partition(current_.begin(), current_.end(), [&](std::uint32_t i) { return !seen.count(i); });
    at_ = 0;
  }
  const std::vector<std::uint32_t>& items_;
  std::uint64_t seed_;
  std::uint64_t pass_ = 0;
  std::vector<std::uint32_t> current_;
  std::size_t at_ = 0;
};

/// `count` items from `start` on of the endless sequence shuffle 0, shuffle 1, ... of the items.
inline std::vector<std::uint32_t> from_endless(const std::vector<std::uint32_t>& items, std::uint64_t start, std::size_t count, std::uint64_t seed, std::uint32_t stream) {
  namespace v = ranges::views;
  const std::uint64_t n = items.size(), first = start / n, last = (start + count + n - 1) / n;
  std::vector<std::vector<std::uint32_t>> passes = v::iota(first, last) | v::transform([&](std::uint64_t pass) { return shuffled(items, seed, stream, pass); }) | ranges::to<std::vector>();
  return passes | v::join | v::drop(static_cast<std::ptrdiff_t>(start - first * n)) | v::take(static_cast<std::ptrdiff_t>(count)) | ranges::to<std::vector>();
}

}  // namespace detail

RTS_INLINE std::string Drawn::text() const {
  if (groups > 0) return "drew " + std::to_string(positive_draws) + " tiles with objects (" + std::to_string(positives) + " distinct) and " + std::to_string(negatives) + " without, of " + std::to_string(groups) + " regions";
  return "drew " + std::to_string(positives) + " positive tiles (" + std::to_string(positive_draws) + " draws) and " + std::to_string(negatives) + " negatives: ratio 1:" + number_text(effective_ratio) + (hard > 0 ? ", " + std::to_string(hard) + " of them hard" : "") +
         (pool_exhausted ? " (1:" + number_text(wanted_ratio) + " wanted, all negatives taken)" : "");
}

RTS_INLINE Order epoch_order(const std::vector<std::uint32_t>& positives, const std::vector<std::uint32_t>& negatives, const std::vector<double>& ratios, int epoch, int batch, double positive_fraction, std::uint64_t seed) {
  RTS_CHECK_DATA(!positives.empty() && !negatives.empty(), .code = "RTS-S51", .what = "the training split has no positive or no negative tile", .expected = "at least one of each",
                 .found = std::to_string(positives.size()) + " positive, " + std::to_string(negatives.size()) + " negative", .fix = "check the split and the labels; smaller tiles give more negatives");
  const auto in_batch_positive = static_cast<std::size_t>(std::lround(positive_fraction * batch));
  const std::size_t in_batch_negative = static_cast<std::size_t>(batch) - in_batch_positive;
  const auto wanted = [&](double ratio) { return std::min(negatives.size(), static_cast<std::size_t>(std::ceil(ratio * static_cast<double>(positives.size()) - 1e-9))); };
  // Whole batches only: what an epoch used decides where the next one carries on.
  const auto used = [&](double ratio) { return wanted(ratio) / in_batch_negative * in_batch_negative; };

  const double ratio = ratios.at(static_cast<std::size_t>(epoch - 1));
  const std::size_t count = used(ratio), batches = count / in_batch_negative;
  RTS_CHECK_DATA(batches > 0, .code = "RTS-S52", .what = "an epoch's negatives do not fill one batch", .expected = std::to_string(in_batch_negative) + " at least", .found = std::to_string(wanted(ratio)),
                 .fix = "use a smaller train::Batch, a higher ratio, or more tiles");
  std::uint64_t start_positive = 0;
  detail::Pool pool(negatives, seed);
  for (int e = 1; e < epoch; ++e) start_positive += pool.take(used(ratios[static_cast<std::size_t>(e - 1)])).size() / in_batch_negative * in_batch_positive;
  const std::vector<std::uint32_t> neg = pool.take(count);
  const auto pos = detail::from_endless(positives, start_positive, batches * in_batch_positive, seed, 0x506Fu);

  namespace v = ranges::views;
  Order order;
  order.samples.reserve(batches * static_cast<std::size_t>(batch));
  auto n = neg.begin();
  for (auto&& p : pos | v::chunk(static_cast<std::ptrdiff_t>(in_batch_positive))) {
    for (const std::uint32_t i : p) order.samples.push_back(i);
    for (std::size_t k = 0; k < in_batch_negative; ++k) order.samples.push_back(*n++);
  }
  Drawn& d = order.drawn;
  d.wanted_ratio = ratio;
  d.negatives = count;
  d.positives = std::min(positives.size(), pos.size());
  d.positive_draws = pos.size();
  d.effective_ratio = std::round(100.0 * static_cast<double>(count) / static_cast<double>(positives.size())) / 100;
  d.pool_exhausted = static_cast<double>(negatives.size()) < ratio * static_cast<double>(positives.size());
  return order;
}

namespace detail {

inline void tell(Order& order, const std::vector<Candidate>& tiles) {
  std::unordered_map<std::uint32_t, const Candidate*> by_sample;
  for (const Candidate& c : tiles) by_sample[c.sample] = &c;
  std::unordered_set<std::uint32_t> positives, groups;
  Drawn& d = order.drawn;
  for (const std::uint32_t i : order.samples) {
    const Candidate& c = *by_sample.at(i);
    groups.insert(c.group);
    if (!c.positive) ++d.negatives;
    else ++d.positive_draws, positives.insert(i);
  }
  d.positives = positives.size();
  d.groups = groups.size();
  d.effective_ratio = d.positive_draws ? std::round(100.0 * static_cast<double>(d.negatives) / static_cast<double>(d.positive_draws)) / 100 : 0;
}

}  // namespace detail

RTS_INLINE Order stratified_order(const std::vector<Candidate>& tiles, const std::vector<std::string>& groups, int per_group, int epoch, std::uint64_t seed) {
  std::vector<std::vector<std::uint32_t>> members(groups.size());
  for (const Candidate& c : tiles) members.at(c.group).push_back(c.sample);
  for (std::size_t g = 0; g < groups.size(); ++g)
    RTS_CHECK_DATA(!members[g].empty(), .code = "RTS-S53", .what = "a region without a tile in a stratified sampler", .where = groups[g], .expected = "at least one tile with data in the training split", .found = "none", .fix = "leave the region out of the split table, or mend its tiles");
  RTS_CHECK_DATA(!groups.empty(), .code = "RTS-S54", .what = "no tile to draw from", .expected = "tiles with data in the training split", .found = "none", .fix = "check the split");
  const auto take = static_cast<std::size_t>(per_group);
  const std::size_t rounds = std::max<std::size_t>(1, tiles.size() / (groups.size() * take));
  Order order;
  std::vector<std::vector<std::uint32_t>> drawn;
  for (std::size_t g = 0; g < groups.size(); ++g) drawn.push_back(detail::from_endless(members[g], static_cast<std::uint64_t>(epoch - 1) * rounds * take, rounds * take, seed, 0x5700u + static_cast<std::uint32_t>(g)));
  for (std::size_t r = 0; r < rounds; ++r)
    for (const auto& of_group : drawn)
      for (std::size_t k = 0; k < take; ++k) order.samples.push_back(of_group[r * take + k]);
  detail::tell(order, tiles);
  return order;
}

RTS_INLINE Order weighted_order(const std::vector<Candidate>& tiles, double positive_weight, double by_region, int epoch, std::uint64_t seed) {
  RTS_CHECK_DATA(!tiles.empty() && positive_weight > 0, .code = "RTS-S54", .what = "no tile to draw from", .expected = "tiles with data in the training split", .found = "none", .fix = "check the split");
  std::unordered_map<std::uint32_t, double> in_group;
  for (const Candidate& c : tiles) in_group[c.group] += 1;
  std::vector<double> up_to;
  double sum = 0;
  for (const Candidate& c : tiles) up_to.push_back(sum += (c.positive ? positive_weight : 1) / std::pow(in_group[c.group], by_region));
  Random random(seed, 0x3E16u, static_cast<std::uint64_t>(epoch));
  Order order;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const auto at = std::upper_bound(up_to.begin(), up_to.end(), random.uniform(0, sum));
    order.samples.push_back(tiles[std::min(static_cast<std::size_t>(at - up_to.begin()), tiles.size() - 1)].sample);
  }
  detail::tell(order, tiles);
  return order;
}

RTS_INLINE void put_hard(Order& order, const std::vector<std::uint32_t>& hard, double share, int epoch, int batch, double positive_fraction, std::uint64_t seed) {
  const std::size_t size = static_cast<std::size_t>(batch), negatives = size - static_cast<std::size_t>(std::lround(positive_fraction * batch));
  const std::size_t each = static_cast<std::size_t>(std::lround(share * static_cast<double>(negatives))), batches = order.samples.size() / size;
  if (hard.empty() || each == 0) return;
  const auto drawn = detail::from_endless(hard, 0, each * batches, seed + static_cast<std::uint64_t>(epoch), 0x4A7Du);
  for (std::size_t b = 0; b < batches; ++b)
    for (std::size_t k = 0; k < each; ++k) order.samples[(b + 1) * size - 1 - k] = drawn[b * each + k];
  order.drawn.hard = each * batches;
}

RTS_INLINE std::vector<std::uint32_t> choose(const std::vector<std::uint32_t>& items, std::size_t count, int epoch, std::uint64_t seed) {
  std::vector<std::uint32_t> out = detail::shuffled(items, seed, 0x4A2Du, static_cast<std::uint64_t>(epoch));
  out.resize(std::min(count, out.size()));
  return out;
}

RTS_INLINE std::vector<std::uint32_t> shard(const std::vector<std::uint32_t>& order, int batch, int rank, int world) {
  namespace v = ranges::views;
  const std::size_t size = static_cast<std::size_t>(batch), each = order.size() / size / static_cast<std::size_t>(world);
  return order | v::chunk(batch) | v::drop(rank) | v::stride(world) | v::take(static_cast<std::ptrdiff_t>(each)) | v::join | ranges::to<std::vector>();
}

}  // namespace rts::inline RTS_ABI::samplers
