#pragma once
// Checkpoints: everything a run needs to go on as if it had never stopped, in one safetensors file with a JSON state.

#include <rts/models/weights/tensor_file.hpp>

namespace rts::inline RTS_ABI::train {

/// Counters beside the tensors.
struct Progressed {
  std::string fingerprint;
  std::uint64_t seed = 42;
  int epoch = 1;                   ///< the one that runs or runs next
  std::size_t batch = 0;           ///< batches of it that are done
  std::int64_t step = 0;           ///< optimizer steps of the run
  std::int64_t ema_steps = 0;
  double best = -1;                ///< of the watched metric; -1: none yet
  int best_epoch = 0;
  double patience_best = -1;       ///< best that counted for patience (min_delta)
  int waited = 0;                  ///< epochs without improvement
  double loss_sum = 0;             ///< of the running epoch
  std::int64_t loss_count = 0;
  std::int64_t skipped_tiles = 0;
  std::vector<double> train_losses, val_losses;  ///< of the last epochs, for the overfitting warnings
};

/// Tensors are named "model.*", "ema.*", "optimizer.*", "scaler.*", "tally.*".
void write_checkpoint(const std::filesystem::path& path, const models::TensorMap& tensors, const Progressed& progressed);
/// errors: RTS-W51/W52 unreadable, RTS-T51 no checkpoint of ours, RTS-T52 of another recipe.
models::TensorMap read_checkpoint(const std::filesystem::path& path, const std::string& fingerprint, Progressed& progressed);

/// Tensors under a prefix, without it.
models::TensorMap under(const models::TensorMap& all, const std::string& prefix);
void put_under(models::TensorMap& all, const std::string& prefix, const models::TensorMap& part);

}  // namespace rts::inline RTS_ABI::train

#if RTS_HEADER_ONLY
#include <rts/train/checkpoint.ipp>
#endif
