#pragma once
#include <rts/losses/pass.hpp>

#include <rts/core/error.hpp>

#include <ATen/ATen.h>

#include <cmath>

namespace rts::inline RTS_ABI::losses {

RTS_INLINE Masks byte_masks(const at::Tensor& labels, const at::Tensor& valid, std::int64_t width) {
  const auto packed = [&](const at::Tensor& t) { return t.scalar_type() == at::kLong && t.dim() == 3 && t.size(2) == (width + 63) / 64; };
  if (!packed(labels) || !packed(valid)) return {labels, valid};
  const auto unpack = [&](const at::Tensor& words) {
    const at::Tensor bit = at::arange(64, words.options());
    return words.unsqueeze(3).bitwise_right_shift(bit).bitwise_and(1).to(at::kByte).flatten(2).narrow(2, 0, width).contiguous();  // (N,H,W)
  };
  return {unpack(labels), unpack(valid)};
}

RTS_INLINE void check_inputs(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n) {
  const auto bytes = [](const at::Tensor& t) { return t.scalar_type() == at::kByte || t.scalar_type() == at::kBool; };
  RTS_CHECK(logits.dim() == 4 && logits.size(1) >= 1 && at::isFloatingType(logits.scalar_type()) && labels.scalar_type() == at::kByte && bytes(valid) &&
                labels.sizes() == valid.sizes() && labels.dim() == 3 && labels.size(0) == logits.size(0) && labels.size(1) == logits.size(2) && labels.size(2) == logits.size(3) &&
                labels.device() == logits.device() && valid.device() == logits.device(),
            .code = "RTS-L51", .what = "logits, labels and mask do not fit together", .expected = "logits (N,C,H,W) floating point; labels (N,H,W) uint8; valid (N,H,W) uint8 or bool; one device",
            .found = c10::str("logits ", logits.sizes(), " ", logits.scalar_type(), " on ", logits.device(), ", labels ", labels.sizes(), " ", labels.scalar_type(), " on ", labels.device(), ", valid ", valid.sizes(), " ", valid.scalar_type(), " on ", valid.device()),
            .fix = "pass tensors of the same batch as they come from the loader");
  if (!n.loss.uses_class_weights()) return;
  const auto classes = static_cast<std::size_t>(logits.size(1) == 1 ? 2 : logits.size(1));
  std::string found = n.class_weights.empty() ? "none" : "";
  bool fine = n.class_weights.size() == classes;
  for (const double w : n.class_weights) {
    fine = fine && std::isfinite(w) && w >= 0;
    found += (found.empty() ? "" : ", ") + std::to_string(w);
  }
  RTS_CHECK(fine, .code = "RTS-L53", .what = "class weights do not fit the loss", .expected = std::to_string(classes) + " weights, each finite and not negative", .found = found,
            .fix = "take them from class_weights_of(...) and the pixel counts of the training split");
}

RTS_INLINE std::vector<double> class_weights_of(ClassWeights how, const std::vector<std::int64_t>& pixels, double largest) {
  std::vector<double> w(pixels.size(), 1.0);
  if (how == ClassWeights::none) return w;
  for (std::size_t c = 0; c < pixels.size(); ++c)
    RTS_CHECK(pixels[c] > 0, .code = "RTS-L54", .what = "class " + std::to_string(c) + " has no pixel to weigh it by", .expected = "at least one pixel of every class in the training split", .found = std::to_string(pixels[c]) + " pixels",
              .fix = "add tiles of that class, leave the class out, or take a loss without class weights");
  if (how == ClassWeights::inverse_frequency) {
    double greatest = 0;
    for (std::size_t c = 0; c < pixels.size(); ++c) greatest = std::max(greatest, w[c] = 1.0 / static_cast<double>(pixels[c]));
    for (double& x : w) x *= largest / greatest;
    return w;
  }
  for (std::size_t c = 1; c < pixels.size(); ++c) {
    const double ratio = static_cast<double>(pixels[0]) / static_cast<double>(pixels[c]);
    w[c] = how == ClassWeights::linear ? ratio : how == ClassWeights::square_root ? std::sqrt(ratio)
                                                                                  : std::log(ratio);
    RTS_CHECK(w[c] >= 0, .code = "RTS-L54", .what = "class " + std::to_string(c) + " has more pixels than background: its logarithmic weight is negative", .expected = "objects rarer than background",
              .found = std::to_string(pixels[c]) + " of the class, " + std::to_string(pixels[0]) + " of background", .fix = "use ClassWeights::square_root");
  }
  return w;
}

}  // namespace rts::inline RTS_ABI::losses
