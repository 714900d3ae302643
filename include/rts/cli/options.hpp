#pragma once
// What the command line says, as plain values, and the places it implies.

#include <rts/train/engine.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::cli {

/// All options of all subcommands; each subcommand reads its own.
struct Options {
  train::Plan plan;
  std::vector<std::string> arguments;   ///< as typed, for the record

  std::filesystem::path data;           ///< empty: the embedded synthetic scenes
  std::filesystem::path split_table;
  std::filesystem::path packed;         ///< a file made by prepare, instead of data
  std::string bands;
  std::filesystem::path out = "runs";
  std::string name = "default";
  int threads = 2;
  double min_distance = 5000;
  double statistics_share = 1;
  train::RunOptions run;
  bool overwrite = false;
  bool quiet = false;
  std::filesystem::path json;

  // evaluate
  std::string on = "test";
  bool baselines = false;
  int bootstrap = 500;
  int pictures = 6;
  std::filesystem::path weights;

  // what training left in run.json
  double trained_pixel_size = 0;   ///< metres; 0: unknown
  std::map<std::string, double> band_scales;
  std::map<std::string, std::string> band_types;   ///< as GDAL names them; empty: unknown

  // maps: predict, and evaluate and calibrate, which must map alike
  std::string tta = "none", scales = "1";
  int halo = 0, readers = 1;
  std::vector<std::string> ensemble;
  double smallest = 0;
  bool operating_point = false;
  std::filesystem::path operating_point_file;

  // calibrate
  double target = 0.8, at_ratio = 200;
  std::string objective = "object", calibration = "temperature";
  bool by_region = false, accept_few = false;

  // score
  std::filesystem::path scored, labels;
  double score_scale = 1;
  int score_tile = 512;

  // predict
  std::optional<double> threshold;
  std::string part, region;
  std::filesystem::path susceptibility;
  double susceptibility_threshold = 0.5, simplify = 0;
  bool reproject = false, cog = true;
  std::vector<std::filesystem::path> rasters;
  std::filesystem::path map;
  double overlap = -1;
  int predict_batch = 4;
  bool byte_output = false;
  int cache_mb = 256;

  // tile
  std::vector<std::filesystem::path> polygons, extra, area;
  std::string polygon_crs, extra_bands, date;
  bool separate = false;
  double negatives = 10, exclusion = 100, band_scale = 1;

  // split
  double train_share = 0.7, val_share = 0.15, test_share = 0.15;
  int folds = 0;
  std::string region_column;

  // verify
  std::string model;
  int verify_bands = 3, verify_classes = 1;
  std::filesystem::path verify_input, verify_expect;
  double tolerance = 1e-4;

  // synthesize
  int regions_train = 12, regions_val = 5, regions_test = 12, scene_size = 0;
  double share_train = 0.25, share_eval = 0.03, confusers = 1;
  double pixel_size = 3;
  std::uint64_t scene_seed = 7;
  bool bytes = false;

  std::filesystem::path folder() const { return out / (plan.variant + "-" + name); }
  /// Departures from the recipe, for the record.
  std::vector<std::string> overrides() const;
};

// Subcommands; each returns an exit code and throws rts::Error.
int doctor(const Options& o);
int config(const Options& o);
int check_data(const Options& o);
int split(const Options& o);
int stats(const Options& o);
int synthesize(const Options& o);
int prepare(const Options& o);
int tile(const Options& o);
int train_command(const Options& o);
int resume(Options o);
int evaluate_command(const Options& o);
int predict_command(const Options& o);
int calibrate_command(const Options& o);
int score(const Options& o);
int report(const Options& o);
int verify(const Options& o);

}  // namespace rts::inline RTS_ABI::cli
