#pragma once
// Mean and standard deviation of bands: Welford's method with a merge rule, and the guide's JSON that travels with a model.

#include <rts/core/error.hpp>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::data {

/// Count, mean and sum of squared deviations; merging is exact up to rounding and independent of order to 1e-12 or so.
/// source: Welford 1962; Chan, Golub, LeVeque 1979.
struct Moments {
  double count = 0, mean = 0, m2 = 0;
  void add(double x) {
    count += 1;
    const double d = x - mean;
    mean += d / count;
    m2 += d * (x - mean);
  }
  void merge(const Moments& o) {
    if (o.count == 0) return;
    const double n = count + o.count, d = o.mean - mean;
    mean += d * o.count / n;
    m2 += o.m2 + d * d * count * o.count / n;
    count = n;
  }
  double std() const { return count > 0 ? std::sqrt(m2 / count) : 0; }
};

/// What normalization needs, and where it came from.
struct Statistics {
  std::string dataset_version;
  std::string computed_date;  ///< ISO 8601, UTC
  std::int64_t n_tiles_used = 0;
  std::vector<std::string> bands;
  std::vector<double> mean, std;
  std::vector<std::vector<double>> quantiles = {};  ///< of each band (quantiles.hpp); empty where unknown
};

/// normalization_stats.json of the guide: dataset_version, computed_date, n_tiles_used, rgb.mean/std for red, green, blue,
/// extra.mean/std for the other bands, and `bands` with all of them by name.
void write_statistics(const std::filesystem::path& path, const Statistics& s);
/// errors: RTS-D71 unreadable, RTS-D72 when `bands` are not those of the file, in order.
Statistics read_statistics(const std::filesystem::path& path, const std::vector<std::string>& bands);

}  // namespace rts::inline RTS_ABI::data

#if RTS_HEADER_ONLY
#include <rts/data/statistics.ipp>
#endif
