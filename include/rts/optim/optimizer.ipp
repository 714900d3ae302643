#pragma once
#include <rts/optim/optimizer.hpp>

#include <rts/core/error.hpp>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace rts::inline RTS_ABI::optim {

RTS_INLINE FusedOptimizer::FusedOptimizer(std::vector<Parameter> parameters, const OptimizerNumbers& numbers) : parameters_(std::move(parameters)), n_(numbers) {
  for (const Parameter& p : parameters_) {
    Slots s;
    s.a = at::zeros_like(p.value, at::TensorOptions().requires_grad(false));
    if (n_.adamw) {
      s.b = at::zeros_like(p.value, at::TensorOptions().requires_grad(false));
      s.step = at::zeros({}, p.value.options().dtype(at::kFloat).requires_grad(false));
    }
    slots_.push_back(std::move(s));
  }
}

RTS_INLINE void FusedOptimizer::step(double decoder_lr, double encoder_lr, const at::Tensor& found_inf) {
  const c10::NoGradGuard no_grad;
  for (const bool encoder : {false, true}) {
    std::vector<at::Tensor> values, gradients, a, b, steps;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const at::Tensor& gradient = parameters_[i].value.grad();
      if (parameters_[i].encoder != encoder || !gradient.defined()) continue;
      values.push_back(parameters_[i].value);
      gradients.push_back(gradient);
      a.push_back(slots_[i].a);
      b.push_back(slots_[i].b);
      steps.push_back(slots_[i].step);
    }
    if (values.empty()) continue;
    const double lr = encoder ? encoder_lr : decoder_lr;
    const auto skip = found_inf.defined() ? std::optional<at::Tensor>(found_inf) : std::nullopt;
    if (n_.adamw) at::_foreach_add_(steps, 1);
    if (n_.adamw) at::_fused_adamw_(values, gradients, a, b, {}, steps, lr, n_.beta1, n_.beta2, n_.weight_decay, n_.eps, false, false, {}, skip);
    else at::_fused_sgd_(values, gradients, a, n_.weight_decay, n_.momentum, lr, 0.0, false, false, false, {}, skip);
    if (n_.adamw && skip) at::_foreach_sub_(steps, std::vector<at::Tensor>(steps.size(), *skip));  // a skipped step is no step
  }
}

RTS_INLINE void FusedOptimizer::zero_grad() {
  for (Parameter& p : parameters_) p.value.mutable_grad() = at::Tensor();
}

RTS_INLINE State FusedOptimizer::state() const {
  State s;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const std::string& name = parameters_[i].name;
    s[name + (n_.adamw ? ".exp_avg" : ".momentum")] = slots_[i].a;
    if (!n_.adamw) continue;
    s[name + ".exp_avg_sq"] = slots_[i].b;
    s[name + ".step"] = slots_[i].step;
  }
  return s;
}

RTS_INLINE void FusedOptimizer::load(const State& state) {
  const c10::NoGradGuard no_grad;
  for (auto& [name, tensor] : this->state()) {
    const auto it = state.find(name);
    RTS_CHECK_DATA(it != state.end() && it->second.sizes() == tensor.sizes(), .code = "RTS-T53", .what = "the checkpoint's optimizer state is of another recipe", .where = name, .fix = "resume with the recipe that wrote it, or start with --init-from");
    at::Tensor target = tensor;
    target.copy_(it->second);
  }
}

RTS_INLINE at::Tensor clip_gradient_norm(const std::vector<Parameter>& parameters, double max) {
  const c10::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const Parameter& p : parameters)
    if (p.value.grad().defined()) gradients.push_back(p.value.grad());
  if (gradients.empty()) return at::zeros({});
  const at::Tensor norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients, 2)), 2);
  const at::Tensor factor = at::clamp_max(max / (norm + 1e-6), 1.0);
  at::_foreach_mul_(gradients, factor);
  return norm;
}

RTS_INLINE Average::Average(const std::map<std::string, at::Tensor>& live, double decay) : decay_(decay) {
  const c10::NoGradGuard no_grad;
  for (const auto& [name, tensor] : live) average_[name] = tensor.detach().clone();
}

RTS_INLINE void Average::update(const std::map<std::string, at::Tensor>& live) {
  const c10::NoGradGuard no_grad;
  const double t = static_cast<double>(steps_++);
  const double decay = std::min(decay_, (1 + t) / (10 + t));
  std::vector<at::Tensor> ours, theirs;
  for (const auto& [name, tensor] : live) {
    at::Tensor& mine = average_.at(name);
    if (tensor.is_floating_point()) {
      ours.push_back(mine);
      theirs.push_back(tensor.detach());
    } else {
      mine.copy_(tensor);
    }
  }
  at::_foreach_lerp_(ours, theirs, 1 - decay);
}

RTS_INLINE void Average::load(const std::map<std::string, at::Tensor>& tensors, std::int64_t steps) {
  const c10::NoGradGuard no_grad;
  for (auto& [name, tensor] : average_) {
    const auto it = tensors.find(name);
    RTS_CHECK_DATA(it != tensors.end() && it->second.sizes() == tensor.sizes(), .code = "RTS-T53", .what = "the checkpoint's averaged weights are of another recipe", .where = name, .fix = "resume with the recipe that wrote it");
    tensor.copy_(it->second);
  }
  steps_ = steps;
}

RTS_INLINE GradientScaler::GradientScaler(const at::Device& device)
    : scale_(at::full({}, 65536.0, at::TensorOptions().dtype(at::kFloat).device(device))), growth_tracker_(at::zeros({}, at::TensorOptions().dtype(at::kInt).device(device))) {}

RTS_INLINE at::Tensor GradientScaler::unscale(const std::vector<Parameter>& parameters) {
  const c10::NoGradGuard no_grad;
  at::Tensor found_inf = at::zeros({}, scale_.options());
  std::vector<at::Tensor> gradients;
  for (const Parameter& p : parameters)
    if (p.value.grad().defined()) gradients.push_back(p.value.grad());
  if (!gradients.empty()) at::_amp_foreach_non_finite_check_and_unscale_(gradients, found_inf, scale_.reciprocal());
  return found_inf;
}
RTS_INLINE void GradientScaler::update(const at::Tensor& found_inf) { at::_amp_update_scale_(scale_, growth_tracker_, found_inf, 2.0, 0.5, 2000); }
RTS_INLINE State GradientScaler::state() const { return {{"scale", scale_}, {"growth_tracker", growth_tracker_}}; }
RTS_INLINE void GradientScaler::load(const State& state) {
  scale_.copy_(state.at("scale"));
  growth_tracker_.copy_(state.at("growth_tracker"));
}

}  // namespace rts::inline RTS_ABI::optim
