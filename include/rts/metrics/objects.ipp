#pragma once
#include <rts/metrics/objects.hpp>

#include <algorithm>
#include <functional>
#include <map>

namespace rts::inline RTS_ABI::metrics {

RTS_INLINE Components connected_components(const std::uint8_t* mask, int height, int width) {
  // Runs of a row joined with the runs of the row above by union-find; numbers given in raster order afterwards.
  struct Run {
    int row, first, last;  // columns, last inclusive
  };
  std::vector<Run> runs;
  std::vector<std::uint32_t> parent;
  const auto root = [&](std::uint32_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  std::size_t above = 0, above_end = 0;
  for (int y = 0; y < height; ++y) {
    const std::size_t row_begin = runs.size();
    const std::uint8_t* line = mask + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
    for (int x = 0; x < width;) {
      if (!line[x]) {
        ++x;
        continue;
      }
      const int first = x;
      while (x < width && line[x]) ++x;
      const auto me = static_cast<std::uint32_t>(runs.size());
      runs.push_back({y, first, x - 1});
      parent.push_back(me);
      while (above < above_end && runs[above].last + 1 < first) ++above;
      for (std::size_t k = above; k < above_end && runs[k].first <= x; ++k) {
        const std::uint32_t a = root(static_cast<std::uint32_t>(k)), b = root(me);
        parent[std::max(a, b)] = std::min(a, b);
      }
    }
    above = row_begin;
    above_end = runs.size();
  }
  Components c;
  c.label.assign(static_cast<std::size_t>(height) * static_cast<std::size_t>(width), 0);
  c.area.assign(1, 0);
  std::vector<std::uint32_t> number(runs.size(), 0);
  for (std::uint32_t i = 0; i < runs.size(); ++i) {
    const std::uint32_t r = root(i);
    if (number[r] == 0) {
      number[r] = static_cast<std::uint32_t>(c.area.size());
      c.area.push_back(0);
    }
    const Run& run = runs[i];
    c.area[number[r]] += run.last - run.first + 1;
    const std::size_t base = static_cast<std::size_t>(run.row) * static_cast<std::size_t>(width);
    std::fill(c.label.begin() + static_cast<std::ptrdiff_t>(base + static_cast<std::size_t>(run.first)), c.label.begin() + static_cast<std::ptrdiff_t>(base + static_cast<std::size_t>(run.last) + 1), number[r]);
  }
  return c;
}

RTS_INLINE ObjectCounts match_objects(const std::uint8_t* prediction, const std::uint8_t* truth, int height, int width, double iou) {
  const Components p = connected_components(prediction, height, width), t = connected_components(truth, height, width);
  ObjectCounts counts{0, static_cast<std::int64_t>(p.count()), static_cast<std::int64_t>(t.count())};
  if (p.count() == 0 || t.count() == 0) return counts;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> joint;
  for (std::size_t i = 0; i < p.label.size(); ++i)
    if (p.label[i] && t.label[i]) ++joint[{p.label[i], t.label[i]}];
  std::vector<std::vector<std::uint32_t>> edges(p.area.size());
  for (const auto& [pair, both] : joint)
    if (static_cast<double>(both) >= iou * static_cast<double>(p.area[pair.first] + t.area[pair.second] - both)) edges[pair.first].push_back(pair.second);
  // Augmenting paths: a maximum matching of the pairs that are good enough.
  std::vector<std::uint32_t> partner(t.area.size(), 0);
  std::vector<char> visited;
  const std::function<bool(std::uint32_t)> augment = [&](std::uint32_t i) {
    for (const std::uint32_t j : edges[i]) {
      if (visited[j]) continue;
      visited[j] = 1;
      if (partner[j] == 0 || augment(partner[j])) {
        partner[j] = i;
        return true;
      }
    }
    return false;
  };
  for (std::uint32_t i = 1; i < edges.size(); ++i) {
    visited.assign(t.area.size(), 0);
    counts.matched += augment(i);
  }
  return counts;
}

}  // namespace rts::inline RTS_ABI::metrics
