#pragma once
#include <rts/cli/run.hpp>

#include <rts/cli/command_calibrate.ipp>
#include <rts/cli/command_check.ipp>
#include <rts/cli/command_evaluate.ipp>
#include <rts/cli/command_predict.ipp>
#include <rts/cli/command_score.ipp>
#include <rts/cli/commands_data.ipp>
#include <rts/cli/commands_look.ipp>
#include <rts/cli/commands_run.ipp>
#include <rts/cli/options.hpp>
#include <rts/core/allocation.hpp>
#include <rts/core/interrupt.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iostream>

namespace rts::inline RTS_ABI::cli {
namespace detail {

inline int dispatch(const std::vector<VariantEntry>& variants, int argc, char** argv) {
  Options o;
  std::string variant(variants.front().name), names;
  for (const VariantEntry& v : variants) names += (names.empty() ? "" : ", ") + std::string(v.name);
  for (int i = 1; i < argc; ++i) o.arguments.emplace_back(argv[i]);

  CLI::App app{"An rts experiment. Variants: " + names};
  app.require_subcommand(1);
  app.set_version_flag("--version", "rts " RTS_VERSION);
  int (*command)(const Options&) = nullptr;
  const auto add = [&](const char* name, const char* about, int (*run)(const Options&)) {
    CLI::App* sub = app.add_subcommand(name, about);
    sub->add_option("--variant", variant, "which experiment of this program: " + names)->capture_default_str();
    sub->add_option("--out", o.out, "folder of runs and results")->capture_default_str();
    sub->add_option("--name", o.name, "name of the run: its folder is OUT/VARIANT-NAME")->capture_default_str();
    sub->add_option("--threads", o.threads, "threads that read tiles")->capture_default_str();
    sub->add_option("--json", o.json, "write what is printed as JSON to this file");
    sub->add_flag("--quiet", o.quiet, "no progress, warnings only");
    sub->callback([&command, run] { command = run; });
    return sub;
  };
  const auto with_data = [&](CLI::App* sub) {
    sub->add_option("--data", o.data, "dataset folder (images/, labels/, tiles.csv); without it synthetic scenes are made");
    sub->add_option("--split", o.split_table, "table with columns tile, split, region; without it the columns of tiles.csv");
    sub->add_option("--packed", o.packed, "packed tiles made by prepare, instead of --data");
    sub->add_option("--bands", o.bands, "names of bands where files do not say: \"images:red,green,blue;extra:ndvi\"");
    sub->add_option("--statistics-share", o.statistics_share, "share of training windows for mean and deviation")->check(CLI::Range(0.001, 1.0))->capture_default_str();
    sub->add_option("--min-distance", o.min_distance, "metres that splits must be apart")->capture_default_str();
    sub->add_flag("--skip-bad-tiles", o.run.skip_bad, "leave out unreadable tiles and count them, instead of stopping");
  };
  const auto with_training = [&](CLI::App* sub) {
    with_data(sub);
    sub->add_option("--device", o.run.device, "auto, cpu, cuda, cuda:N")->capture_default_str();
    sub->add_option("--seed", o.run.seed, "instead of the recipe's");
    sub->add_option("--max-epochs", o.run.max_epochs, "stop after this many epochs; recorded, the run is marked as shortened");
    sub->add_option("--encoder-weights", o.run.encoder_weights, "encoder weights to start from: .safetensors or .pth");
    sub->add_option("--init-from", o.run.init_from, "run folder or weights file to start from");
    sub->add_flag("--bf16", o.run.bf16, "bfloat16 on the CPU too");
    sub->add_flag("--accept-ring-loss", o.run.accept_ring_loss, "train although the ring leaves less than half of the positive pixels");
    sub->add_flag("--shuffle-pixels", o.run.shuffle_pixels, "control: shuffle pixels within tiles, image and label alike");
    sub->add_flag("--overwrite", o.overwrite, "replace a run of this name");
  };

  const auto with_mapping = [&](CLI::App* sub) {
    sub->add_option("--weights", o.weights, "instead of the run's best_model.safetensors");
    sub->add_option("--device", o.run.device)->capture_default_str();
    sub->add_option("--overlap", o.overlap, "share of a window that the next repeats (default: the recipe's)");
    sub->add_option("--halo", o.halo, "pixels around each window instead of blending; at least the network's receptive field")->check(CLI::Range(0, 100000));
    sub->add_option("--tta", o.tta, "test-time augmentation: none, minimal (2 views), standard (4), full (8)")->capture_default_str();
    sub->add_option("--scales", o.scales, "resolutions merged by maximum: 1,0.5,0.25")->capture_default_str();
    sub->add_option("--ensemble", o.ensemble, "names of further runs of this variant, averaged");
    sub->add_option("--smallest-object", o.smallest, "metres along the longer side; smaller ones are dropped")->check(CLI::Range(0.0, 1e5))->capture_default_str();
    sub->add_option("--batch", o.predict_batch, "windows per forward pass")->check(CLI::Range(1, 4096))->capture_default_str();
    sub->add_option("--readers", o.readers, "threads that read rows")->check(CLI::Range(1, 64))->capture_default_str();
  };
  const auto at_operating_point = [&](CLI::App* sub) {
    sub->add_flag("--operating-point", o.operating_point, "calibration and threshold of the run's operating_point.json");
    sub->add_option("--operating-point-file", o.operating_point_file, "another operating point; refused when it is not this model's");
  };

  add("doctor", "checks this machine and what is installed", &doctor);
  add("config", "prints the recipe, value for value, and the rates and ratios of all epochs", &config);
  with_data(add("check-data", "reads the dataset through the real loader and reports what it holds", &check_data));
  CLI::App* split_app = add("split", "derives regions and writes a table of splits without leakage", &split);
  with_data(split_app);
  split_app->add_option("--train", o.train_share)->capture_default_str();
  split_app->add_option("--val", o.val_share)->capture_default_str();
  split_app->add_option("--test", o.test_share)->capture_default_str();
  split_app->add_option("--folds", o.folds, "leave-regions-out folds instead of one split");
  split_app->add_option("--region-column", o.region_column, "column of tiles.csv that holds regions, joined with what is derived");
  split_app->add_option("--seed", o.run.seed);
  CLI::App* tile_app = add("tile", "cuts rasters and polygons into a dataset of labelled tiles with regions and splits", &tile);
  tile_app->add_option("--rasters", o.rasters, "images; files of one CRS, pixel size and date become one mosaic")->required();
  tile_app->add_option("--polygons", o.polygons, "outlines of objects: GeoPackage, shapefile, GeoJSON, in any CRS")->required();
  tile_app->add_option("--data", o.data, "dataset folder to write")->required();
  tile_app->add_option("--extra", o.extra, "rasters with further bands on the same pixel grid");
  tile_app->add_flag("--separate", o.separate, "the rasters are single bands of one image, in order");
  tile_app->add_option("--area", o.area, "area of interest: outside it labels are unknown");
  tile_app->add_option("--polygon-crs", o.polygon_crs, "CRS of polygons whose files have none, for example EPSG:32606");
  tile_app->add_option("--bands", o.bands, "names of the images' bands where files do not say: red,green,blue");
  tile_app->add_option("--extra-bands", o.extra_bands, "names of the extra bands");
  tile_app->add_option("--scale", o.band_scale, "value = stored x scale, for the images' bands")->capture_default_str();
  tile_app->add_option("--overlap", o.overlap, "share of a tile that the next repeats (default 0)")->check(CLI::Range(0.0, 0.9));
  tile_app->add_option("--negatives", o.negatives, "tiles without objects per tile with one; 0: all")->capture_default_str();
  tile_app->add_option("--exclusion", o.exclusion, "metres between a negative tile and any polygon")->check(CLI::Range(0.0, 1e6))->capture_default_str();
  tile_app->add_option("--date", o.date, "date of acquisition, YYYY-MM-DD (default: from the files)");
  tile_app->add_option("--min-distance", o.min_distance, "metres that regions must be apart")->capture_default_str();
  tile_app->add_option("--train", o.train_share)->capture_default_str();
  tile_app->add_option("--val", o.val_share)->capture_default_str();
  tile_app->add_option("--test", o.test_share)->capture_default_str();
  tile_app->add_option("--seed", o.run.seed);
  CLI::App* prepare_app = add("prepare", "packs the dataset's tiles into one file that is read at the speed of memory", &prepare);
  with_data(prepare_app);
  prepare_app->add_option("--pack", o.map, "file to write (default: OUT/VARIANT.rtspack)");
  with_data(add("stats", "computes normalization_stats.json", &stats));
  CLI::App* synth = add("synthesize", "writes synthetic scenes as a dataset", &synthesize);
  synth->add_option("--data", o.data, "folder to write")->required();
  synth->add_option("--train-regions", o.regions_train)->capture_default_str();
  synth->add_option("--val-regions", o.regions_val)->capture_default_str();
  synth->add_option("--test-regions", o.regions_test)->capture_default_str();
  synth->add_option("--size", o.scene_size, "edge of a scene in pixels");
  synth->add_option("--pixel-size", o.pixel_size, "metres")->capture_default_str();
  synth->add_option("--train-share", o.share_train, "share of training tiles with a scar")->capture_default_str();
  synth->add_option("--eval-share", o.share_eval, "share of validation and test tiles with a scar")->capture_default_str();
  synth->add_option("--confusers", o.confusers, "amount of look-alikes")->capture_default_str();
  synth->add_flag("--bytes", o.bytes, "images of four Byte bands, red, green, blue and nir, as aerial surveys publish them");
  synth->add_option("--seed", o.scene_seed)->capture_default_str();
  with_training(add("train", "trains, validates, keeps the best weights", &train_command));
  CLI::App* resume_app = add("resume", "goes on with a run that was stopped or killed", [](const Options& x) { return resume(x); });
  resume_app->add_option("--device", o.run.device)->capture_default_str();
  CLI::App* evaluate_app = add("evaluate", "scores the best weights on a split at every prevalence", &evaluate_command);
  with_data(evaluate_app);
  evaluate_app->add_option("--on", o.on, "test, val or train")->check(CLI::IsMember({"test", "val", "train"}))->capture_default_str();
  evaluate_app->add_flag("--baselines", o.baselines, "add a logistic regression on bands with local means and deviations");
  evaluate_app->add_option("--bootstrap", o.bootstrap, "replicates of the intervals")->capture_default_str();
  evaluate_app->add_option("--pictures", o.pictures, "tiles to draw: image, truth, prediction")->capture_default_str();
  with_mapping(evaluate_app);
  at_operating_point(evaluate_app);
  CLI::App* calibrate_app = add("calibrate", "fits calibration and thresholds on the validation split: threshold_calibration.json, operating_point.json", &calibrate_command);
  with_data(calibrate_app);
  with_mapping(calibrate_app);
  calibrate_app->add_option("--calibration", o.calibration, "none, temperature or platt")->check(CLI::IsMember({"none", "temperature", "platt"}))->capture_default_str();
  calibrate_app->add_option("--objective", o.objective, "precision of: object (IoU 0.3) or pixel")->check(CLI::IsMember({"object", "pixel"}))->capture_default_str();
  calibrate_app->add_option("--target", o.target, "precision to reach")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  calibrate_app->add_option("--at-ratio", o.at_ratio, "negatives per positive tile that the operating point is for")->check(CLI::Range(0.0, 1e6))->capture_default_str();
  calibrate_app->add_flag("--by-region", o.by_region, "thresholds of regions that have their own");
  calibrate_app->add_flag("--accept-few-negatives", o.accept_few, "choose although the split has fewer than 300 negative tiles");
  CLI::App* score_app = add("score", "scores a probability raster of any program against labels", &score);
  score_app->add_option("map", o.scored, "probability raster; with --classes, a raster of classes")->required();
  score_app->add_option("labels", o.labels, "Byte raster: 0, 1, 255 unknown")->required();
  score_app->add_option("--map-scale", o.score_scale, "probability = stored x this")->capture_default_str();
  score_app->add_option("--threshold", o.threshold, "probability of objects and IoU (default 0.5)")->check(CLI::Range(1e-6, 1 - 1e-6));
  score_app->add_option("--smallest-object", o.smallest, "metres along the longer side")->capture_default_str();
  score_app->add_option("--tile", o.score_tile, "pixels along a tile, the unit of prevalence")->check(CLI::Range(16, 65536))->capture_default_str();
  score_app->add_option("--classes", o.verify_classes, "number of classes of both rasters")->capture_default_str();
  score_app->add_option("--bootstrap", o.bootstrap, "replicates of the intervals")->capture_default_str();
  CLI::App* predict_app = add("predict", "maps whole rasters to a probability GeoTIFF", &predict_command);
  predict_app->add_option("rasters", o.rasters, "rasters of one extent that hold the bands")->required();
  predict_app->add_option("--map", o.map, "GeoTIFF to write (default: the run's maps/)");
  predict_app->add_option("--bands", o.bands, "names of the rasters' bands in order");
  with_mapping(predict_app);
  at_operating_point(predict_app);
  predict_app->add_option("--threshold", o.threshold, "probability: writes a mask and polygons too")->check(CLI::Range(1e-6, 1 - 1e-6));
  predict_app->add_option("--simplify", o.simplify, "metres that a polygon's corner may move, topology kept")->check(CLI::Range(0.0, 1e5));
  predict_app->add_option("--region", o.region, "name of the ground: an attribute of polygons, and a threshold of its own where it has one");
  predict_app->add_option("--part", o.part, "COLUMN,ROW,WIDTH,HEIGHT: only this part");
  predict_app->add_option("--susceptibility", o.susceptibility, "raster of a first stage: below its threshold nothing is looked at");
  predict_app->add_option("--susceptibility-threshold", o.susceptibility_threshold)->capture_default_str();
  predict_app->add_flag("--reproject", o.reproject, "warp rasters onto the first one's grid and the trained resolution instead of refusing them");
  predict_app->add_flag("!--no-cog", o.cog, "leave the map a plain GeoTIFF");
  predict_app->add_option("--cache", o.cache_mb, "cap of GDAL's block cache, MB")->capture_default_str();
  predict_app->add_flag("--byte", o.byte_output, "probability x 250 as Byte");
  add("report", "writes report.html of a run", &report);
  CLI::App* verify_app = add("verify", "compares a model's output for given weights and input with what is expected", &verify);
  verify_app->add_option("--model", o.model, "library name (default: the variant's)");
  verify_app->add_option("--model-bands", o.verify_bands)->capture_default_str();
  verify_app->add_option("--classes", o.verify_classes)->capture_default_str();
  verify_app->add_option("--weights", o.weights)->required();
  verify_app->add_option("--input", o.verify_input, "safetensors with the tensor 'input'")->required();
  verify_app->add_option("--expect", o.verify_expect, "safetensors with the tensor 'output'")->required();
  verify_app->add_option("--tolerance", o.tolerance, "largest difference over largest expected value")->capture_default_str();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    const int code = app.exit(e);
    return code == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  const VariantEntry* chosen = nullptr;
  for (const VariantEntry& v : variants)
    if (v.name == variant) chosen = &v;
  RTS_CHECK_USAGE(chosen, .code = "RTS-C51", .what = "this program has no such variant", .expected = names, .found = variant, .fix = "choose one with --variant");
  o.plan = chosen->plan();
  o.plan.variant = variant;
  o.run.folder = o.folder();
  o.run.threads = o.threads;
  return command(o);
}

}  // namespace detail

RTS_INLINE int run_program(const std::vector<VariantEntry>& variants, int argc, char** argv) {
  watch_interrupts();
  keep_freed_memory();
  try {
    return detail::dispatch(variants, argc, argv);
  } catch (const Error& e) {
    std::cerr << "error " << e.what() << std::endl;
    return static_cast<int>(e.exit_code());
  } catch (const c10::Error& e) {
    std::cerr << "error [RTS-X51] a tensor operation failed\n  found:    " << e.what_without_backtrace() << std::endl;
    return static_cast<int>(ExitCode::failed);
  } catch (const std::filesystem::filesystem_error& e) {
    std::cerr << "error [RTS-F52] a file or folder cannot be used\n  where:    " << e.path1().string() << "\n  found:    " << e.code().message() << "\n  fix:      check the path, its permissions and the disk's space" << std::endl;
    return static_cast<int>(ExitCode::failed);
  } catch (const std::exception& e) {
    std::cerr << "error [RTS-X52] something unforeseen failed\n  found:    " << e.what() << std::endl;
    return static_cast<int>(ExitCode::failed);
  }
}

}  // namespace rts::inline RTS_ABI::cli
