#pragma once
#include <rts/data/index.hpp>

#include <ctime>

namespace rts::inline RTS_ABI::data {

RTS_INLINE Moments moments_of(const RawTile& tile, std::size_t band, double scale) {
  Moments all;
  tile.visit(band, [&](const auto* v) {
    // Chunks about their own mean, eight sums side by side; chunks are merged.
    for (std::size_t first = 0; first < tile.label.size(); first += 4096) {
      const std::size_t last = std::min(tile.label.size(), first + 4096);
      double sum[8] = {}, square[8] = {}, n = 0;
      const double about = static_cast<double>(v[first]);
      for (std::size_t i = first; i < last; ++i) {
        const double d = tile.valid[i] ? static_cast<double>(v[i]) - about : 0.0;
        sum[i % 8] += d;
        square[i % 8] += d * d;
        n += tile.valid[i];
      }
      double s = 0, s2 = 0;
      for (int k = 0; k < 8; ++k) s += sum[k], s2 += square[k];
      if (n > 0) all.merge({n, (about + s / n) * scale, std::max(0.0, s2 - s * s / n) * scale * scale});
    }
  });
  return all;
}

RTS_INLINE Statistics training_statistics(const Dataset& d, const std::vector<FileMoments>& files) {
  Statistics s;
  std::vector<Moments> moments(d.bands.size());
  for (std::size_t f = 0; f < files.size(); ++f) {
    const std::string& split = d.files[f].split;
    if (!(split.empty() || parse_split(split, d.files[f].name) == SplitName::train)) continue;
    for (std::size_t b = 0; b < files[f].bands.size(); ++b) moments[b].merge(files[f].bands[b]);
    s.n_tiles_used += files[f].windows;
  }
  char text[32];
  const std::time_t now = std::time(nullptr);
  std::tm tm{};
  gmtime_r(&now, &tm);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
  s.dataset_version = d.version;
  s.computed_date = text;
  for (std::size_t b = 0; b < moments.size(); ++b) {
    s.bands.push_back(d.bands[b].name);
    s.mean.push_back(moments[b].mean);
    s.std.push_back(moments[b].std());
  }
  return s;
}

}  // namespace rts::inline RTS_ABI::data
