#pragma once
#include <rts/data/statistics.hpp>

#include <rts/core/atomic_file.hpp>

#include <nlohmann/json.hpp>

#include <fstream>

namespace rts::inline RTS_ABI::data {

RTS_INLINE void write_statistics(const std::filesystem::path& path, const Statistics& s) {
  nlohmann::ordered_json json;
  json["dataset_version"] = s.dataset_version;
  json["computed_date"] = s.computed_date;
  json["n_tiles_used"] = s.n_tiles_used;
  for (const char* group : {"rgb", "extra"}) {
    nlohmann::ordered_json names = nlohmann::json::array(), mean = nlohmann::json::array(), std = nlohmann::json::array();
    for (std::size_t i = 0; i < s.bands.size(); ++i) {
      const bool rgb = s.bands[i] == "red" || s.bands[i] == "green" || s.bands[i] == "blue";
      if (rgb != (std::string(group) == "rgb")) continue;
      names.push_back(s.bands[i]);
      mean.push_back(s.mean[i]);
      std.push_back(s.std[i]);
    }
    if (!names.empty()) json[group] = {{"bands", names}, {"mean", mean}, {"std", std}};
  }
  json["bands"] = s.bands;
  json["mean"] = s.mean;
  json["std"] = s.std;
  if (!s.quantiles.empty()) json["quantiles"] = s.quantiles;
  write_text(path, json.dump(2) + "\n");
}

RTS_INLINE Statistics read_statistics(const std::filesystem::path& path, const std::vector<std::string>& bands) {
  Statistics s;
  try {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("no such file");
    const auto json = nlohmann::json::parse(in);
    s.dataset_version = json.at("dataset_version").get<std::string>();
    s.computed_date = json.value("computed_date", "");
    s.n_tiles_used = json.value("n_tiles_used", std::int64_t{0});
    if (json.contains("bands")) {
      s.bands = json.at("bands").get<std::vector<std::string>>();
      s.mean = json.at("mean").get<std::vector<double>>();
      s.std = json.at("std").get<std::vector<double>>();
      if (json.contains("quantiles")) s.quantiles = json.at("quantiles").get<std::vector<std::vector<double>>>();
    } else {  // a file of the guide, without our list
      const std::vector<std::string> names{"red", "green", "blue", "ndvi", "nir", "relative_elevation", "shaded_relief"};
      for (const char* group : {"rgb", "extra"}) {
        if (!json.contains(group)) continue;
        for (const char* key : {"mean", "std"})
          for (const double v : json.at(group).at(key).get<std::vector<double>>()) (std::string(key) == "mean" ? s.mean : s.std).push_back(v);
      }
      for (std::size_t i = 0; i < s.mean.size() && i < names.size(); ++i) s.bands.push_back(names[i]);
    }
    if (s.mean.size() != s.bands.size() || s.std.size() != s.bands.size()) throw std::runtime_error("bands, mean and std differ in length");
  } catch (const std::exception& e) {
    throw DataError({.code = "RTS-D71", .what = "normalization statistics cannot be read", .where = path.string(), .found = e.what(), .fix = "make them with the subcommand stats"});
  }
  Statistics out = s;
  out.bands = bands;
  out.mean.clear();
  out.std.clear();
  out.quantiles.clear();
  for (const std::string& b : bands) {
    bool found = false;
    for (std::size_t i = 0; i < s.bands.size() && !found; ++i)
      if (s.bands[i] == b) {
        out.mean.push_back(s.mean[i]);
        out.std.push_back(s.std[i]);
        out.quantiles.push_back(i < s.quantiles.size() ? s.quantiles[i] : std::vector<double>{});
        found = true;
      }
    RTS_CHECK_DATA(found, .code = "RTS-D72", .what = "normalization statistics lack a band of the recipe", .where = path.string(), .expected = b, .fix = "use the statistics that travel with this model");
  }
  return out;
}

}  // namespace rts::inline RTS_ABI::data
