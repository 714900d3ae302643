#pragma once
// How a run maps rasters: networks, bands, options, and what an operating point binds of them. Shared by predict, evaluate and calibrate.

#include <rts/calibration/calibrate.hpp>
#include <rts/cli/options.hpp>
#include <rts/cli/session.ipp>
#include <rts/inference/pixel_rows.hpp>
#include <rts/inference/predict.hpp>
#include <rts/raster/outlines.hpp>
#include <rts/train/engine.hpp>
#include <rts/train/stage.hpp>

namespace rts::inline RTS_ABI::cli {

struct Mapping {
  data::Statistics statistics;
  std::vector<inference::Network> networks;
  inference::MapOptions options;
  Binding binding;
};

namespace detail {

inline std::string file_hash(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::uint64_t h = fnv1a("weights");
  std::vector<char> block(1 << 20);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) h = fnv1a({block.data(), static_cast<std::size_t>(in.gcount())}, h);
  return hex16(h);
}

inline std::vector<double> numbers(const std::string& text, const char* option) {
  std::vector<double> out;
  for (const std::string& part : comma_separated(text)) {
    char* end = nullptr;
    out.push_back(std::strtod(part.c_str(), &end));
    RTS_CHECK_USAGE(end != part.c_str() && *end == '\0', .code = "RTS-C56", .what = "not a list of numbers", .where = option, .expected = "numbers with commas between them", .found = text, .fix = "correct the option");
  }
  return out;
}

}  // namespace detail

/// `o`: after read_run_json, so that it knows its run.
inline Mapping make_mapping(const Options& o) {
  Mapping m;
  const at::Device device = train::parse_device(o.run.device);
  std::vector<std::filesystem::path> files{o.weights.empty() ? o.folder() / "best_model.safetensors" : o.weights};
  for (const std::string& name : o.ensemble) files.push_back(o.out / (o.plan.variant + "-" + name) / "best_model.safetensors");
  const std::string norm = "normalization_stats.json";
  m.statistics = data::read_statistics(o.folder() / norm, o.plan.bands);
  bool global = false;
  for (const auto& file : files) {
    const auto network = train::load_best(o.plan, file, device);
    global = global || network->is_global;
    m.networks.push_back(train::predictor(network, device, train::effective_arithmetic(o.plan, device, o.run.bf16)));
    m.binding.weights += (m.binding.weights.empty() ? "" : "+") + detail::file_hash(file);
    if (file.filename() == "best_model.safetensors" && file.parent_path() != o.folder() && o.weights.empty()) {
      const data::Statistics other = data::read_statistics(file.parent_path() / norm, o.plan.bands);
      RTS_CHECK_DATA(other.mean == m.statistics.mean && other.std == m.statistics.std, .code = "RTS-I62", .what = "networks of an ensemble that were trained with other normalization", .where = file.string(), .expected = "the statistics of " + o.folder().string(), .found = "others", .fix = "train them on one split with different seeds");
    }
  }
  inference::MapOptions& p = m.options;
  p.tile_height = o.plan.tile_height, p.tile_width = o.plan.tile_width;
  p.overlap = o.overlap >= 0 ? o.overlap : o.plan.tile_overlap;
  p.halo = o.halo;
  RTS_CHECK_USAGE(o.halo == 0 || !global, .code = "RTS-I61", .what = "halo windows with a network that sees its whole window", .where = o.plan.model, .expected = "no squeeze-and-excitation, no global pooling", .found = "a global network", .fix = "use blended windows, or an EfficientNetLite encoder");
  p.scales = detail::numbers(o.scales, "--scales");
  p.views = inference::parse_views(o.tta);
  p.batch = o.predict_batch, p.readers = o.readers;
  std::string bands, stats;
  for (std::size_t b = 0; b < o.plan.bands.size(); ++b) {
    bands += (b ? "," : "") + o.plan.bands[b];
    stats += number_text(m.statistics.mean[b]) + "/" + number_text(m.statistics.std[b]) + ";";
  }
  m.binding = {o.plan.fingerprint, m.binding.weights, bands, hex16(fnv1a(stats)), o.trained_pixel_size, p.tile_height, p.tile_width, p.overlap, p.halo > 0 ? "halo " + std::to_string(p.halo) : "cosine", o.scales, std::string(to_text(p.views)), static_cast<int>(files.size()), 8, o.smallest};
  return m;
}

/// Normalization of bands that a raster holds.
inline void set_normalization(const Options& o, const Mapping& m, double full_scale, std::vector<inference::InputBand>& bands) {
  const train::Normalizer n = train::make_normalizer(o.plan, m.statistics, full_scale);
  for (std::size_t b = 0; b < bands.size(); ++b) bands[b].mean = n.mean[b], bands[b].factor = n.factor[b];
}

/// The files and bands of one file of a dataset.
inline std::pair<std::vector<std::filesystem::path>, std::vector<inference::InputBand>> bands_of_file(const data::Dataset& d, std::size_t file) {
  std::vector<std::filesystem::path> rasters;
  std::vector<inference::InputBand> bands;
  std::vector<std::string> folders;
  for (std::size_t b = 0; b < d.bands.size(); ++b) {
    const data::BandSource& s = d.bands[b];
    auto it = std::find(folders.begin(), folders.end(), s.folder);
    if (it == folders.end()) {
      folders.push_back(s.folder);
      rasters.push_back(d.root / s.folder / (d.files[file].name + d.extension));
      it = folders.end() - 1;
    }
    bands.push_back({.name = s.name, .file = static_cast<int>(it - folders.begin()), .index = s.index, .scale = s.scale, .nodata = s.nodata ? s.nodata : d.info[file].nodata[b]});
  }
  return {rasters, bands};
}

/// Maps the files of a split the way rasters are mapped and hands each window of the split over: logits of the merged probability (from
/// -16 to 16), labels, validity. A pixel that two windows of one acquisition cover comes once.
template <class Window>
void map_split(const Options& o, const data::IndexedSource& source, const Mapping& m, const std::vector<std::uint32_t>& samples, Observer& observer, Window&& window) {
  const data::Dataset& d = source.dataset();
  RTS_CHECK_USAGE(source.reads_anywhere(), .code = "RTS-C57", .what = "packed tiles cannot be mapped like rasters", .expected = "--data", .found = "--packed", .fix = "give the dataset's folder");
  const auto covered = data::covered_before(d, samples);
  std::map<std::uint32_t, std::vector<std::size_t>> of_file;
  for (std::size_t k = 0; k < samples.size(); ++k) of_file[d.samples[samples[k]].file].push_back(k);
  const auto reader = source.reader();
  data::RawTile raw;
  Observer silent;
  std::int64_t done = 0;
  for (const auto& [file, places] : of_file) {
    auto [rasters, bands] = bands_of_file(d, file);
    set_normalization(o, m, train::full_scale(d), bands);
    const int width = d.info[file].width;
    std::vector<float> map;
    inference::map_rows(rasters, bands, m.networks, m.options, [&](int, const float* p) { map.insert(map.end(), p, p + width); }, silent);
    for (const std::size_t k : places) {
      const data::Sample& s = d.samples[samples[k]];
      reader->read(s, raw);
      const auto h = static_cast<std::size_t>(d.tile_height), w = static_cast<std::size_t>(d.tile_width);
      std::vector<float> logits(h * w);
      for (std::size_t y = 0; y < h; ++y)
        for (std::size_t x = 0; x < w; ++x) {
          const double p = std::clamp(static_cast<double>(map[(static_cast<std::size_t>(s.row) + y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(s.column) + x]), 1e-7, 1 - 1e-7);
          logits[y * w + x] = static_cast<float>(std::log(p / (1 - p)));
        }
      for (const auto& [row, column, height, wide] : covered[k])
        for (int y = row; y < row + height; ++y) std::fill_n(raw.valid.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(y) * w + static_cast<std::size_t>(column)), wide, std::uint8_t{0});
      window(samples[k], logits, raw);
    }
    observer.on_progress({.task = "map " + std::string(o.on), .done = ++done, .total = static_cast<std::int64_t>(of_file.size()), .unit = "files"});
  }
}

/// One window into an evaluation.
inline void add_window(metrics::Evaluation& e, const data::Dataset& d, std::uint32_t sample, std::vector<float>& logits, data::RawTile& raw) {
  const data::Sample& s = d.samples[sample];
  const std::string& region = d.files[s.file].region;
  const std::int64_t h = d.tile_height, w = d.tile_width;
  e.add(Logits<tasks::Binary>(at::from_blob(logits.data(), {1, 1, h, w})), Labels<tasks::Binary>(at::from_blob(raw.label.data(), {1, h, w}, at::kByte)), ValidMask(at::from_blob(raw.valid.data(), {1, h, w}, at::kByte)), {d.sample_name(s), region.empty() ? d.files[s.file].scene : region});
}

}  // namespace rts::inline RTS_ABI::cli
