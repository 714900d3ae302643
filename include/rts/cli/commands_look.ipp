#pragma once
// doctor, config, report: looking without touching.

#include <rts/cli/options.hpp>
#include <rts/cli/session.ipp>
#include <rts/tracking/report.hpp>

#include <filesystem>

namespace rts::inline RTS_ABI::cli {

RTS_INLINE int doctor(const Options& o) {
  bool good = true;
  const auto line = [&](bool ok, const std::string& what, const std::string& found, const std::string& fix) {
    fmt::print("{:<4} {:<18} {}{}\n", ok ? "ok" : "BAD", what, found, ok || fix.empty() ? "" : "; " + fix);
    good = good && ok;
  };
  const int gpus = train::cuda_devices();
  line(true, "CUDA", gpus > 0 ? std::to_string(gpus) + " devices" : "not visible: training runs on the CPU", "");
  line(true, "threads", std::to_string(at::get_num_threads()) + " for tensors, " + at::get_cpu_capability(), "");
  line(true, "libtorch", TORCH_VERSION, "");
  line(true, "gdal", raster::gdal_version(), "");
  try {
    const auto path = std::filesystem::temp_directory_path() / "rts_doctor.tif";
    const raster::GeoReference geo = raster::place(32640, 500000, 7800000, 3);
    const std::vector<float> values(64 * 64, 0.5f);
    {
      raster::Writer w(path, 64, 64, 1, geo, {});
      w.write(1, 0, 64, values.data());
      w.commit();
    }
    std::vector<float> back(64 * 64);
    raster::Raster r(path);
    r.read(0, 0, 64, 64, {1}, back.data());
    line(back == values && r.geo().epsg == geo.epsg, "GeoTIFF", "written and read, EPSG:" + std::to_string(r.geo().epsg), "reinstall GDAL and PROJ");
    std::filesystem::remove(path);
  } catch (const std::exception& e) {
    line(false, "GeoTIFF", e.what(), "reinstall GDAL and PROJ (apt install libgdal-dev proj-data)");
  }
  line(std::system("command -v gnuplot >/dev/null 2>&1") == 0, "gnuplot", "draws the plots of reports", "apt install gnuplot-nox; without it reports have no curves");
  std::error_code error;
  std::filesystem::path existing = std::filesystem::absolute(o.out);
  while (!std::filesystem::exists(existing) && existing.has_parent_path()) existing = existing.parent_path();
  const auto space = std::filesystem::space(existing, error);
  line(!error && space.available > (std::uintmax_t{2} << 30), "disk", fmt::format("{:.1f} GB free at {}", static_cast<double>(space.available) / 1e9, existing.string()), "a run of B7 needs about 4 GB");
  line(std::getenv("MLFLOW_TRACKING_URI") == nullptr, "tracking", std::getenv("MLFLOW_TRACKING_URI") ? "MLFLOW_TRACKING_URI is set, but this version writes to files only" : "files in the run's folder", "unset it");
  fmt::print("\n{}", environment_text());
  return good ? 0 : 1;
}

RTS_INLINE int config(const Options& o) {
  const train::Plan& p = o.plan;
  fmt::print("{}", train::to_yaml(p));
  // The guide's table (section 9.1), value for value.
  const auto row = [](const char* name, const std::string& value) { fmt::print("  {:<34} {}\n", name, value); };
  const auto num = [](double v) { return number_text(v); };
  std::string bands, ratios;
  for (const auto& b : p.bands) bands += (bands.empty() ? "" : ", ") + b;
  for (const int r : p.validation_ratios) ratios += (ratios.empty() ? "1:" : ", 1:") + std::to_string(r);
  fmt::print("\nhyperparameters\n");
  row("Model", p.model);
  row("Input channels", std::to_string(p.bands.size()) + " (" + bands + ")");
  row("Input size", std::to_string(p.tile_height) + " x " + std::to_string(p.tile_width));
  row("Loss function", p.loss);
  const auto fields = [&](const Description& d, const std::string& indent) {
    for (Field f : d.fields) {
      f.key[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(f.key[0])));
      row((indent + f.key).c_str(), f.value);
    }
  };
  for (const Description& d : p.axes) {
    if (d.axis == "loss") fields(d, "");
    if (d.axis == "loss")
      for (const Description& term : d.children) {
        row(("  " + term.policy).c_str(), "");
        fields(term, "    ");
      }
    if (d.axis == "targets" && d.policy != "Hard") row("Targets", canonical(d));
    if (d.axis == "boundary" && d.policy == "Weight") row("Boundary weight", canonical(d));
  }
  row("Boundary ignore width", std::to_string(p.pass_numbers.boundary.ignore) + " pixels");
  const bool sorts = !p.pass_numbers.loss.lovasz.empty();
  const bool on_cuda = p.has_cuda_kernel && p.channels <= 16 && p.pass_numbers.targets.kind == targets::Kind::hard && p.pass_numbers.boundary.weigh == 0 && p.tile_width % 32 == 0 && p.tile_height * p.tile_width % 1024 == 0;
  row("Loss runs", sorts ? "composed of torch operators" : std::string("fused on the CPU, ") + (on_cuda ? "fused on CUDA" : "composed of torch operators on CUDA"));
  row("Augmentation runs", p.augments_on_device ? "fused on the CPU; one kernel a batch on CUDA, tiles travel as they are stored" : "fused on the CPU: a filter of the chain reads neighbours");
  row("Optimizer", p.adamw ? "AdamW" : "SGD");
  row("Learning rate", num(p.lr));
  row("Weight decay", num(p.weight_decay));
  row("Gradient clipping", p.clip_norm > 0 ? "max norm " + num(p.clip_norm) : "off");
  for (const Description& d : p.axes)
    if (d.axis == "scheduler") {
      row("Scheduler", d.policy);
      for (const Field& f : d.fields) row(("  " + f.key).c_str(), f.value);
    }
  row("Frozen encoder epochs", p.frozen_forever ? "all" : p.frozen_epochs > 0 ? "1-" + std::to_string(p.frozen_epochs)
                                                                              : "none");
  row("Learning rate while frozen", num(p.frozen_lr));
  row("Learning rate after (encoder)", num(p.lr) + " (" + num(std::round(p.lr * p.encoder_lr_factor * 1e12) / 1e12) + ")");
  row("EMA decay", p.ema_decay > 0 ? num(p.ema_decay) : "off");
  row("Mixed precision", p.arithmetic == train::Arithmetic::fp16 ? "FP16 with gradient scaling on CUDA, FP32 on the CPU" : p.arithmetic == train::Arithmetic::bf16 ? "BF16"
                                                                                                                                                                   : "off (FP32)");
  row("Batch size (per GPU)", std::to_string(p.batch) + (p.accumulate > 1 ? " x " + std::to_string(p.accumulate) + " accumulated" : ""));
  row("Max epochs", std::to_string(p.epochs));
  if (p.patience) {
    row("Early stopping patience", std::to_string(p.patience->epochs) + " epochs");
    row("Early stopping metric", std::string(train::to_text(p.patience->metric)) + " at 1:" + num(p.patience->ratio));
    row("Early stopping min delta", num(p.patience->min_delta));
  } else {
    row("Early stopping", "off");
  }
  row("Balanced sampling", "positive fraction per batch " + num(p.positive_fraction));
  row("Validation ratios", ratios);
  row("Save every N epochs", std::to_string(p.keep_every));
  row("Keep last N checkpoints", std::to_string(p.keep_last));
  row("Loader", std::to_string(o.threads) + " threads, prefetch 2, persistent, drop last, pinned with a GPU");
  row("Random seed", std::to_string(p.seed));
  row("Deterministic mode", p.deterministic ? "True" : "False");
  fmt::print("\nepoch  ratio    lr decoder at start, middle, end        lr encoder at start, middle, end        phase\n");
  for (int e = 1; e <= p.epochs; ++e) {
    const auto a = p.rates(e, 0), b = p.rates(e, 0.5), c = p.rates(e, 1 - 1e-9);
    fmt::print("{:>5}  1:{:<5}  {:<11.4e} {:<11.4e} {:<11.4e}     {:<11.4e} {:<11.4e} {:<11.4e}     {}\n", e, num(std::round(p.ratios[static_cast<std::size_t>(e - 1)] * 1000) / 1000), a.first, b.first, c.first, a.second, b.second, c.second,
               p.encoder_frozen(e) ? "encoder frozen" : "all layers");
  }
  if (!o.json.empty()) {
    nlohmann::ordered_json j{{"variant", p.variant}, {"fingerprint", p.fingerprint}, {"epochs", nlohmann::json::array()}};
    for (const Description& d : p.axes) j["recipe"][d.axis] = canonical(d);
    for (int e = 1; e <= p.epochs; ++e) j["epochs"].push_back({{"epoch", e}, {"ratio", p.ratios[static_cast<std::size_t>(e - 1)]}, {"lr_decoder", p.rates(e, 0).first}, {"lr_encoder", p.rates(e, 0).second}});
    write_text(o.json, j.dump(2) + "\n");
  }
  return 0;
}

RTS_INLINE int report(const Options& given) {
  Options o = given;
  read_run_json(o);
  tracking::draw_training(o.folder());
  fmt::print("report: {}\n", tracking::write_report(o.folder(), o.plan.variant + " - " + o.name, o.overrides()).string());
  return 0;
}

}  // namespace rts::inline RTS_ABI::cli
