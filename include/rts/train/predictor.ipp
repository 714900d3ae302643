#pragma once
#include <rts/train/predictor.hpp>

#include <rts/core/error.hpp>
#include <rts/models/library.hpp>

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/GradMode.h>

#include <cstdlib>

namespace rts::inline RTS_ABI::train {

RTS_INLINE Autocast::Autocast(const at::Device& device, Arithmetic arithmetic) : type_(device.type()), on_(arithmetic != Arithmetic::fp32) {
  if (!on_) return;
  before_ = at::autocast::is_autocast_enabled(type_);
  at::autocast::set_autocast_dtype(type_, arithmetic == Arithmetic::fp16 ? at::kHalf : at::kBFloat16);
  at::autocast::set_autocast_enabled(type_, true);
  at::autocast::increment_nesting();
}
RTS_INLINE Autocast::~Autocast() {
  if (!on_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(type_, before_);
}

RTS_INLINE int cuda_devices() { return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().getNumGPUs()) : 0; }

RTS_INLINE at::Device parse_device(const std::string& text) {
  const bool cuda = cuda_devices() > 0;
  if (text == "auto") return cuda ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  if (text == "cpu") return at::Device(at::kCPU);
  RTS_CHECK_USAGE(text.starts_with("cuda"), .code = "RTS-T61", .what = "unknown device", .expected = "auto, cpu, cuda or cuda:N", .found = text, .fix = "choose one of them");
  RTS_CHECK_USAGE(cuda, .code = "RTS-T61", .what = "no CUDA device", .expected = text, .found = "none visible", .fix = "run doctor, or use --device cpu");
  return at::Device(text);
}

RTS_INLINE Arithmetic effective_arithmetic(const Plan& plan, const at::Device& device, bool bf16_on_cpu) {
  if (!device.is_cpu()) return plan.arithmetic;
  return bf16_on_cpu || plan.arithmetic == Arithmetic::bf16 ? Arithmetic::bf16 : Arithmetic::fp32;
}

RTS_INLINE std::shared_ptr<models::Network> build_network(const Plan& plan, const at::Device& device, std::uint64_t seed) {
  at::manual_seed(seed);
  auto network = models::make_network(plan.model, {static_cast<int>(plan.bands.size()), plan.channels, plan.drop_path, plan.dropout});
  network->to(device);
  for (at::Tensor& p : network->parameters())
    if (p.dim() == 4) p.set_data(p.contiguous(at::MemoryFormat::ChannelsLast));
  return network;
}

RTS_INLINE Predict predictor(std::shared_ptr<models::Network> network, const at::Device& device, Arithmetic arithmetic) {
  return [network = std::move(network), device, arithmetic](const at::Tensor& image) {
    const c10::NoGradGuard no_grad;
    const Autocast autocast(device, arithmetic);
    network->set_mode(false, false);
    return network->forward(image.to(device, at::kFloat).contiguous(at::MemoryFormat::ChannelsLast)).to(at::kFloat).to(at::kCPU).contiguous();
  };
}

RTS_INLINE void set_determinism(bool on) {
  if (on) ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  at::globalContext().setDeterministicAlgorithms(on, false);
  at::globalContext().setDeterministicFillUninitializedMemory(false);
  at::globalContext().setDeterministicCuDNN(on);
  at::globalContext().setBenchmarkCuDNN(!on);
}

}  // namespace rts::inline RTS_ABI::train
