#pragma once
#include <rts/inference/bands.hpp>

#include <algorithm>

namespace rts::inline RTS_ABI::inference {

RTS_INLINE std::vector<InputBand> find_bands(const std::vector<std::filesystem::path>& rasters, const std::vector<std::string>& wanted, const std::vector<std::string>& names) {
  std::vector<InputBand> out;
  std::string have;
  std::vector<InputBand> known;
  std::size_t given = 0;
  for (std::size_t f = 0; f < rasters.size(); ++f) {
    const raster::Raster r(rasters[f]);
    for (int b = 1; b <= r.bands(); ++b) {
      const std::string name = given < names.size() ? names[given++] : names.empty() ? r.description(b)
                                                                                     : "";
      if (name.empty()) continue;
      known.push_back({name, static_cast<int>(f), b, 1, r.nodata(b)});
      have += (have.empty() ? "" : ", ") + name;
    }
  }
  for (const std::string& w : wanted) {
    const auto it = std::find_if(known.begin(), known.end(), [&](const InputBand& b) { return b.name == w; });
    RTS_CHECK_DATA(it != known.end(), .code = "RTS-I53", .what = "the raster lacks a band of the model", .where = rasters.front().string(), .expected = w, .found = have.empty() ? "no band names" : have,
                   .fix = "name the bands in order with --bands red,green,blue, or give a further raster that holds it");
    out.push_back(*it);
  }
  return out;
}

}  // namespace rts::inline RTS_ABI::inference
