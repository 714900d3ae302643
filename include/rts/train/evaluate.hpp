#pragma once
// One inference over windows of a dataset, figures at every prevalence.

#include <rts/core/observer.hpp>
#include <rts/data/loader.hpp>
#include <rts/metrics/evaluation.hpp>
#include <rts/train/predictor.hpp>

namespace rts::inline RTS_ABI::train {

struct EvaluateOptions {
  int batch = 32;
  int threads = 2;
  bool keep_tiles = false;   ///< for intervals and regions
  metrics::ObjectSettings objects = {};
  bool skip_bad = false;
  std::string task = "validate";
};

struct Evaluated {
  metrics::Evaluation evaluation;
  double loss = 0;               ///< mean over batches of the plan's pass
  std::int64_t skipped = 0;
};

/// Runs `predict` over the samples and scores it; `numbers` are the loss's with its class weights (`weighted_numbers`, once a run).
/// A pixel that two windows of one acquisition cover counts once.
Evaluated evaluate(const Plan& plan, const losses::PassNumbers& numbers, const data::Source& source, const data::Stage& stage, const std::vector<std::uint32_t>& samples, const Predict& predict, const EvaluateOptions& options, Observer& observer);

/// Windows of a split: positives first, then negatives. errors: RTS-V52 when the split has no positive tile.
std::vector<std::uint32_t> split_samples(const data::Dataset& d, data::SplitName split);

}  // namespace rts::inline RTS_ABI::train

#if RTS_HEADER_ONLY
#include <rts/train/evaluate.ipp>
#endif
