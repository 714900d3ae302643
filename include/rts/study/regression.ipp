#pragma once
#include <rts/study/regression.hpp>

#include <ATen/ATen.h>

namespace rts::inline RTS_ABI::study {

RTS_INLINE at::Tensor local_features(const at::Tensor& image) {
  std::vector<at::Tensor> parts{image};
  for (const std::int64_t size : {5, 15}) {
    const auto mean_of = [&](const at::Tensor& x) { return at::avg_pool2d(x, {size, size}, {1, 1}, {size / 2, size / 2}, false, /*count_include_pad=*/false); };
    const at::Tensor mean = mean_of(image);
    parts.push_back(mean);
    parts.push_back(at::sqrt(at::clamp_min(mean_of(image * image) - mean * mean, 0)));
  }
  parts.push_back(at::ones_like(image.narrow(1, 0, 1)));
  return at::cat(parts, 1);
}

RTS_INLINE train::Predict fit_regression(const train::Plan& plan, const data::Source& source, const data::Stage& stage, std::size_t pixels, std::uint64_t seed, int threads, Observer& observer) {
  const c10::NoGradGuard no_grad;
  std::vector<std::uint32_t> samples = source.dataset().positives(data::SplitName::train);
  const auto negatives = source.dataset().negatives(data::SplitName::train);
  samples.insert(samples.end(), negatives.begin(), negatives.end());
  data::Loader loader(source, stage, {.batch = 8, .bands = static_cast<int>(plan.bands.size()), .height = plan.tile_height, .width = plan.tile_width, .threads = threads, .drop_last = false});
  loader.begin(samples, 0);
  // Half of the pixels positive, half background, spread over all tiles.
  const auto per_tile = static_cast<std::int64_t>(std::max<std::size_t>(pixels / std::max<std::size_t>(samples.size(), 1), 16));
  at::manual_seed(seed);
  std::vector<at::Tensor> rows, targets;
  while (const data::Batch* batch = loader.next()) {
    const at::Tensor f = local_features(batch->image).permute({0, 2, 3, 1});  // (N,H,W,features)
    const at::Tensor known = batch->valid.to(at::kBool);
    for (const bool positive : {true, false}) {
      const at::Tensor chosen = (known & (positive ? batch->label.eq(1) : batch->label.eq(0))).nonzero();
      if (chosen.size(0) == 0) continue;
      const std::int64_t n = std::min<std::int64_t>(chosen.size(0), per_tile * batch->image.size(0) * (positive ? 4 : 1));
      const at::Tensor pick = chosen.index_select(0, at::randperm(chosen.size(0), at::kLong).narrow(0, 0, n));
      rows.push_back(f.index({pick.select(1, 0), pick.select(1, 1), pick.select(1, 2)}).to(at::kDouble));
      targets.push_back(at::full({n}, positive ? 1.0 : 0.0, at::kDouble));
    }
  }
  const at::Tensor x = at::cat(rows), y = at::cat(targets);  // (pixels,features), (pixels)
  const at::Tensor weight = at::where(y.gt(0.5), 0.5 / at::clamp_min(y.sum(), 1), 0.5 / at::clamp_min((1 - y).sum(), 1));
  at::Tensor beta = at::zeros({x.size(1)}, at::kDouble);
  for (int step = 0; step < 25; ++step) {
    const at::Tensor p = at::sigmoid(at::mv(x, beta)), slope = weight * p * (1 - p);
    const at::Tensor gradient = at::mv(x.t(), weight * (p - y)) + 1e-6 * beta;
    const at::Tensor hessian = at::mm(x.t() * slope, x) + 1e-6 * at::eye(x.size(1), at::kDouble);
    const at::Tensor change = at::linalg_solve(hessian, gradient);
    beta = beta - change;
    if (change.abs().max().item<double>() < 1e-8) break;
  }
  observer.on_message("info", "logistic regression on " + std::to_string(x.size(0)) + " pixels, " + std::to_string(x.size(1)) + " features");
  return [beta = beta.to(at::kFloat)](const at::Tensor& image) {
    const c10::NoGradGuard guard;
    return at::conv2d(local_features(image), beta.view({1, -1, 1, 1})).contiguous();
  };
}

}  // namespace rts::inline RTS_ABI::study
