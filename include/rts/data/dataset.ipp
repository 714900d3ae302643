#pragma once
#include <rts/data/dataset.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace rts::inline RTS_ABI::data {

RTS_INLINE std::string_view to_text(SplitName s) {
  switch (s) {
    case SplitName::train: return "train";
    case SplitName::val: return "val";
    case SplitName::test: return "test";
    default: return "none";
  }
}

RTS_INLINE SplitName parse_split(const std::string& text, const std::string& where) {
  if (text == "train" || text == "training") return SplitName::train;
  if (text == "val" || text == "validation" || text == "valid") return SplitName::val;
  if (text == "test") return SplitName::test;
  if (text.empty() || text == "none") return SplitName::none;
  throw DataError({.code = "RTS-D54", .what = "unknown split", .where = where, .expected = "train, val, test or none", .found = text, .fix = "correct the table"});
}

RTS_INLINE std::string Dataset::sample_name(const Sample& s) const {
  const std::string& name = files[s.file].name;
  if (!info.empty() && info[s.file].width == tile_width && info[s.file].height == tile_height) return name;
  return name + "@" + std::to_string(s.row) + "," + std::to_string(s.column);
}

RTS_INLINE SplitName Dataset::split_of(const Sample& s) const { return parse_split(files[s.file].split, files[s.file].name); }

RTS_INLINE std::vector<std::uint32_t> Dataset::positives(SplitName split) const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < samples.size(); ++i)
    if (samples[i].positives > 0 && split_of(samples[i]) == split) out.push_back(i);
  return out;
}

RTS_INLINE std::vector<std::uint32_t> Dataset::negatives(SplitName split) const {
  std::vector<std::uint32_t> out;
  const std::int64_t half = static_cast<std::int64_t>(tile_height) * tile_width / 2;
  for (std::uint32_t i = 0; i < samples.size(); ++i)
    if (samples[i].positives == 0 && samples[i].valid >= half && split_of(samples[i]) == split) out.push_back(i);
  return out;
}

RTS_INLINE int Table::column(const std::string& name) const {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i] == name) return static_cast<int>(i);
  return -1;
}

RTS_INLINE Table read_csv(const std::filesystem::path& path) {
  std::ifstream in(path);
  RTS_CHECK_DATA(in, .code = "RTS-D51", .what = "cannot read the table", .where = path.string(), .fix = "check the path");
  const auto split = [](std::string line) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') quoted = !quoted;
      else if (c == ',' && !quoted) cells.emplace_back();
      else cells.back() += c;
    }
    return cells;
  };
  Table t;
  std::string line;
  if (std::getline(in, line)) t.columns = split(line);
  for (int number = 2; std::getline(in, line); ++number) {
    if (line.empty() || line == "\r") continue;
    t.rows.push_back(split(line));
    RTS_CHECK_DATA(t.rows.back().size() == t.columns.size(), .code = "RTS-D51", .what = "a row with another number of cells than the header", .where = path.string() + ", line " + std::to_string(number),
                   .expected = std::to_string(t.columns.size()), .found = std::to_string(t.rows.back().size()), .fix = "correct the row; cells with commas need quotes");
  }
  RTS_CHECK_DATA(!t.rows.empty(), .code = "RTS-D51", .what = "the table has no rows", .where = path.string(), .fix = "list at least one tile, under a header line");
  return t;
}

RTS_INLINE void apply_split_table(Dataset& d, const std::filesystem::path& table) {
  const Table t = read_csv(table);
  const int tile = t.column("tile"), region = t.column("region"), split = t.column("split");
  RTS_CHECK_DATA(tile >= 0 && split >= 0, .code = "RTS-D51", .what = "the table of splits lacks a column", .where = table.string(), .expected = "tile, split and, best, region", .fix = "make it with the subcommand split");
  std::map<std::string, const std::vector<std::string>*> rows;
  std::map<std::string, std::string> contested;
  for (const auto& r : t.rows) {
    const auto [place, fresh] = rows.emplace(r[static_cast<std::size_t>(tile)], &r);
    const std::string& mine = r[static_cast<std::size_t>(split)];
    if (!fresh && mine != (*place->second)[static_cast<std::size_t>(split)]) {
      contested[place->first] = mine;
      continue;
    }
    RTS_CHECK_DATA(fresh, .code = "RTS-D52", .what = "a tile is listed twice", .where = table.string(), .found = place->first, .fix = "remove one of its rows");
  }
  for (FileRow& f : d.files) {
    const auto row = rows.find(f.name);
    f.split = row == rows.end() ? "none" : (*row->second)[static_cast<std::size_t>(split)];
    if (row != rows.end() && region >= 0) f.region = (*row->second)[static_cast<std::size_t>(region)];
    parse_split(f.split, table.string() + ": " + f.name);
    if (const auto twice = contested.find(f.name); twice != contested.end()) f.other_split = twice->second;
  }
}

RTS_INLINE Dataset open_dataset(const std::filesystem::path& root, const std::optional<std::filesystem::path>& split_table) {
  Dataset d;
  d.root = root;
  RTS_CHECK_DATA(std::filesystem::is_directory(root / "images"), .code = "RTS-D51", .what = "this is no dataset", .where = root.string(), .expected = "a folder with images/, labels/ and tiles.csv",
                 .found = "no images/", .fix = "give the dataset's folder with --data");
  std::set<std::string> seen;
  const auto add = [&](FileRow row) {
    RTS_CHECK_DATA(seen.insert(row.name).second, .code = "RTS-D52", .what = "a tile is listed twice", .where = (root / "tiles.csv").string(), .found = row.name, .fix = "remove one of its rows");
    if (row.scene.empty()) row.scene = row.name;
    d.files.push_back(std::move(row));
  };
  if (std::filesystem::exists(root / "tiles.csv")) {
    const Table t = read_csv(root / "tiles.csv");
    const int tile = t.column("tile"), scene = t.column("scene"), region = t.column("region"), split = t.column("split");
    RTS_CHECK_DATA(tile >= 0, .code = "RTS-D51", .what = "tiles.csv has no column 'tile'", .where = (root / "tiles.csv").string(), .fix = "name the column that holds the files' names 'tile'");
    const auto cell = [](const std::vector<std::string>& r, int c) { return c < 0 ? std::string() : r[static_cast<std::size_t>(c)]; };
    for (const auto& r : t.rows) {
      parse_split(cell(r, split), (root / "tiles.csv").string() + ": " + cell(r, tile));
      add({cell(r, tile), cell(r, scene), cell(r, region), cell(r, split)});
    }
  } else {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(root / "images"))
      if (entry.path().extension() == d.extension) names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    for (std::string& n : names) add({std::move(n), "", "", ""});
    RTS_CHECK_DATA(!d.files.empty(), .code = "RTS-D51", .what = "no tiles", .where = (root / "images").string(), .expected = "*.tif", .fix = "check the dataset's folder");
  }
  if (split_table) apply_split_table(d, *split_table);
  if (std::ifstream in(root / "version.json"); in) {
    try {
      const auto json = nlohmann::json::parse(in);
      d.version = json.at("version").get<std::string>();
      const auto bands = json.value("bands", nlohmann::json::object());
      for (const auto& [name, b] : bands.items()) {
        BandSource s{name, b.value("unit", ""), b.value("file", "images"), b.value("index", 1), b.value("scale", 1.0), {}};
        if (b.contains("nodata") && !b["nodata"].is_null()) s.nodata = b["nodata"].get<double>();
        d.bands.push_back(std::move(s));
      }
    } catch (const nlohmann::json::exception& e) {
      throw DataError({.code = "RTS-D51", .what = "version.json cannot be read", .where = (root / "version.json").string(), .found = e.what(), .fix = "see docs/data.md for its fields"});
    }
  }
  return d;
}

RTS_INLINE std::vector<std::vector<std::array<int, 4>>> covered_before(const Dataset& d, const std::vector<std::uint32_t>& samples) {
  struct Box {
    double x, y;  // upper left, CRS units
  };
  std::vector<std::vector<std::array<int, 4>>> out(samples.size());
  std::map<std::pair<std::string, int>, std::vector<std::pair<std::size_t, Box>>> by_scene;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Sample& s = d.samples[samples[i]];
    const FileInfo& f = d.info[s.file];
    const Box box{f.transform[0] + s.column * f.transform[1], f.transform[3] + s.row * f.transform[5]};
    auto& earlier = by_scene[{d.files[s.file].scene, f.epsg}];
    for (const auto& [j, other] : earlier) {
      const int dx = static_cast<int>(std::lround((other.x - box.x) / f.transform[1]));  // where the other begins, in this one's pixels
      const int dy = static_cast<int>(std::lround((other.y - box.y) / f.transform[5]));
      const int r0 = std::max(0, dy), c0 = std::max(0, dx), r1 = std::min(d.tile_height, dy + d.tile_height), c1 = std::min(d.tile_width, dx + d.tile_width);
      if (r1 > r0 && c1 > c0) out[i].push_back({r0, c0, r1 - r0, c1 - c0});
    }
    earlier.emplace_back(i, box);
  }
  return out;
}

}  // namespace rts::inline RTS_ABI::data
