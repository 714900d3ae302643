#pragma once
// Stages of the loader: augmentation and normalization of one tile, written straight into its slot. Bound to a plan and a dataset's bands.

#include <rts/augment/objects.hpp>
#include <rts/data/loader.hpp>
#include <rts/data/statistics.hpp>
#include <rts/train/plan.hpp>

namespace rts::inline RTS_ABI::train {

/// value -> (value - mean) x factor, per band, in the bands' units.
struct Normalizer {
  std::vector<float> mean, factor;
};

/// From the statistics that travel with the model. ImageNet's constants are those of [0, 1]: they are multiplied by `full_scale`,
/// 255 for bytes without a unit of their own.
Normalizer make_normalizer(const Plan& plan, const data::Statistics& statistics, double full_scale = 1);
/// 255 where a dataset's bands are plain bytes, else 1.
double full_scale(const data::Dataset& d);

/// A dataset's bands as augmentation sees them.
augment::BandSet band_set(const Plan& plan, const Normalizer& n, const data::Dataset& d);

/// Objects of the training split's positives, at most `tiles` tiles of them: what CopyPaste draws from.
std::shared_ptr<const augment::ObjectBank> object_bank(const data::Source& source, std::size_t tiles = 400);

/// Training: a draw of the plan's chain per sample. `shuffle_pixels`: the control that destroys all spatial structure, image and label
/// alike. `objects`: for chains that paste them.
data::Stage training_stage(const Plan& plan, const augment::BandSet& bands, std::uint64_t seed, bool shuffle_pixels, std::shared_ptr<const augment::ObjectBank> objects = nullptr);
/// Evaluation: as it is.
data::Stage evaluation_stage(const Plan& plan, const augment::BandSet& bands, std::uint64_t seed, bool shuffle_pixels);

}  // namespace rts::inline RTS_ABI::train

#if RTS_HEADER_ONLY
#include <rts/train/stage.ipp>
#endif
