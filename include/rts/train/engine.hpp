#pragma once
// The training loop: phases, steps, validation, stopping, checkpoints. Works on a plan and a source; knows no policy and no raster.

#include <rts/core/observer.hpp>
#include <rts/data/statistics.hpp>
#include <rts/train/checkpoint.hpp>
#include <rts/train/evaluate.hpp>

namespace rts::inline RTS_ABI::train {

/// What a run decides that the recipe does not.
struct RunOptions {
  std::filesystem::path folder;         ///< runs/<variant>-<name>
  std::string device = "auto";
  int threads = 2;                      ///< of the loader
  std::optional<std::uint64_t> seed = {};
  std::optional<int> max_epochs = {};   ///< shortens the run; the schedules stay those of the recipe
  std::filesystem::path encoder_weights = {}, init_from = {};
  bool bf16 = false;
  bool skip_bad = false;
  bool accept_ring_loss = false;
  bool shuffle_pixels = false;          ///< control: pixels shuffled within each tile, image and label alike
  bool resume = false;
};

struct TrainResult {
  bool interrupted = false;
  bool stopped_early = false;
  int epochs = 0, best_epoch = 0;
  double best = 0;
  std::int64_t skipped_tiles = 0;
};

/// Trains a plan on the train split, validates on val. Writes best_model.safetensors and checkpoints/ into the folder.
/// errors: RTS-T54 nothing to resume, RTS-T55 the recipe wants encoder weights, RTS-B51 the ring leaves too few positives.
TrainResult train(const Plan& plan, const data::Source& source, const data::Statistics& statistics, const RunOptions& options, Observer& observer);

/// Share of positive pixels that a ring of the plan's width leaves, and of objects with any pixel left; training split.
struct RingSurvival {
  double pixels = 1, objects = 1;
};
RingSurvival ring_survival(const Plan& plan, const data::Source& source, const std::vector<std::uint32_t>& positives);

/// Reads a run's best weights into a new network. errors as for weights files.
std::shared_ptr<models::Network> load_best(const Plan& plan, const std::filesystem::path& file, const at::Device& device);

}  // namespace rts::inline RTS_ABI::train

#if RTS_HEADER_ONLY
#include <rts/train/engine.ipp>
#endif
