#pragma once
// A network on its device: modes, precision, memory layout. What training, evaluation and maps call alike.

#include <rts/models/network.hpp>
#include <rts/train/plan.hpp>

#include <ATen/core/Tensor.h>

#include <functional>

namespace rts::inline RTS_ABI::train {

/// Autocast on for a scope, off and its cache emptied afterwards; restores what was.
class Autocast {
 public:
  Autocast(const at::Device& device, Arithmetic arithmetic);
  ~Autocast();
  Autocast(const Autocast&) = delete;

 private:
  at::DeviceType type_;
  bool on_, before_ = false;
};

/// Number of CUDA devices that can be used; 0 in programs linked without libtorch_cuda.
int cuda_devices();

/// "auto", "cpu", "cuda" or "cuda:1". errors: RTS-T61 when CUDA is asked for and not there.
at::Device parse_device(const std::string& text);

/// fp16 is for CUDA; on the CPU it becomes fp32, and bf16 stays where it is asked for.
Arithmetic effective_arithmetic(const Plan& plan, const at::Device& device, bool bf16_on_cpu);

/// Builds the plan's network with first weights from the seed, on the device, channels last.
std::shared_ptr<models::Network> build_network(const Plan& plan, const at::Device& device, std::uint64_t seed);

/// Image batch (N,bands,H,W) on the CPU -> logits (N,channels,H,W) fp32 on the CPU.
using Predict = std::function<at::Tensor(const at::Tensor&)>;
/// The network in evaluation mode without gradients. Keeps the network alive.
Predict predictor(std::shared_ptr<models::Network> network, const at::Device& device, Arithmetic arithmetic);

/// All switches that make kernels deterministic, or free them again.
void set_determinism(bool on);

}  // namespace rts::inline RTS_ABI::train

#if RTS_HEADER_ONLY
#include <rts/train/predictor.ipp>
#endif
