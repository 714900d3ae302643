#pragma once
// Optimisers on ATen's fused operators, clipping, averaging and the gradient scaler. State is kept by parameter name;
// nothing waits for the device.

#include <rts/core/config.hpp>

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::optim {

/// A named parameter with the group it belongs to.
struct Parameter {
  std::string name;
  at::Tensor value;
  bool encoder = false;
};

struct OptimizerNumbers {
  bool adamw = true;
  double lr = 1e-4, weight_decay = 1e-2, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, momentum = 0.9;
};

using State = std::map<std::string, at::Tensor>;

/// AdamW or SGD. Weight decay is decoupled and applies to all parameters, as torch.optim.AdamW's default.
class FusedOptimizer {
 public:
  FusedOptimizer(std::vector<Parameter> parameters, const OptimizerNumbers& numbers);
  /// One step; parameters without a gradient rest. `found_inf` (fp32 scalar on the device) skips the step there.
  void step(double decoder_lr, double encoder_lr, const at::Tensor& found_inf = {});
  void zero_grad();
  const std::vector<Parameter>& parameters() const { return parameters_; }
  /// Tensors by "NAME.exp_avg", "NAME.exp_avg_sq", "NAME.step" (AdamW) or "NAME.momentum" (SGD).
  State state() const;
  void load(const State& state);

 private:
  struct Slots {
    at::Tensor a, b, step;
  };
  std::vector<Parameter> parameters_;
  std::vector<Slots> slots_;
  OptimizerNumbers n_;
};

/// Scales gradients so that their norm is at most `max`; returns the norm before, on the device.
at::Tensor clip_gradient_norm(const std::vector<Parameter>& parameters, double max);

/// Exponential moving average of all tensors of a module. decay at step t is min(decay, (1 + t) / (10 + t)).
class Average {
 public:
  Average(const std::map<std::string, at::Tensor>& live, double decay);
  void update(const std::map<std::string, at::Tensor>& live);
  const std::map<std::string, at::Tensor>& tensors() const { return average_; }
  std::int64_t steps() const { return steps_; }
  void load(const std::map<std::string, at::Tensor>& tensors, std::int64_t steps);

 private:
  std::map<std::string, at::Tensor> average_;
  double decay_;
  std::int64_t steps_ = 0;
};

/// Loss scaling for float16, with torch.amp.GradScaler's rules and names.
class GradientScaler {
 public:
  explicit GradientScaler(const at::Device& device);
  const at::Tensor& scale() const { return scale_; }
  /// Divides gradients by the scale; returns 1 when one of them is not finite.
  at::Tensor unscale(const std::vector<Parameter>& parameters);
  void update(const at::Tensor& found_inf);
  State state() const;
  void load(const State& state);

 private:
  at::Tensor scale_, growth_tracker_;
};

}  // namespace rts::inline RTS_ABI::optim

#if RTS_HEADER_ONLY
#include <rts/optim/optimizer.ipp>
#endif
