#pragma once
#include <rts/losses/composed.hpp>

#include <rts/core/error.hpp>
#include <rts/losses/bit_ring.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

namespace rts::inline RTS_ABI::losses {

RTS_INLINE at::Tensor boundary_ring(const at::Tensor& labels, const at::Tensor& valid, int width, boundary::Metric metric, boundary::Side side) {
  if (!labels.is_cpu()) return boundary_ring_composed(labels, valid, width, metric, side);
  const at::Tensor l = labels.contiguous(), v = valid.contiguous();
  at::Tensor ring = at::empty(l.sizes(), l.options().dtype(at::kBool));  // (N,H,W)
  const int height = static_cast<int>(l.size(1)), columns = static_cast<int>(l.size(2));
  const auto area = static_cast<std::int64_t>(height) * columns;
  const kernels::RingShape shape(width, metric == boundary::Metric::euclidean);
  const auto kept = side == boundary::Side::both ? kernels::RingSide::both : side == boundary::Side::inside ? kernels::RingSide::inside
                                                                                                            : kernels::RingSide::outside;
  at::parallel_for(0, l.size(0), 1, [&](std::int64_t first, std::int64_t last) {
    kernels::RingWorkspace space;
    for (std::int64_t i = first; i < last; ++i) {
      const std::uint8_t* label = l.const_data_ptr<std::uint8_t>() + i * area;
      int classes = 2;
      for (std::int64_t k = 0; k < area; ++k) classes = std::max(classes, label[k] == 255 ? 0 : label[k] + 1);
      kernels::boundary_ring(label, static_cast<const std::uint8_t*>(v.const_data_ptr()) + i * area, height, columns, classes, shape, kept, space, static_cast<std::uint8_t*>(ring.mutable_data_ptr()) + i * area);
    }
  });
  return ring;
}

RTS_INLINE at::Tensor boundary_ring_composed(const at::Tensor& labels, const at::Tensor& valid, int width, boundary::Metric metric, boundary::Side side) {
  const std::int64_t h = labels.size(1), w = labels.size(2);
  const at::Tensor ok = valid.to(at::kBool) & labels.ne(255);
  at::Tensor ring = at::zeros_like(ok);
  for (int dy = -width; dy <= width; ++dy)
    for (int dx = -width; dx <= width; ++dx) {
      if (dy < 0 || (dy == 0 && dx <= 0)) continue;  // each pair of pixels once
      if (metric == boundary::Metric::euclidean && dx * dx + dy * dy > width * width) continue;
      if (dy >= h || std::abs(dx) >= w) continue;
      const std::int64_t x0 = std::max(0, -dx), n = w - std::abs(dx);
      const auto here = [&](const at::Tensor& t) { return t.narrow(1, 0, h - dy).narrow(2, x0, n); };
      const auto there = [&](const at::Tensor& t) { return t.narrow(1, dy, h - dy).narrow(2, x0 + dx, n); };
      const at::Tensor differ = here(labels).ne(there(labels)) & here(ok) & there(ok);
      here(ring).logical_or_(differ);
      there(ring).logical_or_(differ);
    }
  if (side == boundary::Side::inside) ring = ring & labels.gt(0);
  if (side == boundary::Side::outside) ring = ring & labels.eq(0);
  return ring;
}

RTS_INLINE PassResult focal_composed(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n, const PassContext& context) {
  RTS_CHECK(logits.dim() == 4 && logits.size(1) == 1 && at::isFloatingType(logits.scalar_type()) && labels.scalar_type() == at::kByte && valid.scalar_type() == at::kByte &&
                labels.sizes() == valid.sizes() && labels.dim() == 3 && labels.size(0) == logits.size(0) && labels.size(1) == logits.size(2) && labels.size(2) == logits.size(3) &&
                labels.device() == logits.device() && valid.device() == logits.device(),
            .code = "RTS-L51", .what = "logits, labels and mask do not fit together", .expected = "logits (N,1,H,W) floating point; labels, valid (N,H,W) uint8; one device",
            .found = c10::str("logits ", logits.sizes(), " ", logits.scalar_type(), ", labels ", labels.sizes(), " ", labels.scalar_type(), ", valid ", valid.sizes()), .fix = "pass tensors of the same batch as they come from the loader");
  at::Tensor mask, target;
  {
    const c10::NoGradGuard no_grad;
    mask = valid.to(at::kBool) & labels.ne(255);
    if (n.ring_width > 0) mask = mask & ~boundary_ring(labels, valid, n.ring_width, n.ring_metric, n.ring_side);
    target = labels.eq(1) & mask;
  }
  const c10::AutoGradMode with_grad(context.gradient);
  const at::Tensor leaf = context.gradient ? logits.detach().requires_grad_(true) : logits.detach();
  // With z of the true class's sign, s = z (2y - 1): log p_t = -softplus(-s), 1 - p_t = sigmoid(-s).
  const at::Tensor z = leaf.squeeze(1).to(at::kFloat);  // (N,H,W)
  const at::Tensor s = at::where(target, z, -z);
  const at::Tensor ce = at::softplus(-s);
  const at::Tensor weight = at::where(target, n.alpha, 1 - n.alpha);
  at::Tensor loss = weight * ce;
  if (n.gamma != 0) loss = loss * at::pow(at::sigmoid(-s), n.gamma);
  const at::Tensor count = mask.sum().to(at::kFloat);
  const at::Tensor value = at::where(mask, loss, at::zeros({}, loss.options())).sum() / at::clamp_min(count, 1);
  if (!context.gradient) return {value.detach(), {}};
  at::Tensor objective = value / context.accumulation;
  if (context.loss_scale.defined()) objective = objective * context.loss_scale;
  const at::Tensor gradient = torch::autograd::grad({objective}, {leaf}).front();
  return {value.detach(), gradient};
}

}  // namespace rts::inline RTS_ABI::losses
