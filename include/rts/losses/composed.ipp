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

namespace detail {

/// Distance of every pixel to the nearest pixel of `set` (N,H,W), exact up to `limit` and `limit` + 1 beyond; set (N,H,W) bool.
RTS_INLINE at::Tensor distance_composed(const at::Tensor& set, int limit, boundary::Metric metric, at::ScalarType type) {
  const std::int64_t h = set.size(1), w = set.size(2);
  at::Tensor best = at::full(set.sizes(), limit + 1.0, set.options().dtype(type));
  for (int dy = -limit; dy <= limit; ++dy)
    for (int dx = -limit; dx <= limit; ++dx) {
      const double d = metric == boundary::Metric::euclidean ? std::sqrt(static_cast<double>(dx * dx + dy * dy)) : std::max(std::abs(dx), std::abs(dy));
      if (d > limit || std::abs(dy) >= h || std::abs(dx) >= w) continue;
      const auto cut = [&](const at::Tensor& t, int y, int x) { return t.narrow(1, std::max(0, y), h - std::abs(dy)).narrow(2, std::max(0, x), w - std::abs(dx)); };
      at::Tensor here = cut(best, -dy, -dx);
      here.copy_(at::where(cut(set, dy, dx), here.clamp_max(d), here));
    }
  return best;
}

/// (1 - p)^gamma (-log p) for every class. log_p, q (N,classes,H,W).
RTS_INLINE at::Tensor point_losses(const at::Tensor& log_p, const at::Tensor& q, const PointNumbers& p) {
  RTS_CHECK(p.focal, .code = "RTS-L55", .what = "this loss has no composed form", .expected = "a term of the library", .found = "a formula of your own", .fix = "compile it for this device: rts_add_experiment(... STRUCTURES my.def); see examples/custom_loss");
  const double gamma = p.formula[0];
  return gamma == 0 ? -log_p : -log_p * at::pow(q, gamma);
}

struct ComposedClasses {
  at::Tensor log_p, p, q;  // (N,classes,H,W)
};
RTS_INLINE ComposedClasses class_likelihoods(const at::Tensor& z) {
  if (z.size(1) == 1) {
    const at::Tensor both = at::cat({-z, z}, 1);
    return {at::log_sigmoid(both), at::sigmoid(both), at::sigmoid(-both)};
  }
  const at::Tensor log_p = at::log_softmax(z, 1), p = log_p.exp();
  return {log_p, p, (1 - p).clamp_min(0)};
}

/// Factor of each class in a term, (1,classes,1,1).
RTS_INLINE at::Tensor class_factors(const PointNumbers& p, int classes, const PassNumbers& n, const at::TensorOptions& options) {
  std::vector<double> f(static_cast<std::size_t>(classes));
  for (std::size_t c = 0; c < f.size(); ++c) f[c] = p.factor_of(c, n.class_weights);
  return at::tensor(f, at::kDouble).to(options.dtype()).to(options.device()).view({1, classes, 1, 1});
}

RTS_INLINE at::Tensor lovasz_gradient(const at::Tensor& truth) {  // (N,P), sorted by falling error
  const at::Tensor total = truth.sum(1, true), hit = total - truth.cumsum(1), either = total + (1 - truth).cumsum(1);
  const at::Tensor jaccard = 1 - hit / either;
  return at::cat({jaccard.narrow(1, 0, 1), jaccard.slice(1, 1) - jaccard.slice(1, 0, -1)}, 1);
}
/// Mean over images with a pixel in the mask of the Lovasz extension. z (N,C,H,W), targets (N,classes,H,W), mask (N,H,W).
RTS_INLINE at::Tensor lovasz(const at::Tensor& z, const at::Tensor& targets, const at::Tensor& mask) {
  const std::int64_t images = z.size(0), planes = z.size(1);
  const std::int64_t area = mask.size(1) * mask.size(2);
  const at::Tensor inside = mask.reshape({images, area});
  const at::Tensor p = planes > 1 ? at::softmax(z, 1) : z;
  at::Tensor sum = at::zeros({images}, z.options()), present = at::zeros({images}, z.options());
  for (std::int64_t c = 0; c < planes; ++c) {
    const at::Tensor y = (targets.select(1, planes == 1 ? 1 : c).reshape({images, area}) * inside);
    const at::Tensor score = p.select(1, c).reshape({images, area});
    const at::Tensor error = at::where(inside.gt(0), planes == 1 ? 1 - score * (2 * y - 1) : at::abs(y - score), at::full({}, -1e30, z.options()));
    const auto [sorted, order] = at::sort(error, /*stable=*/true, 1, /*descending=*/true);
    const at::Tensor loss = (at::relu(sorted) * lovasz_gradient(y.gather(1, order))).sum(1);
    const at::Tensor counts = planes == 1 ? at::ones({images}, z.options()) : y.sum(1).gt(0).to(z.scalar_type());
    sum = sum + loss * counts;
    present = present + counts;
  }
  const at::Tensor used = inside.sum(1).gt(0).to(z.scalar_type());
  return (used * sum / present.clamp_min(1)).sum() / used.sum().clamp_min(1);
}

}  // namespace detail

RTS_INLINE ComposedTruth composed_truth(const at::Tensor& labels, const at::Tensor& valid, int classes, const PassNumbers& n, at::ScalarType type) {
  const c10::NoGradGuard no_grad;
  const at::Tensor known = valid.to(at::kBool) & labels.ne(255);
  at::Tensor mask = known;
  const boundary::Numbers& b = n.boundary;
  if (b.ignore > 0) mask = mask & ~boundary_ring(labels, valid, b.ignore, b.metric, b.side);
  std::vector<at::Tensor> of_class;
  of_class.reserve(static_cast<std::size_t>(classes));
  for (int c = 0; c < classes; ++c) of_class.push_back((classes == 2 && c == 1 ? labels.gt(0) : labels.eq(c)) & known);
  ComposedTruth truth;
  truth.weights = at::ones(labels.sizes(), labels.options().dtype(type));
  if (b.weigh > 0)
    for (const at::Tensor& mine : of_class) {
      const at::Tensor d = detail::distance_composed(known & ~mine, b.weigh, b.metric, type).clamp_max(b.weigh);
      truth.weights = at::where(mine, b.at_border + (1 - b.at_border) * d / b.weigh, truth.weights);
    }
  truth.weights = truth.weights * mask.to(type);
  truth.targets = at::stack(of_class, 1).to(type);
  if (n.targets.kind == targets::Kind::smoothed) truth.targets = truth.targets * (1 - n.targets.parameter) + n.targets.parameter / classes;
  if (n.targets.kind == targets::Kind::gaussian) {
    const double sigma = n.targets.parameter;
    const std::int64_t radius = std::lround(4 * sigma);
    const at::Tensor x = at::arange(-radius, radius + 1, labels.options().dtype(type));
    const at::Tensor line = at::exp(-0.5 * x * x / (sigma * sigma));
    const auto blur = [&](const at::Tensor& t) {  // (N,K,H,W)
      const at::Tensor flat = t.reshape({-1, 1, t.size(2), t.size(3)});
      return at::conv2d(at::conv2d(flat, line.view({1, 1, 1, -1}), {}, at::IntArrayRef{1, 1}, at::IntArrayRef{0, radius}), line.view({1, 1, -1, 1}), {}, at::IntArrayRef{1, 1}, at::IntArrayRef{radius, 0}).reshape(t.sizes());
    };
    const at::Tensor mass = blur(known.unsqueeze(1).to(type));
    truth.targets = at::where(mass > 0, blur(truth.targets) / mass, at::zeros({}, mass.options())).clamp_max(1);
  }
  if (n.targets.kind == targets::Kind::distance) {
    const int width = static_cast<int>(n.targets.parameter);
    std::vector<at::Tensor> u;
    for (const at::Tensor& mine : of_class) {
      const at::Tensor to_mine = detail::distance_composed(mine, width + 1, boundary::Metric::euclidean, type), to_others = detail::distance_composed(known & ~mine, width + 1, boundary::Metric::euclidean, type);
      u.push_back((0.5 + at::where(mine, to_others - 0.5, 0.5 - to_mine) / (2.0 * width)).clamp(0, 1));
    }
    truth.targets = at::stack(u, 1);
    if (classes == 2) truth.targets = at::stack({1 - u[1], u[1]}, 1);
    truth.targets = truth.targets / truth.targets.sum(1, true).clamp_min(1e-30);
  }
  return truth;
}

RTS_INLINE at::Tensor pixel_losses(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n) {
  check_inputs(logits, labels, valid, n);
  RTS_CHECK(n.loss.regions.empty() && n.loss.lovasz.empty(), .code = "RTS-L56", .what = "this loss has no value of a single pixel", .expected = "pointwise terms alone", .found = std::to_string(n.loss.regions.size() + n.loss.lovasz.size()) + " terms of regions",
            .fix = "take the mean, or leave the region terms out");
  const auto type = logits.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const int classes = static_cast<int>(logits.size(1) == 1 ? 2 : logits.size(1));
  const ComposedTruth truth = composed_truth(labels, valid, classes, n, type);
  const detail::ComposedClasses c = detail::class_likelihoods(logits.to(type));
  at::Tensor sum = at::zeros_like(truth.weights);
  for (const PointNumbers& p : n.loss.points) {
    const at::Tensor factors = detail::class_factors(p, classes, n, truth.targets.options());
    const at::Tensor shares = truth.targets * factors;
    const at::Tensor each = at::where(shares > 0, shares * detail::point_losses(c.log_p, c.q, p), at::zeros({}, shares.options()));
    sum = sum + p.weight * at::where(truth.weights > 0, truth.weights * each.sum(1), at::zeros({}, sum.options()));
  }
  return sum;
}

RTS_INLINE PassResult composed_pass(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n, const PassContext& context) {
  check_inputs(logits, labels, valid, n);
  const auto type = logits.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const int classes = static_cast<int>(logits.size(1) == 1 ? 2 : logits.size(1));
  const ComposedTruth truth = composed_truth(labels, valid, classes, n, type);
  const c10::AutoGradMode with_grad(context.gradient);
  const at::Tensor leaf = context.gradient ? logits.detach().requires_grad_(true) : logits.detach();
  const at::Tensor z = leaf.to(type);  // (N,C,H,W)
  const detail::ComposedClasses c = detail::class_likelihoods(z);
  const at::Tensor w = truth.weights.unsqueeze(1), zero = at::zeros({}, z.options());  // (N,1,H,W)
  at::Tensor value = z.sum() * 0;
  value = at::where(value.isfinite(), value, zero);
  for (const PointNumbers& p : n.loss.points) {
    const at::Tensor factors = detail::class_factors(p, classes, n, truth.targets.options());
    const at::Tensor shares = w * truth.targets * factors;
    const at::Tensor mass = p.weights == ClassWeights::none ? (w * truth.targets).sum() : shares.sum();
    value = value + p.weight * at::where(shares > 0, shares * detail::point_losses(c.log_p, c.q, p), zero).sum() / at::where(mass > 0, mass, at::ones({}, mass.options()));
  }
  if (!n.loss.regions.empty()) {
    const std::int64_t first = classes - logits.size(1);  // binary: the object alone
    const at::Tensor t = truth.targets.slice(1, first), p = at::where(w > 0, c.p.slice(1, first), zero);
    const at::Tensor tp = (w * p * t).sum({2, 3}), predicted = (w * p).sum({2, 3}), truths = (w * t).sum({2, 3}), pixels = truth.weights.sum({1, 2});  // (N,C), (N)
    for (const RegionNumbers& r : n.loss.regions) {
      const bool image = r.per == Per::image;
      const auto over = [&](const at::Tensor& s) { return image ? s : s.sum(0, true); };
      const at::Tensor a = over(tp), top = a + r.epsilon, bottom = a + r.alpha * (over(truths) - a) + r.beta * (over(predicted) - a) + r.epsilon;
      const at::Tensor rest = at::where(bottom != 0, 1 - top / at::where(bottom != 0, bottom, at::ones({}, bottom.options())), zero);
      const at::Tensor loss = r.exponent == 1 ? rest : at::where(rest > 0, at::pow(at::where(rest > 0, rest, at::ones({}, rest.options())), r.exponent), zero);
      const at::Tensor used = over(pixels.unsqueeze(1)).gt(0).to(type);
      value = value + r.weight * (loss * used).sum() / (used.sum().clamp_min(1) * static_cast<double>(logits.size(1)));
    }
  }
  for (const double weight : n.loss.lovasz) value = value + weight * detail::lovasz(z, truth.targets, truth.weights.gt(0).to(type));
  if (!context.gradient) return {value.detach(), {}};
  at::Tensor objective = value / context.accumulation;
  if (context.loss_scale.defined()) objective = objective * context.loss_scale;
  return {value.detach(), torch::autograd::grad({objective}, {leaf}).front()};
}

}  // namespace rts::inline RTS_ABI::losses
