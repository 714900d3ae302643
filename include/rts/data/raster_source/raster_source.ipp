#pragma once
#include <rts/data/raster_source/raster_source.hpp>

#include <rts/core/description.hpp>
#include <rts/core/interrupt.hpp>
#include <rts/core/philox_formula.hpp>
#include <rts/data/record.hpp>
#include <rts/raster/raster.hpp>
#include <rts/raster/tiff_blocks.hpp>

#include <atomic>
#include <cmath>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <thread>

namespace rts::inline RTS_ABI::data {
namespace detail {

inline std::filesystem::path file_path(const Dataset& d, const std::string& folder, const std::string& name) { return d.root / folder / (name + d.extension); }

inline FileInfo inspect(const raster::Raster& image) {
  const raster::GeoReference geo = image.geo();
  const std::string where = image.path().string();
  RTS_CHECK_DATA(geo.has_transform && geo.has_crs, .code = "RTS-D61", .what = "a tile without georeference", .where = where, .expected = "a transform and a projected CRS",
                 .found = !geo.has_transform ? "no transform" : "no CRS", .fix = "write it with gdal_translate -a_srs EPSG:... -a_ullr ...");
  RTS_CHECK_DATA(geo.projected, .code = "RTS-D61", .what = "a tile with a geographic CRS", .where = where, .expected = "a projected CRS, for example UTM", .found = "degrees",
                 .fix = "reproject it with gdalwarp -t_srs EPSG:326xx");
  FileInfo info;
  info.width = image.width();
  info.height = image.height();
  info.pixel_size = geo.pixel_width();
  info.epsg = geo.epsg;
  info.transform = geo.transform;
  const auto lonlat = raster::corners(geo, info.width, info.height, where);
  for (std::size_t i = 0; i < 4; ++i) info.footprint.corners[i] = earth_centred(lonlat[i][0], lonlat[i][1]);
  return info;
}

/// Finds the bands of the recipe: version.json first, then --bands, then the files' own descriptions.
inline std::vector<BandSource> find_bands(const Dataset& d, const SourceOptions& o) {
  std::map<std::string, BandSource> known;
  for (const BandSource& b : d.bands) known[b.name] = b;
  if (!o.band_map.empty()) {
    std::string folder = "images", word;
    int index = 1;
    for (const char c : o.band_map + ";") {
      if (c == ':') {
        folder = word;
        word.clear();
        index = 1;
      } else if (c == ',' || c == ';') {
        if (!word.empty()) known[word] = BandSource{word, "", folder, index++, 1, {}};
        word.clear();
      } else word += c;
    }
  } else if (known.empty()) {
    for (const char* folder : {"images", "extra"}) {
      const auto path = file_path(d, folder, d.files.front().name);
      if (!std::filesystem::exists(path)) continue;
      const raster::Raster r(path);
      for (int b = 1; b <= r.bands(); ++b)
        if (const std::string name = r.description(b); !name.empty()) known.emplace(name, BandSource{name, "", folder, b, 1, {}});
    }
  }
  std::string have;
  for (const auto& [name, b] : known) have += (have.empty() ? "" : ", ") + name;
  std::vector<BandSource> out;
  for (const std::string& name : o.bands) {
    const auto it = known.find(name);
    RTS_CHECK_DATA(it != known.end(), .code = "RTS-D53", .what = "the dataset lacks a band of the recipe", .where = d.root.string(), .expected = name, .found = have.empty() ? "no band names" : have,
                   .fix = "name the bands with --bands \"images:red,green,blue;extra:ndvi\", or in version.json");
    out.push_back(it->second);
    const std::size_t i = out.size() - 1;
    if (i < o.units.size() && !it->second.unit.empty())
      RTS_CHECK_DATA(it->second.unit == o.units[i], .code = "RTS-D55", .what = "a band with another unit than the recipe's", .where = d.root.string() + ": " + name, .expected = o.units[i], .found = it->second.unit, .fix = "convert it, or declare the unit in version.json");
  }
  return out;
}

/// Reads windows of all bands and the label of a dataset: blocks directly where the file allows it, else through GDAL.
class RasterReader : public Reader {
 public:
  RasterReader(const Dataset& d, int classes) : d_(d), classes_(classes) {}

  void read(const Sample& sample, RawTile& out) override { read_window(sample, d_.tile_height, d_.tile_width, out); }
  void read_record(const Sample& sample, std::byte* out) override {
    read(sample, tile_);
    to_record(tile_, layout_of(d_, classes_), out);
  }

  void read_window(const Sample& sample, int h, int w, RawTile& out) {
    const std::size_t area = static_cast<std::size_t>(h) * static_cast<std::size_t>(w);
    out.type = d_.pixels;
    out.image.resize(area * d_.bands.size() * bytes_of(out.type));
    out.label.resize(area);
    out.valid.assign(area, 1);
    for (std::size_t first = 0; first < d_.bands.size();) {  // neighbouring bands of one file in one call
      std::size_t last = first;
      std::vector<int> indices;
      while (last < d_.bands.size() && d_.bands[last].folder == d_.bands[first].folder) indices.push_back(d_.bands[last++].index);
      read_file(d_.bands[first].folder, sample, w, h, indices, out.image.data() + first * area * bytes_of(out.type), out.type);
      for (std::size_t b = first; b < last; ++b)
        out.visit(b, [&](const auto* values) { mask(b, sample, w, values, out.valid.data(), area); });
      first = last;
    }
    read_file("labels", sample, w, h, {1}, out.label.data(), PixelType::u8);
    const auto most = static_cast<std::uint8_t>(classes_ - 1);
    std::uint8_t unknown = 0;
    for (std::size_t i = 0; i < area; ++i) {
      const std::uint8_t label = out.label[i], known = label != ignore_value;
      unknown |= known & (label > most);
      out.valid[i] &= known;
      out.label[i] = out.valid[i] ? label : ignore_value;
    }
    for (std::size_t i = 0; unknown && i < area; ++i)
      if (out.label[i] > most && out.label[i] != ignore_value)
        throw DataError({.code = "RTS-D65", .what = "a label with an unknown value", .where = place("labels", sample, w, i), .expected = "0 to " + std::to_string(classes_ - 1) + ", or 255 for unknown", .found = std::to_string(out.label[i]), .fix = "re-encode the labels"});
    if (std::memchr(out.valid.data(), 0, area))
      for (std::size_t b = 0; b < d_.bands.size(); ++b)
        out.visit(b, [&]<class T>(const T*) {
          T* v = out.pixels<T>(b);
          for (std::size_t i = 0; i < area; ++i) v[i] = out.valid[i] ? v[i] : T{0};
        });
  }

 private:
  static constexpr std::uint8_t ignore_value = 255;
  struct Open {
    std::string key;
    std::unique_ptr<raster::TiffBlocks> blocks;
    std::unique_ptr<raster::Raster> raster;  ///< opened when the blocks cannot be read directly
  };

  Open& open(const std::string& folder, const std::string& name) {
    const std::string key = folder + "/" + name;
    for (auto it = files_.begin(); it != files_.end(); ++it)
      if (it->key == key) {
        files_.splice(files_.begin(), files_, it);
        return files_.front();
      }
    files_.push_front({key, raster::TiffBlocks::open(file_path(d_, folder, name)), nullptr});
    if (files_.size() > 12) files_.pop_back();
    return files_.front();
  }
  void read_file(const std::string& folder, const Sample& s, int w, int h, const std::vector<int>& bands, void* out, PixelType type) {
    const std::string& name = d_.files[s.file].name;
    Open& file = open(folder, name);
    if (file.blocks && file.blocks->read(s.column, s.row, w, h, bands, out, type)) return;
    if (!file.raster) file.raster = std::make_unique<raster::Raster>(file_path(d_, folder, name));
    file.raster->read(s.column, s.row, w, h, bands, out, type);
  }
  std::string place(const std::string& folder, const Sample& s, int w, std::size_t i) const {
    return file_path(d_, folder, d_.files[s.file].name).string() + ", row " + std::to_string(s.row + static_cast<int>(i) / w) + ", column " + std::to_string(s.column + static_cast<int>(i) % w);
  }
  template <class T>
  void mask(std::size_t b, const Sample& s, int w, const T* values, std::uint8_t* valid, std::size_t area) const {
    const BandSource& band = d_.bands[b];
    const auto nodata = band.nodata ? band.nodata : d_.info[s.file].nodata[b];
    const bool nan_is_nodata = nodata && std::isnan(*nodata);
    const float none = nodata ? static_cast<float>(*nodata) : 0;
    if constexpr (!std::is_same_v<T, float>) {  // whole numbers are finite
      if (nodata && !nan_is_nodata)
        for (std::size_t i = 0; i < area; ++i) valid[i] &= static_cast<float>(values[i]) != none;
      return;
    }
    for (std::size_t i = 0; i < area; ++i) {
      if (nodata && (nan_is_nodata ? std::isnan(static_cast<float>(values[i])) : static_cast<float>(values[i]) == none)) valid[i] = 0;
      else if (!std::isfinite(static_cast<float>(values[i])))
        throw DataError({.code = "RTS-D66", .what = "NaN or infinity in an image", .where = place(band.folder, s, w, i), .expected = "finite numbers, or a declared nodata value", .found = band.name, .fix = "declare NaN as nodata (gdal_edit.py -a_nodata nan), or mend the file"});
    }
  }

  const Dataset& d_;
  int classes_;
  RawTile tile_;
  std::list<Open> files_;
};

/// What the first readable file stores: the type of every band, and the one that tiles keep.
inline void find_types(Dataset& d) {
  for (const FileRow& f : d.files) {
    try {
      d.pixels = PixelType::u8;
      for (BandSource& b : d.bands) {
        const raster::Raster r(file_path(d, b.folder, f.name));
        b.type = r.type(std::min(b.index, r.bands()));
        if (b.type == "UInt16" && d.pixels == PixelType::u8) d.pixels = PixelType::u16;
        else if (b.type != "Byte" && b.type != "UInt16") d.pixels = PixelType::f32;
      }
      return;
    } catch (const DataError&) {  // reported with its name when the files are indexed
    }
  }
}

inline void check_file(const Dataset& d, std::uint32_t index, FileInfo& info) {
  const std::string& name = d.files[index].name;
  const raster::Raster image(file_path(d, d.bands.front().folder, name));
  info = inspect(image);
  const auto same_size = [&](const raster::Raster& r, const char* what) {
    RTS_CHECK_DATA(r.width() == info.width && r.height() == info.height, .code = "RTS-D64", .what = what, .where = r.path().string(), .expected = std::to_string(info.width) + " x " + std::to_string(info.height),
                   .found = std::to_string(r.width()) + " x " + std::to_string(r.height()), .fix = "cut image, extra bands and label from the same window");
  };
  for (const BandSource& b : d.bands) {
    const raster::Raster r(file_path(d, b.folder, name));
    same_size(r, "bands of another size than the image");
    info.nodata.push_back(b.index <= r.bands() ? r.nodata(b.index) : std::nullopt);
    const std::string text = b.index <= r.bands() ? r.description(b.index) : "";
    RTS_CHECK_DATA(b.index <= r.bands() && (text.empty() || text == b.name), .code = "RTS-D63", .what = "a tile with other bands than the dataset", .where = r.path().string(),
                   .expected = "band " + std::to_string(b.index) + " is " + b.name, .found = b.index <= r.bands() ? text : std::to_string(r.bands()) + " bands", .fix = "replace the file, or correct version.json");
    RTS_CHECK_DATA(r.type(b.index) == b.type, .code = "RTS-D68", .what = "a band of another type than in the dataset's first tile", .where = r.path().string() + ": " + b.name, .expected = b.type, .found = r.type(b.index), .fix = "convert the file with gdal_translate -ot " + b.type);
  }
  same_size(raster::Raster(file_path(d, "labels", name)), "a label of another size than its image");
  RTS_CHECK_DATA(info.width >= d.tile_width && info.height >= d.tile_height, .code = "RTS-D67", .what = "an image smaller than the recipe's tile", .where = image.path().string(),
                 .expected = "at least " + std::to_string(d.tile_width) + " x " + std::to_string(d.tile_height), .found = std::to_string(info.width) + " x " + std::to_string(info.height), .fix = "use a smaller data::Tile, or larger images");
}

}  // namespace detail

RTS_INLINE Dataset open_footprints(const std::filesystem::path& root, const std::optional<std::filesystem::path>& split_table) {
  Dataset d = open_dataset(root, split_table);
  for (const FileRow& f : d.files) d.info.push_back(detail::inspect(raster::Raster(detail::file_path(d, "images", f.name))));
  return d;
}

RTS_INLINE RasterSource::RasterSource(const SourceOptions& o, Observer& observer) {
  classes_ = o.classes;
  raster::initialize();
  dataset_ = open_dataset(o.root, o.split_table);
  Dataset& d = dataset_;
  d.tile_height = o.tile_height;
  d.tile_width = o.tile_width;
  d.bands = detail::find_bands(d, o);
  d.info.resize(d.files.size());
  detail::find_types(d);

  struct PerFile {
    std::vector<Sample> samples;
    FileMoments moments;
    std::exception_ptr error;
    std::uint64_t content = 0;
  };
  std::vector<PerFile> results(d.files.size());
  std::atomic<std::size_t> next{0}, done{0};
  std::mutex mutex;
  const auto work = [&] {
    detail::RasterReader reader(d, classes_);
    RawTile tile;
    for (std::size_t f; (f = next.fetch_add(1)) < d.files.size() && !interrupted();) {
      PerFile& result = results[f];
      result.moments.bands.resize(d.bands.size());
      try {
        detail::check_file(d, static_cast<std::uint32_t>(f), d.info[f]);
        const std::size_t area = static_cast<std::size_t>(d.tile_height) * static_cast<std::size_t>(d.tile_width);
        for (int row = 0; row + d.tile_height <= d.info[f].height; row += d.tile_height)
          for (int column = 0; column + d.tile_width <= d.info[f].width; column += d.tile_width) {
            Sample s{static_cast<std::uint32_t>(f), row, column};
            reader.read(s, tile);
            for (std::size_t i = 0; i < area; ++i) {
              s.valid += tile.valid[i];
              s.positives += tile.valid[i] && tile.label[i] > 0;
            }
            s.content = fnv1a({reinterpret_cast<const char*>(tile.image.data()), tile.image.size()});
            result.content = fnv1a({reinterpret_cast<const char*>(tile.label.data()), tile.label.size()}, result.content ^ s.content);
            if (s.valid > 0) result.samples.push_back(s);
            Random pick(o.seed, 0x57A7u, f * 1000003u + static_cast<std::uint64_t>(row) * 4099u + static_cast<std::uint64_t>(column));
            if (s.valid > 0 && pick.uniform(0, 1) < o.statistics_share) {
              ++result.moments.windows;
              for (std::size_t b = 0; b < d.bands.size(); ++b) result.moments.bands[b].merge(moments_of(tile, b, d.bands[b].scale));
            }
          }
      } catch (...) {
        result.error = std::current_exception();
        result.samples.clear();
      }
      const std::size_t n = ++done;
      if (std::unique_lock lock(mutex, std::try_to_lock); lock) observer.on_progress({.task = "index", .done = static_cast<std::int64_t>(n), .total = static_cast<std::int64_t>(d.files.size()), .unit = "files"});
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < std::max(1, o.threads); ++t) threads.emplace_back(work);
  }
  moments_.assign(d.files.size(), {std::vector<Moments>(d.bands.size()), 0});
  std::uint64_t content = fnv1a("rts");
  for (std::size_t f = 0; f < results.size(); ++f) {
    PerFile& r = results[f];
    if (r.error) {
      if (!o.skip_bad) std::rethrow_exception(r.error);
      try {
        std::rethrow_exception(r.error);
      } catch (const std::exception& e) {
        skipped_.push_back(d.files[f].name);
        observer.on_message("warning", "skipped " + d.files[f].name + ": " + e.what());
      }
      continue;
    }
    if (d.pixel_size == 0) d.pixel_size = d.info[f].pixel_size;
    if (std::abs(d.info[f].pixel_size - d.pixel_size) > 0.001 * d.pixel_size) {
      const DataError error({.code = "RTS-D62", .what = "a tile with another pixel size than the dataset", .where = detail::file_path(d, "images", d.files[f].name).string(), .expected = number_text(d.pixel_size) + " m", .found = number_text(d.info[f].pixel_size) + " m", .fix = "resample it with gdalwarp -tr, or make a dataset of its own"});
      if (!o.skip_bad) throw error;
      skipped_.push_back(d.files[f].name);
      observer.on_message("warning", "skipped " + d.files[f].name + ": " + error.what());
      continue;
    }
    d.samples.insert(d.samples.end(), r.samples.begin(), r.samples.end());
    moments_[f] = std::move(r.moments);
    content = fnv1a(hex16(r.content), content);
  }
  if (d.version.empty()) d.version = "content-" + hex16(content);
  statistics_ = training_statistics(d, moments_);
}

RTS_INLINE std::unique_ptr<Reader> RasterSource::reader() const { return std::make_unique<detail::RasterReader>(dataset_, classes_); }

}  // namespace rts::inline RTS_ABI::data
