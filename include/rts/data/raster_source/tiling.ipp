#pragma once
#include <rts/data/raster_source/tiling.hpp>

#include <rts/core/atomic_file.hpp>
#include <rts/core/description.hpp>
#include <rts/core/interrupt.hpp>
#include <rts/core/philox_formula.hpp>
#include <rts/data/raster_source/raster_source.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <map>
#include <regex>

namespace rts::inline RTS_ABI::data {
namespace detail {

/// One image made of files of one CRS, pixel size and date, with its extra bands.
struct Mosaic {
  std::string name, date;
  std::unique_ptr<raster::Raster> image, extra;
  raster::GeoReference geo;
  int extra_row = 0, extra_column = 0;  ///< of the image's corner within the extra raster
};

/// YYYY-MM-DD from TIFFTAG_DATETIME, or from eight digits or a date in the file's name; empty when neither says.
inline std::string date_of(const raster::Raster& r) {
  std::smatch m;
  const std::string tag = r.metadata("TIFFTAG_DATETIME"), name = r.path().filename().string();
  if (std::regex_search(tag, m, std::regex("^(\\d{4})[:-](\\d{2})[:-](\\d{2})")) || std::regex_search(name, m, std::regex("(?:^|\\D)((?:19|20)\\d{2})[-_]?(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\\d|3[01])(?:\\D|$)"))) return m[1].str() + "-" + m[2].str() + "-" + m[3].str();
  return {};
}

inline std::vector<Mosaic> build_mosaics(const TilingOptions& o) {
  std::map<std::string, std::vector<std::filesystem::path>> groups;
  std::map<std::string, std::string> dates;
  for (const auto& path : o.rasters) {
    const raster::Raster r(path);
    inspect(r);  // refuses what has no projected CRS
    const auto geo = r.geo();
    const std::string date = o.date.empty() ? date_of(r) : o.date;
    const std::string key = o.separate ? "one" : geo.crs + number_text(geo.pixel_width()) + date;
    groups[key].push_back(path);
    dates[key] = date;
  }
  std::vector<Mosaic> out;
  for (const auto& [key, files] : groups) {
    Mosaic m;
    m.name = files.front().stem().string();
    m.date = dates[key];
    m.image = std::make_unique<raster::Raster>(files.size() > 1 ? raster::build_mosaic(files, o.separate) : files.front());
    m.geo = m.image->geo();
    if (!o.extra.empty()) {
      m.extra = std::make_unique<raster::Raster>(o.extra.size() > 1 ? raster::build_mosaic(o.extra, false) : o.extra.front());
      const auto g = m.extra->geo();
      const double column = (m.geo.transform[0] - g.transform[0]) / g.transform[1], row = (m.geo.transform[3] - g.transform[3]) / g.transform[5];
      m.extra_column = static_cast<int>(std::lround(column)), m.extra_row = static_cast<int>(std::lround(row));
      const bool fits = g.epsg == m.geo.epsg && std::abs(g.pixel_width() - m.geo.pixel_width()) < 1e-3 * g.pixel_width() && std::abs(column - m.extra_column) < 0.01 && std::abs(row - m.extra_row) < 0.01 && m.extra_column >= 0 && m.extra_row >= 0 &&
                        m.extra_column + m.image->width() <= m.extra->width() && m.extra_row + m.image->height() <= m.extra->height();
      RTS_CHECK_DATA(fits, .code = "RTS-E55", .what = "extra bands of another grid than the image", .where = m.extra->path().string(), .expected = "the CRS, pixel size and pixel grid of " + m.name + ", covering it", .found = "another", .fix = "warp them with gdalwarp -t_srs ... -tr ... -te ... -tap");
    }
    out.push_back(std::move(m));
  }
  return out;
}

inline raster::Type type_of(const raster::Raster& r) {
  const std::string t = r.type();
  return t == "Byte" ? raster::Type::byte : t == "UInt16" ? raster::Type::uint16
                                        : t == "Int16"    ? raster::Type::int16
                                                          : raster::Type::float32;
}

/// Starts of tiles along one edge: a grid, the last one shifted inwards.
inline std::vector<int> starts(int length, int tile, double overlap) {
  std::vector<int> out;
  const int step = std::max(1, static_cast<int>(std::lround(tile * (1 - overlap))));
  for (int at = 0; at + tile <= length; at += step) out.push_back(at);
  if (!out.empty() && out.back() + tile < length) out.push_back(length - tile);
  return out;
}

inline std::vector<std::string> names_of(const raster::Raster& r, const std::vector<std::string>& given, const char* option) {
  RTS_CHECK_USAGE(given.empty() || static_cast<int>(given.size()) == r.bands(), .code = "RTS-E54", .what = "names of another number than bands", .where = r.path().string(), .expected = std::to_string(r.bands()) + " names", .found = std::to_string(given.size()), .fix = std::string("name every band with ") + option);
  std::vector<std::string> out = given;
  for (int b = 1; given.empty() && b <= r.bands(); ++b) {
    out.push_back(r.description(b));
    RTS_CHECK_USAGE(!out.back().empty(), .code = "RTS-E54", .what = "a raster that does not name its bands", .where = r.path().string(), .expected = "descriptions, or " + std::string(option), .found = "band " + std::to_string(b) + " has none", .fix = std::string("name them: ") + option + " red,green,blue");
  }
  return out;
}

/// One tile that may be cut: where, and what its label says.
struct Candidate {
  std::size_t mosaic = 0;
  int row = 0, column = 0;
  std::vector<std::size_t> polygons;
  std::int64_t positives = 0, known = 0;
};

}  // namespace detail

RTS_INLINE TilingReport tile_rasters(const TilingOptions& o, Observer& observer) {
  namespace fs = std::filesystem;
  RTS_CHECK_USAGE(!fs::exists(o.out / "tiles.csv"), .code = "RTS-E51", .what = "there is a dataset already", .where = o.out.string(), .expected = "a new folder", .found = "tiles.csv", .fix = "choose another --data, or remove the folder");
  raster::Polygons polygons(o.polygons, o.polygon_crs);
  std::unique_ptr<raster::Polygons> area;
  if (!o.area.empty()) area = std::make_unique<raster::Polygons>(o.area, o.polygon_crs);
  std::vector<detail::Mosaic> mosaics = detail::build_mosaics(o);
  TilingReport report;
  report.polygons = polygons.report();
  report.mosaics = static_cast<int>(mosaics.size());
  for (const std::string& n : report.polygons.notes) observer.on_message("warning", n);

  const std::size_t pixels = static_cast<std::size_t>(o.height) * static_cast<std::size_t>(o.width);
  const auto transform_at = [](const raster::GeoReference& g, int row, int column) {
    auto t = g.transform;
    t[0] += column * t[1], t[3] += row * t[5];
    return t;
  };
  const auto box_at = [&](const raster::GeoReference& g, int row, int column) {
    const auto t = transform_at(g, row, column);
    return raster::Box{t[0], t[3] + o.height * t[5], t[0] + o.width * t[1], t[3]};
  };
  // Labels: 1 on polygons, 0 elsewhere, 255 outside the area of interest. Data: the image's own nodata, in any band.
  const auto label_of = [&](const detail::Mosaic& m, int row, int column, const std::vector<std::size_t>& near, std::vector<std::uint8_t>& label) {
    const auto t = transform_at(m.geo, row, column);
    label.assign(pixels, area ? 255 : 0);
    if (area) area->draw(area->near(box_at(m.geo, row, column), 0), t, o.width, o.height, 0, label.data());
    std::vector<std::uint8_t> objects(pixels, 0);
    polygons.draw(near, t, o.width, o.height, 1, objects.data());
    for (std::size_t i = 0; i < pixels; ++i)
      if (objects[i] && label[i] == 0) label[i] = 1;
  };
  std::vector<detail::Candidate> positives, negatives;
  std::vector<std::uint8_t> label, met(polygons.size(), 0);
  std::vector<float> values;
  for (std::size_t k = 0; k < mosaics.size(); ++k) {
    const detail::Mosaic& m = mosaics[k];
    polygons.project(m.geo);
    if (area) area->project(m.geo);
    const std::vector<int> rows = detail::starts(m.image->height(), o.height, o.overlap), columns = detail::starts(m.image->width(), o.width, o.overlap);
    RTS_CHECK_DATA(!rows.empty() && !columns.empty(), .code = "RTS-E53", .what = "a raster smaller than a tile", .where = m.image->path().string(), .expected = "at least " + std::to_string(o.height) + " x " + std::to_string(o.width), .found = std::to_string(m.image->height()) + " x " + std::to_string(m.image->width()), .fix = "use a smaller data::Tile, or larger rasters");
    std::vector<int> all;
    for (int b = 1; b <= m.image->bands(); ++b) all.push_back(b);
    std::size_t done = 0;
    for (const int row : rows) {
      for (const int column : columns) {
        RTS_CHECK(!interrupted(), .code = "RTS-E56", .what = "tiling was interrupted", .found = "no table was written", .fix = "run tile again into an empty folder");
        detail::Candidate c{k, row, column, polygons.near(box_at(m.geo, row, column), o.exclusion)};
        label_of(m, row, column, c.polygons, label);
        values.resize(pixels * all.size());
        m.image->read(column, row, o.width, o.height, all, values.data());
        for (std::size_t b = 0; b < all.size(); ++b)
          if (const auto none = m.image->nodata(all[b]))
            for (std::size_t i = 0; i < pixels; ++i)
              if (values[b * pixels + i] == static_cast<float>(*none) || std::isnan(values[b * pixels + i])) label[i] = 255;
        for (const std::uint8_t v : label) c.known += v != 255, c.positives += v == 1;
        if (c.positives > 0) {
          for (const std::size_t i : c.polygons) met[i] = 1;
          positives.push_back(std::move(c));
        } else if (static_cast<double>(c.known) < o.min_valid * static_cast<double>(pixels)) ++report.empty;
        else if (!c.polygons.empty()) ++report.too_close;
        else negatives.push_back(std::move(c));
      }
      observer.on_progress({.task = "look at " + m.name, .done = static_cast<std::int64_t>(++done), .total = static_cast<std::int64_t>(rows.size()), .unit = "rows"});
    }
  }
  for (const std::uint8_t v : met) report.used += v;
  RTS_CHECK_DATA(!positives.empty(), .code = "RTS-E52", .what = "no polygon meets a raster", .where = o.polygons.front().string(), .expected = "at least one of " + std::to_string(polygons.size()) + " polygons on " + mosaics.front().name, .found = "none", .fix = "check that both show the same ground, and the polygons' CRS (--polygon-crs)");
  report.candidates = static_cast<std::int64_t>(negatives.size());
  // A seeded choice of negatives, in place order afterwards.
  const std::size_t wanted = o.negatives > 0 ? std::min(negatives.size(), static_cast<std::size_t>(std::ceil(o.negatives * static_cast<double>(positives.size())))) : negatives.size();
  Random random(o.seed, 0x711Eu, 0);
  for (std::size_t i = 0; i < wanted; ++i) std::swap(negatives[i], negatives[i + random.below(static_cast<std::uint32_t>(negatives.size() - i))]);
  negatives.resize(wanted);
  report.positives = static_cast<std::int64_t>(positives.size());
  report.negatives = static_cast<std::int64_t>(wanted);
  std::vector<detail::Candidate> chosen = std::move(positives);
  chosen.insert(chosen.end(), negatives.begin(), negatives.end());
  std::sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) { return std::tie(a.mosaic, a.row, a.column) < std::tie(b.mosaic, b.row, b.column); });

  std::error_code error;
  for (const char* folder : {"images", "labels", "extra"})
    if (std::string(folder) != "extra" || !o.extra.empty()) fs::create_directories(o.out / folder, error);
  RTS_CHECK(!error, .code = "RTS-G54", .what = "cannot make the dataset's folder", .where = o.out.string(), .found = error.message(), .fix = "choose a folder that can be written");
  const std::vector<std::string> bands = detail::names_of(*mosaics.front().image, o.bands, "--bands");
  const std::vector<std::string> extra_bands = mosaics.front().extra ? detail::names_of(*mosaics.front().extra, o.extra_bands, "--extra-bands") : std::vector<std::string>{};
  std::vector<std::string> names;
  std::size_t current = mosaics.size(), done = 0;
  for (const detail::Candidate& c : chosen) {
    const detail::Mosaic& m = mosaics[c.mosaic];
    RTS_CHECK(!interrupted(), .code = "RTS-E56", .what = "tiling was interrupted", .found = "no table was written", .fix = "run tile again into an empty folder");
    if (current != c.mosaic) {
      polygons.project(m.geo);
      if (area) area->project(m.geo);
      current = c.mosaic;
    }
    names.push_back(m.name + (mosaics.size() > 1 ? "_" + std::to_string(c.mosaic + 1) : "") + "_r" + std::to_string(c.row) + "_c" + std::to_string(c.column));
    raster::GeoReference geo = m.geo;
    geo.transform = transform_at(m.geo, c.row, c.column);
    const auto copy = [&](const char* folder, const raster::Raster& from, int row, int column, const std::vector<std::string>& descriptions) {
      raster::Writer to(o.out / folder / (names.back() + ".tif"), o.width, o.height, from.bands(), geo, {.type = detail::type_of(from), .nodata = from.nodata(1), .descriptions = descriptions, .metadata = {{"TIFFTAG_DATETIME", m.date}}, .block = 256});
      values.resize(pixels);
      for (int b = 1; b <= from.bands(); ++b) {
        from.read(column, row, o.width, o.height, {b}, values.data());
        to.write(b, 0, o.height, values.data());
      }
      to.commit();
    };
    copy("images", *m.image, c.row, c.column, bands);
    if (m.extra) copy("extra", *m.extra, c.row + m.extra_row, c.column + m.extra_column, extra_bands);
    label_of(m, c.row, c.column, c.polygons, label);
    raster::Writer to(o.out / "labels" / (names.back() + ".tif"), o.width, o.height, 1, geo, {.type = raster::Type::byte, .descriptions = {"object"}, .block = 256});
    const std::vector<float> plain(label.begin(), label.end());
    to.write(1, 0, o.height, plain.data());
    to.commit();
    observer.on_progress({.task = "tile", .done = static_cast<std::int64_t>(++done), .total = static_cast<std::int64_t>(chosen.size()), .unit = "tiles"});
  }

  nlohmann::ordered_json version;
  version["version"] = "tiled-" + hex16(fnv1a(std::to_string(chosen.size()) + names.front() + names.back() + std::to_string(o.seed)))
                                      .substr(0, 8);
  version["made_by"] = {{"rasters", nlohmann::json::array()}, {"polygons", nlohmann::json::array()}, {"overlap", o.overlap}, {"negatives", o.negatives}, {"exclusion_m", o.exclusion}, {"seed", o.seed}};
  for (const auto& r : o.rasters) version["made_by"]["rasters"].push_back(r.filename().string());
  for (const auto& p : o.polygons) version["made_by"]["polygons"].push_back(p.filename().string());
  for (std::size_t b = 0; b < bands.size(); ++b) version["bands"][bands[b]] = {{"file", "images"}, {"index", b + 1}, {"scale", o.scale}};
  for (std::size_t b = 0; b < extra_bands.size(); ++b) version["bands"][extra_bands[b]] = {{"file", "extra"}, {"index", b + 1}, {"scale", 1.0}};
  write_text(o.out / "version.json", version.dump(2) + "\n", "RTS-G54");

  // Regions and splits, from the tiles' own footprints.
  Dataset d;
  d.root = o.out;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    d.files.push_back({names[i], names[i], "", ""});  // a mosaic may reach over several regions: only nearness joins tiles
    d.info.push_back(detail::inspect(raster::Raster(o.out / "images" / (names[i] + ".tif"))));
  }
  const std::vector<std::string> regions = derive_regions(d, o.min_distance, false);
  std::map<std::string, RegionWeight> weights;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    RegionWeight& w = weights[regions[i]];
    w.name = regions[i];
    w.positive_tiles += chosen[i].positives > 0;
    w.positive_pixels += static_cast<double>(chosen[i].positives);
  }
  report.regions = static_cast<int>(weights.size());
  std::map<std::string, SplitName> split;
  std::vector<RegionWeight> list;
  int with_objects = 0;
  for (const auto& [name, w] : weights) list.push_back(w), with_objects += w.positive_tiles > 0;
  if (with_objects >= 3) {
    const auto assigned = assign_splits(list, o.shares, o.seed);
    for (std::size_t i = 0; i < list.size(); ++i) split[list[i].name] = assigned[i];
    report.split = true;
  }
  std::string table = "tile,scene,region,split,epsg,date,positive_fraction\n";
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const detail::Mosaic& m = mosaics[chosen[i].mosaic];
    table += names[i] + "," + m.name + (m.date.empty() ? "" : " " + m.date) + "," + regions[i] + "," + (report.split ? std::string(to_text(split[regions[i]])) : "") + "," + std::to_string(m.geo.epsg) + "," + m.date + "," + number_text(static_cast<double>(chosen[i].positives) / static_cast<double>(pixels)) + "\n";
  }
  write_text(o.out / "tiles.csv", table, "RTS-G54");
  return report;
}

}  // namespace rts::inline RTS_ABI::data
