#pragma once
#include <rts/losses/cuda_arguments.hpp>

#include <ATen/ATen.h>

#include <algorithm>

namespace rts::inline RTS_ABI::losses {

RTS_INLINE kernels::CudaPass cuda_arguments(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n, const PassContext& context, PassResult& result) {
  kernels::CudaPass p;
  p.logits = logits.const_data_ptr();
  p.type = logits.scalar_type() == at::kFloat ? kernels::LogitType::fp32 : logits.scalar_type() == at::kHalf ? kernels::LogitType::fp16
                                                                                                             : kernels::LogitType::bf16;
  p.labels = labels.const_data_ptr<std::uint8_t>();
  p.valid = static_cast<const std::uint8_t*>(valid.const_data_ptr());
  p.gradient = result.gradient.defined() ? result.gradient.mutable_data_ptr() : nullptr;
  p.value = result.value.mutable_data_ptr<float>();
  p.images = logits.size(0);
  p.planes = static_cast<int>(logits.size(1));
  p.classes = p.planes == 1 ? 2 : p.planes;
  p.height = static_cast<int>(logits.size(2));
  p.width = static_cast<int>(logits.size(3));
  p.ring_width = n.boundary.ignore;
  p.ring_euclidean = n.boundary.metric == boundary::Metric::euclidean;
  p.ring_side = n.boundary.side == boundary::Side::both ? 0 : n.boundary.side == boundary::Side::inside ? 1
                                                                                                        : 2;
  if (context.loss_scale.defined()) p.loss_scale = context.loss_scale.const_data_ptr<float>();
  p.inverse_accumulation = static_cast<float>(1 / context.accumulation);
  for (const PointNumbers& t : n.loss.points) {
    kernels::CudaPoint& to = p.point[p.points++];
    for (int c = 0; c < p.classes; ++c) {
      const auto k = static_cast<std::size_t>(c);
      to.factor[c] = static_cast<float>(t.weight * t.factor_of(k, n.class_weights));
      to.weight[c] = static_cast<float>(t.weight_of(k, n.class_weights));
    }
    std::copy(t.formula.begin(), t.formula.end(), to.numbers);
  }
  for (const RegionNumbers& r : n.loss.regions) p.region[p.regions++] = {r.weight, r.alpha, r.beta, r.epsilon, r.exponent, r.per == Per::batch};
  return p;
}

}  // namespace rts::inline RTS_ABI::losses
