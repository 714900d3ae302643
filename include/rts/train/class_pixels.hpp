#pragma once
// Pixels of each class in the training split, and a plan's loss numbers with the class weights that follow from them.

#include <rts/data/dataset.hpp>
#include <rts/train/plan.hpp>

namespace rts::inline RTS_ABI::train {

/// Valid pixels of each class in the training split. Two classes: from the index; more: by reading the labels once.
std::vector<std::int64_t> class_pixels(const Plan& plan, const data::Source& source);

/// The plan's numbers; class weights filled in where the loss uses them.
/// errors: RTS-L54 for a class without a pixel in the training split
losses::PassNumbers weighted_numbers(const Plan& plan, const data::Source& source);

}  // namespace rts::inline RTS_ABI::train

#if RTS_HEADER_ONLY
#include <rts/train/class_pixels.ipp>
#endif
