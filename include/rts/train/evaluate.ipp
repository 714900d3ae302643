#pragma once
#include <rts/train/evaluate.hpp>

#include <rts/core/interrupt.hpp>

#include <ATen/ATen.h>

#include <chrono>

namespace rts::inline RTS_ABI::train {

RTS_INLINE std::vector<std::uint32_t> split_samples(const data::Dataset& d, data::SplitName split) {
  std::vector<std::uint32_t> samples = d.positives(split);
  RTS_CHECK_DATA(!samples.empty(), .code = "RTS-V52", .what = "a split with no positive tile", .where = d.root.string(), .expected = "at least one tile with an object in " + std::string(data::to_text(split)), .found = "none",
                 .fix = "make another split with the subcommand split, or check the labels");
  const auto negatives = d.negatives(split);
  samples.insert(samples.end(), negatives.begin(), negatives.end());
  return samples;
}

RTS_INLINE Evaluated evaluate(const Plan& plan, const losses::PassNumbers& numbers, const data::Source& source, const data::Stage& stage, const std::vector<std::uint32_t>& samples, const Predict& predict, const EvaluateOptions& o, Observer& observer) {
  const data::Dataset& d = source.dataset();
  const auto covered = data::covered_before(d, samples);
  data::Loader loader(source, stage, {.batch = o.batch, .bands = static_cast<int>(plan.bands.size()), .height = plan.tile_height, .width = plan.tile_width, .threads = o.threads, .drop_last = false, .skip_bad = o.skip_bad});
  loader.begin(samples, 0);
  Evaluated result{metrics::Evaluation(o.keep_tiles, o.objects)};
  const auto start = std::chrono::steady_clock::now();
  std::size_t done = 0;
  double weight = 0;
  while (const data::Batch* batch = loader.next()) {
    if (interrupted()) break;
    const at::Tensor logits = predict(batch->image);
    const at::Tensor valid = batch->valid.clone();
    const auto n = static_cast<std::size_t>(batch->image.size(0));
    for (std::size_t i = 0; i < n; ++i)
      for (const auto& [row, column, height, width] : covered[done + i]) valid[static_cast<std::int64_t>(i)].narrow(0, row, height).narrow(1, column, width).zero_();
    const double value = plan.pass(logits, batch->label, valid, numbers, {.gradient = false}).value.item<double>();
    result.loss += value * static_cast<double>(n);
    weight += static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) {
      const auto k = static_cast<std::int64_t>(i);
      const data::Sample& s = d.samples[batch->samples[i]];
      const std::string& region = d.files[s.file].region;
      result.evaluation.add(Logits<tasks::Binary>(logits.narrow(0, k, 1)), Labels<tasks::Binary>(batch->label.narrow(0, k, 1)), ValidMask(valid.narrow(0, k, 1)),
                            {d.sample_name(s), region.empty() ? d.files[s.file].scene : region});
    }
    result.skipped += static_cast<std::int64_t>(batch->skipped.size());
    for (const std::string& name : batch->skipped) observer.on_message("warning", "skipped tile " + name);
    done += n;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    observer.on_progress({.task = o.task, .done = static_cast<std::int64_t>(done), .total = static_cast<std::int64_t>(samples.size()), .per_second = static_cast<double>(done) / std::max(seconds, 1e-9)});
  }
  if (weight > 0) result.loss /= weight;
  return result;
}

}  // namespace rts::inline RTS_ABI::train
