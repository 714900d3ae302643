#pragma once
// train, resume, verify.

#include <rts/cli/options.hpp>
#include <rts/cli/session.ipp>
#include <rts/models/library.hpp>
#include <rts/models/weights/load.hpp>
#include <rts/tracking/report.hpp>
#include <rts/train/stage.hpp>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace rts::inline RTS_ABI::cli {

RTS_INLINE int train_command(const Options& o) {
  namespace fs = std::filesystem;
  const fs::path folder = o.folder();
  if (fs::exists(folder / "run.json") && !o.run.resume) {
    RTS_CHECK_USAGE(o.overwrite, .code = "RTS-C52", .what = "there is a run of this name already", .where = folder.string(), .fix = "go on with it by `resume`, choose another --name, or replace it with --overwrite");
    fs::remove_all(folder);
  }
  std::error_code error;
  fs::create_directories(folder, error);
  RTS_CHECK(!error, .code = "RTS-F52", .what = "cannot make the run's folder", .where = folder.string(), .found = error.message(), .fix = "choose a folder that can be written with --out");

  tracking::Console console(o.quiet);
  Observers observers;
  observers.add(console);
  Session session(o, observers);
  data::prove_no_leak(session.source->dataset(), o.min_distance);
  tracking::JsonLines events(folder / "events.jsonl");
  observers.add(events);

  data::Statistics statistics = session.source->statistics();
  int first_epoch = 1;
  if (o.run.resume) {
    statistics = data::read_statistics(folder / "normalization_stats.json", o.plan.bands);
    const fs::path last = folder / "checkpoints" / "last.safetensors";
    RTS_CHECK_USAGE(fs::exists(last), .code = "RTS-T54", .what = "nothing to resume", .where = last.string(), .expected = "a checkpoint", .found = "none", .fix = "check --name; a run without a finished epoch begins anew with train --overwrite");
    train::Progressed p;
    train::read_checkpoint(last, o.plan.fingerprint, p);
    first_epoch = p.epoch;
  } else {
    statistics.quantiles = data::training_quantiles(*session.source);
    data::write_statistics(folder / "normalization_stats.json", statistics);
    write_text(folder / "config.yaml", train::to_yaml(o.plan) + overrides_yaml(o));
    write_text(folder / "recipe.txt", "fingerprint " + o.plan.fingerprint + "\nrts " RTS_VERSION "\ndataset " + statistics.dataset_version + "\n");
    write_text(folder / "environment_frozen.txt", environment_text());
    write_run_json(o, session);
  }
  tracking::CsvLog log(folder / "training_log.csv", first_epoch);
  observers.add(log);
  const train::TrainResult r = train::train(o.plan, *session.source, statistics, o.run, observers);
  tracking::draw_training(folder);
  tracking::write_report(folder, o.plan.variant + " - " + o.name, o.overrides());
  if (r.skipped_tiles) observers.on_message("warning", std::to_string(r.skipped_tiles) + " tiles were skipped");
  if (r.interrupted) {
    observers.on_message("info", "interrupted: a checkpoint is written; go on with `resume --variant " + o.plan.variant + " --name " + o.name + " --out " + o.out.string() + "`");
    return static_cast<int>(ExitCode::interrupted);
  }
  observers.on_message("info", fmt::format("{} after {} epochs; best epoch {} with {} {:.4f}{}\nweights: {}\nreport: {}", r.stopped_early ? "stopped early" : "finished", r.epochs, r.best_epoch,
                                           o.plan.patience ? train::to_text(o.plan.patience->metric) : "val_realistic_pr_auc", r.best, o.overrides().empty() ? "" : " (departs from the recipe)",
                                           (folder / "best_model.safetensors").string(), (folder / "report.html").string()));
  return 0;
}

RTS_INLINE int resume(Options o) {
  read_run_json(o);
  o.run.resume = true;
  return train_command(o);
}

RTS_INLINE int verify(const Options& o) {
  const std::string name = o.model.empty() ? o.plan.model : o.model;
  const int bands = o.model.empty() ? static_cast<int>(o.plan.bands.size()) : o.verify_bands;
  return verify_model(name, bands, o.verify_classes, o.weights, o.verify_input, o.verify_expect, o.tolerance);
}

}  // namespace rts::inline RTS_ABI::cli
