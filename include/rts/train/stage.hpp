#pragma once
// Stages of the loader: normalization, symmetry, planar copy into the slot. Bound to a plan, ignorant of datasets.

#include <rts/data/loader.hpp>
#include <rts/data/statistics.hpp>
#include <rts/train/plan.hpp>

namespace rts::inline RTS_ABI::train {

/// value -> (value - mean) x factor, per band.
struct Normalizer {
  std::vector<float> mean, factor;
};

/// From the statistics that travel with the model; ImageNet's constants scale raw values by `full_scale` first.
Normalizer make_normalizer(const Plan& plan, const data::Statistics& statistics);

/// Training: a symmetry drawn per sample. `shuffle_pixels`: the control that destroys all spatial structure, image and label alike.
data::Stage training_stage(const Plan& plan, const Normalizer& n, std::uint64_t seed, bool shuffle_pixels);
/// Evaluation: as it is.
data::Stage evaluation_stage(const Plan& plan, const Normalizer& n, std::uint64_t seed, bool shuffle_pixels);

}  // namespace rts::inline RTS_ABI::train

#if RTS_HEADER_ONLY
#include <rts/train/stage.ipp>
#endif
