#pragma once
#include <rts/losses/pass_of.hpp>

#include <rts/core/error.hpp>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

namespace rts::inline RTS_ABI::losses {
namespace detail {

struct Differentiable : torch::autograd::Function<Differentiable> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers* n, Pass pass) {
    const PassResult r = pass(logits, labels, valid, *n, {});
    context->save_for_backward({r.gradient});
    return r.value;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list upstream) {
    RTS_CHECK(!c10::GradMode::is_enabled(), .code = "RTS-L57", .what = "double backward through a fused loss", .expected = "one backward pass", .found = "create_graph = true", .fix = "use losses::composed_pass, or losses::pixel_losses and your own mean");
    const at::Tensor gradient = context->get_saved_variables().front();
    return {gradient * upstream.front().to(gradient.scalar_type()), {}, {}, {}, {}};
  }
};

}  // namespace detail

RTS_INLINE PassResult run_structure(const kernels::Structure& structure, const at::Tensor& logits, const at::Tensor& labels_, const at::Tensor& valid_, const PassNumbers& n, const PassContext& context) {
  const auto [labels, valid] = byte_masks(labels_, valid_, logits.dim() == 4 ? logits.size(3) : 0);
  if (logits.is_cpu() && logits.scalar_type() != at::kDouble) return fused_pass(structure, logits, labels, valid, n, context);
  if (logits.is_cuda()) return device_pass(structure, logits, labels, valid, n, context);
  return composed_pass(logits, labels, valid, n, context);
}

RTS_INLINE at::Tensor differentiable(Pass pass, const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n) {
  return detail::Differentiable::apply(logits, labels, valid, &n, pass);
}

}  // namespace rts::inline RTS_ABI::losses
