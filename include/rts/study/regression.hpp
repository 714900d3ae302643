#pragma once
// The baseline that a network must beat: logistic regression on bands with their local means and deviations.

#include <rts/core/observer.hpp>
#include <rts/data/loader.hpp>
#include <rts/train/evaluate.hpp>

namespace rts::inline RTS_ABI::study {

/// Features of a pixel: each band, and its mean and standard deviation over 5 x 5 and 15 x 15 pixels, and a constant.
/// image (N,bands,H,W) -> (N,features,H,W)
at::Tensor local_features(const at::Tensor& image);

/// Fits by Newton's method on up to `pixels` training pixels, positives and negatives alike in number, and corrects
/// nothing: PR-AUC does not depend on the intercept. Returns a predictor like a network's.
train::Predict fit_regression(const train::Plan& plan, const data::Source& source, const data::Stage& stage, std::size_t pixels, std::uint64_t seed, int threads, Observer& observer);

}  // namespace rts::inline RTS_ABI::study

#if RTS_HEADER_ONLY
#include <rts/study/regression.ipp>
#endif
