#pragma once
#include <rts/data/split.hpp>

#include <rts/core/description.hpp>
#include <rts/core/philox_formula.hpp>

#include <functional>
#include <map>
#include <numeric>
#include <unordered_map>

namespace rts::inline RTS_ABI::data {
namespace detail {

/// Calls `visit(i, j, metres)` for every pair of files closer than `reach`; a grid of cells keeps it near linear.
inline void for_close_pairs(const Dataset& d, double reach, const std::function<void(std::size_t, std::size_t, double)>& visit) {
  double cell = std::max(reach, 1.0);
  for (const FileInfo& f : d.info) cell = std::max(cell, reach + 2 * f.footprint.radius());
  const auto key = [cell](const Point3& p, int dx, int dy, int dz) {
    return number_text(static_cast<std::int64_t>(std::floor(p[0] / cell)) + dx) + "," + number_text(static_cast<std::int64_t>(std::floor(p[1] / cell)) + dy) + "," +
           number_text(static_cast<std::int64_t>(std::floor(p[2] / cell)) + dz);
  };
  std::unordered_map<std::string, std::vector<std::size_t>> grid;
  for (std::size_t i = 0; i < d.info.size(); ++i) {
    const Point3 c = d.info[i].footprint.centre();
    for (int n = 0; n < 27; ++n) {
      const auto it = grid.find(key(c, n % 3 - 1, n / 3 % 3 - 1, n / 9 - 1));
      if (it == grid.end()) continue;
      for (const std::size_t j : it->second)
        if (const double metres = distance(d.info[i].footprint, d.info[j].footprint); metres < reach) visit(j, i, metres);
    }
    grid[key(c, 0, 0, 0)].push_back(i);
  }
}

/// Touching edges of neighbours are no overlap: half a pixel of slack absorbs rounding between zones.
inline double overlap_slack(const Dataset& d) {
  double pixel = 1;
  for (const FileInfo& f : d.info) pixel = std::max(pixel, f.pixel_size);
  return pixel / 2;
}

/// Squared distance of a split's shares from the wanted ones, tiles and pixels alike.
struct Balance {
  const std::vector<RegionWeight>& regions;
  std::array<double, 3> want;
  double tiles = 0, pixels = 0;

  Balance(const std::vector<RegionWeight>& r, const SplitShares& s) : regions(r), want{s.train, s.val, s.test} {
    const double sum = want[0] + want[1] + want[2];
    for (double& w : want) w /= sum;
    for (const RegionWeight& x : r) tiles += x.positive_tiles, pixels += x.positive_pixels;
  }
  double cost(const std::vector<SplitName>& a) const {
    double t[3] = {}, p[3] = {};
    int n[3] = {};
    for (std::size_t i = 0; i < a.size(); ++i) {
      const int k = static_cast<int>(a[i]);
      t[k] += regions[i].positive_tiles;
      p[k] += regions[i].positive_pixels;
      ++n[k];
    }
    double c = 0;
    for (int k = 0; k < 3; ++k) {
      c += std::pow(t[k] / std::max(tiles, 1.0) - want[k], 2) + std::pow(p[k] / std::max(pixels, 1.0) - want[k], 2);
      if (want[k] > 0 && (n[k] == 0 || t[k] == 0)) c += 10;  // a split without a positive tile is useless
    }
    return c;
  }
};

}  // namespace detail

RTS_INLINE std::vector<std::string> derive_regions(const Dataset& d, double min_distance, bool join_given) {
  std::vector<std::size_t> parent(d.files.size());
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const std::function<std::size_t(std::size_t)> root = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  const auto join = [&](std::size_t a, std::size_t b) {
    a = root(a);
    b = root(b);
    parent[std::max(a, b)] = std::min(a, b);
  };
  std::map<std::string, std::size_t> scenes, regions;
  for (std::size_t i = 0; i < d.files.size(); ++i) {
    join(i, scenes.emplace(d.files[i].scene, i).first->second);
    if (join_given && !d.files[i].region.empty()) join(i, regions.emplace(d.files[i].region, i).first->second);
  }
  detail::for_close_pairs(d, std::max(min_distance, 0.0), [&](std::size_t i, std::size_t j, double) { join(i, j); });
  std::map<std::size_t, std::string> names;
  std::vector<std::string> out;
  for (std::size_t i = 0; i < d.files.size(); ++i) {
    const std::size_t r = root(i);
    if (!names.count(r)) {
      const std::size_t n = names.size() + 1;
      names[r] = std::string(n < 10 ? "r0" : "r").append(std::to_string(n));
    }
    out.push_back(names[r]);
  }
  return out;
}

RTS_INLINE std::vector<SplitName> assign_splits(const std::vector<RegionWeight>& regions, const SplitShares& shares, std::uint64_t seed) {
  const int wanted = (shares.train > 0) + (shares.val > 0) + (shares.test > 0);
  RTS_CHECK_DATA(static_cast<int>(regions.size()) >= wanted, .code = "RTS-D81", .what = "too few regions to split", .expected = "at least " + std::to_string(wanted), .found = std::to_string(regions.size()),
                 .fix = "lower --min-distance if the ground allows it, or bring tiles from elsewhere");
  const detail::Balance balance(regions, shares);
  const std::size_t n = regions.size();
  std::vector<SplitName> best(n, SplitName::train), current(n, SplitName::train);
  double best_cost = balance.cost(best);
  if (n <= 15) {
    std::size_t count = 1;
    for (std::size_t i = 0; i < n; ++i) count *= 3;
    for (std::size_t code = 0; code < count; ++code) {
      std::size_t rest = code;
      for (std::size_t i = 0; i < n; ++i, rest /= 3) current[i] = static_cast<SplitName>(rest % 3);
      if (const double c = balance.cost(current); c < best_cost - 1e-15) best_cost = c, best = current;
    }
    return best;
  }
  Random random(seed, 0x5B117u, 0);
  for (int restart = 0; restart < 20; ++restart) {
    for (SplitName& s : current) s = static_cast<SplitName>(random.below(3));
    double cost = balance.cost(current);
    for (bool improved = true; improved;) {
      improved = false;
      for (std::size_t i = 0; i < n; ++i)
        for (int k = 0; k < 3; ++k) {
          const SplitName before = current[i];
          current[i] = static_cast<SplitName>(k);
          if (const double c = balance.cost(current); c < cost - 1e-15) cost = c, improved = true;
          else current[i] = before;
        }
    }
    if (cost < best_cost - 1e-15) best_cost = cost, best = current;
  }
  return best;
}

RTS_INLINE std::vector<int> assign_folds(const std::vector<RegionWeight>& regions, int folds, std::uint64_t seed) {
  RTS_CHECK_DATA(folds >= 2 && static_cast<int>(regions.size()) >= folds, .code = "RTS-D81", .what = "too few regions for the folds", .expected = "at least " + std::to_string(std::max(folds, 2)), .found = std::to_string(regions.size()),
                 .fix = "ask for fewer folds");
  // Largest first into the lightest fold; ties broken by the seed.
  std::vector<std::size_t> order(regions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto tie = [seed](std::size_t i) { return Random(seed, 0xF01Du, i).bits(); };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return regions[a].positive_tiles != regions[b].positive_tiles ? regions[a].positive_tiles > regions[b].positive_tiles : tie(a) < tie(b);
  });
  std::vector<double> load(static_cast<std::size_t>(folds), 0);
  std::vector<int> out(regions.size());
  for (const std::size_t i : order) {
    const auto lightest = std::min_element(load.begin(), load.end());
    *lightest += std::max(regions[i].positive_tiles, 1e-3);
    out[i] = static_cast<int>(lightest - load.begin());
  }
  return out;
}

RTS_INLINE std::vector<Leak> find_leaks(const Dataset& d, double min_distance) {
  std::vector<Leak> leaks;
  std::vector<SplitName> split;
  for (const FileRow& f : d.files) split.push_back(parse_split(f.split, f.name));
  const auto apart = [&](std::size_t i, std::size_t j) { return split[i] != split[j] && split[i] != SplitName::none && split[j] != SplitName::none; };
  const double slack = detail::overlap_slack(d);
  detail::for_close_pairs(d, std::max(min_distance, 0.0), [&](std::size_t i, std::size_t j, double metres) {
    if (!apart(i, j)) return;
    const std::string reason = metres < -slack ? "overlaps by " + std::to_string(std::lround(-metres)) + " m" : std::to_string(std::max(0L, std::lround(metres))) + " m apart";
    leaks.push_back({d.files[i].name, d.files[j].name, split[i], split[j], reason});
  });
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < d.files.size(); ++i) {
    if (const std::string& other = d.files[i].other_split; !other.empty()) leaks.push_back({d.files[i].name, d.files[i].name, split[i], parse_split(other, d.files[i].name), "listed in both splits"});
    if (d.files[i].region.empty()) continue;
    const auto [it, fresh] = first.emplace(d.files[i].region, i);
    if (!fresh && apart(it->second, i)) leaks.push_back({d.files[it->second].name, d.files[i].name, split[it->second], split[i], "same region " + d.files[i].region});
  }
  return leaks;
}

RTS_INLINE void prove_no_leak(const Dataset& d, double min_distance) {
  const std::vector<Leak> leaks = find_leaks(d, min_distance);
  if (leaks.empty()) return;
  std::map<std::string, int> overlapping;
  int overlaps = 0;
  std::string examples;
  for (const Leak& l : leaks) {
    if (!l.reason.starts_with("overlaps")) continue;
    ++overlaps;
    const int a = std::min(static_cast<int>(l.first_split), static_cast<int>(l.second_split)), b = std::max(static_cast<int>(l.first_split), static_cast<int>(l.second_split));
    ++overlapping[std::string(to_text(static_cast<SplitName>(a))) + "-" + std::string(to_text(static_cast<SplitName>(b)))];
  }
  int shown = 0;
  for (const bool overlap : {true, false})
    for (const Leak& l : leaks)
      if (l.reason.starts_with("overlaps") == overlap && shown < 6) {
        ++shown;
        examples += "\n            " + l.first + " (" + std::string(to_text(l.first_split)) + ") and " + l.second + " (" + std::string(to_text(l.second_split)) + "): " + l.reason;
      }
  std::string by_kind;
  for (const auto& [kind, n] : overlapping) by_kind += (by_kind.empty() ? "" : ", ") + std::to_string(n) + " " + kind;
  throw DataError({.code = "RTS-D82", .what = "the splits leak: ground of one lies in or next to another", .where = d.root.string(), .expected = "no two files of different splits closer than " + number_text(min_distance) + " m, or in one region", .found = std::to_string(leaks.size()) + " pairs, of which " + std::to_string(overlaps) + " overlap" + (by_kind.empty() ? "" : " (" + by_kind + ")") + examples, .fix = "make a split by regions with the subcommand split, and give it with --split"});
}

}  // namespace rts::inline RTS_ABI::data
