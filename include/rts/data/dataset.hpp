#pragma once
// A dataset as tables: its bands, its files, and the grid of windows that a network sees. Reads no raster itself.

#include <rts/core/error.hpp>
#include <rts/core/pixel_type.hpp>
#include <rts/data/footprint.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::data {

/// Where a band of the recipe is found.
struct BandSource {
  std::string name, unit;
  std::string folder;           ///< "images" or "extra"
  int index = 1;                ///< band in the file, from 1
  double scale = 1;             ///< value = raw x scale
  std::optional<double> nodata; ///< raw value that means "no data"; the file's own when absent
  std::string type = {};        ///< as the files store it, "UInt16"; known once indexed
};

/// One row of tiles.csv: a raster file of every folder under the same name.
struct FileRow {
  std::string name;    ///< without extension
  std::string scene;   ///< acquisition; the name itself when unknown
  std::string region;  ///< empty until derived or given
  std::string split;   ///< train, val, test or empty
  std::string other_split = {};   ///< when a table lists the file under two splits: a leak, reported by `find_leaks`
};

/// What a file turned out to be.
struct FileInfo {
  int width = 0, height = 0;
  double pixel_size = 0;  ///< metres
  int epsg = 0;           ///< 0 when the CRS has no code
  std::array<double, 6> transform{};
  Footprint footprint;
  std::vector<std::optional<double>> nodata = {};  ///< the file's own, of the recipe's bands
};

/// One window of the fixed grid: the unit of sampling, splitting and evaluation.
struct Sample {
  std::uint32_t file = 0;
  std::int32_t row = 0, column = 0;  ///< upper left pixel within the file
  std::int64_t positives = 0;        ///< valid pixels with a label above 0
  std::int64_t valid = 0;            ///< pixels with data in every band and a known label
  std::uint64_t content = 0;         ///< hash of image and label, for finding duplicates
};

enum class SplitName { train,
                       val,
                       test,
                       none };
SplitName parse_split(const std::string& text, const std::string& where);
std::string_view to_text(SplitName s);

struct Dataset {
  std::filesystem::path root;
  std::string version;
  std::vector<BandSource> bands;  ///< those of the recipe, in its order
  std::vector<FileRow> files;
  std::vector<FileInfo> info;     ///< of files, once indexed
  std::vector<Sample> samples;    ///< windows with data, once indexed
  int tile_height = 0, tile_width = 0;
  PixelType pixels = PixelType::f32;  ///< the narrowest type that holds every band
  double pixel_size = 0;
  std::string extension = ".tif";

  std::string sample_name(const Sample& s) const;
  SplitName split_of(const Sample& s) const;
  /// Samples of a split that may serve: positives, or negatives of which at least half is valid.
  std::vector<std::uint32_t> positives(SplitName split) const;
  std::vector<std::uint32_t> negatives(SplitName split) const;
};

/// Pixels of a sample as they are stored: planar bands of one type, labels, validity. Value in a band's unit = stored x its scale.
struct RawTile {
  PixelType type = PixelType::f32;
  std::vector<std::byte> image;      ///< bands x height x width of `type`; where not valid the value is 0
  std::vector<std::uint8_t> label;   ///< height x width; 255 where unknown
  std::vector<std::uint8_t> valid;   ///< height x width; 1 where every band has data and the label is known

  template <class T>
  T* pixels(std::size_t band) { return reinterpret_cast<T*>(image.data()) + band * label.size(); }
  template <class T>
  const T* pixels(std::size_t band) const { return reinterpret_cast<const T*>(image.data()) + band * label.size(); }
  /// Calls f with a pointer to a band's stored values, of their own type.
  template <class F>
  void visit(std::size_t band, F&& f) const {
    if (type == PixelType::u8) f(pixels<std::uint8_t>(band));
    else if (type == PixelType::u16) f(pixels<std::uint16_t>(band));
    else f(pixels<float>(band));
  }
  /// A band in its unit.
  std::vector<float> values(std::size_t band, double scale) const {
    std::vector<float> out(label.size());
    visit(band, [&](const auto* v) {
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(v[i]) * static_cast<float>(scale);
    });
    return out;
  }
};

/// Reads windows; one per thread.
class Reader {
 public:
  virtual ~Reader() = default;
  /// errors: RTS-D6x with file and pixel.
  virtual void read(const Sample& sample, RawTile& out) = 0;
  /// The sample, an element of the dataset's `samples`, as a record of the dataset's layout (record.hpp). errors: those of `read`.
  virtual void read_record(const Sample& sample, std::byte* out) = 0;
};

/// A place that tiles come from. Implemented over GDAL in `raster_source/`.
class Source {
 public:
  virtual ~Source() = default;
  virtual const Dataset& dataset() const = 0;
  virtual std::unique_ptr<Reader> reader() const = 0;
  /// Whether readers take windows that are not among the dataset's samples.
  virtual bool reads_anywhere() const { return true; }
};

/// Table of comma-separated values with a header line.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  int column(const std::string& name) const;  ///< -1 when absent
};
/// errors: RTS-D51 missing or empty file, ragged rows.
Table read_csv(const std::filesystem::path& path);

/// Reads tiles.csv (or lists images/), version.json and an optional table of splits and regions. Opens no raster.
/// errors: RTS-D51 tables, RTS-D52 a tile listed twice, RTS-D53 a band that the dataset lacks.
Dataset open_dataset(const std::filesystem::path& root, const std::optional<std::filesystem::path>& split_table);

/// Takes splits and regions from a table. errors: RTS-D51, RTS-D52.
void apply_split_table(Dataset& d, const std::filesystem::path& table);

/// Rectangles of a sample that an earlier sample of the same acquisition covers: left out of evaluation, so that a
/// pixel is scored once. Rows: row, column, height, width within the sample.
std::vector<std::vector<std::array<int, 4>>> covered_before(const Dataset& d, const std::vector<std::uint32_t>& samples);

}  // namespace rts::inline RTS_ABI::data

#if RTS_HEADER_ONLY
#include <rts/data/dataset.ipp>
#endif
