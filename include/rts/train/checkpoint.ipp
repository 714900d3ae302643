#pragma once
#include <rts/train/checkpoint.hpp>

#include <rts/core/error.hpp>

#include <nlohmann/json.hpp>

namespace rts::inline RTS_ABI::train {

RTS_INLINE void write_checkpoint(const std::filesystem::path& path, const models::TensorMap& tensors, const Progressed& p) {
  const nlohmann::json state = {{"fingerprint", p.fingerprint}, {"seed", p.seed}, {"epoch", p.epoch}, {"batch", p.batch}, {"step", p.step}, {"ema_steps", p.ema_steps}, {"best", p.best}, {"best_epoch", p.best_epoch}, {"patience_best", p.patience_best}, {"waited", p.waited}, {"loss_sum", p.loss_sum}, {"loss_count", p.loss_count}, {"skipped_tiles", p.skipped_tiles}, {"train_losses", p.train_losses}, {"val_losses", p.val_losses}};
  models::write_safetensors(path, tensors, {{"format", "rts checkpoint 1"}, {"state", state.dump()}});
}

RTS_INLINE models::TensorMap read_checkpoint(const std::filesystem::path& path, const std::string& fingerprint, Progressed& p) {
  models::TensorFile file = models::read_safetensors(path);
  RTS_CHECK_DATA(file.metadata.count("state") && file.metadata["format"] == "rts checkpoint 1", .code = "RTS-T51", .what = "this is no checkpoint", .where = path.string(), .expected = "rts checkpoint 1",
                 .found = file.metadata.count("format") ? file.metadata["format"] : "no format", .fix = "give a file of a run's checkpoints/");
  try {
    const auto s = nlohmann::json::parse(file.metadata["state"]);
    p.fingerprint = s.at("fingerprint").get<std::string>();
    RTS_CHECK_DATA(fingerprint.empty() || p.fingerprint == fingerprint, .code = "RTS-T52", .what = "a checkpoint of another recipe", .where = path.string(), .expected = fingerprint, .found = p.fingerprint,
                   .fix = "resume with the program and variant that wrote it, or begin a new run with --init-from");
    p.seed = s.at("seed").get<std::uint64_t>();
    p.epoch = s.at("epoch").get<int>();
    p.batch = s.at("batch").get<std::size_t>();
    p.step = s.at("step").get<std::int64_t>();
    p.ema_steps = s.at("ema_steps").get<std::int64_t>();
    p.best = s.at("best").get<double>();
    p.best_epoch = s.at("best_epoch").get<int>();
    p.patience_best = s.at("patience_best").get<double>();
    p.waited = s.at("waited").get<int>();
    p.loss_sum = s.at("loss_sum").get<double>();
    p.loss_count = s.at("loss_count").get<std::int64_t>();
    p.skipped_tiles = s.at("skipped_tiles").get<std::int64_t>();
    p.train_losses = s.at("train_losses").get<std::vector<double>>();
    p.val_losses = s.at("val_losses").get<std::vector<double>>();
  } catch (const nlohmann::json::exception& e) {
    throw DataError({.code = "RTS-T51", .what = "this is no checkpoint", .where = path.string(), .found = e.what(), .fix = "give a file of a run's checkpoints/"});
  }
  return file.tensors;
}

RTS_INLINE models::TensorMap under(const models::TensorMap& all, const std::string& prefix) {
  models::TensorMap part;
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) part[it->first.substr(prefix.size())] = it->second;
  return part;
}
RTS_INLINE void put_under(models::TensorMap& all, const std::string& prefix, const models::TensorMap& part) {
  for (const auto& [name, tensor] : part) all[prefix + name] = tensor;
}

}  // namespace rts::inline RTS_ABI::train
