#pragma once
// Tensors and numbers of a pass as the CUDA launcher takes them.

#include <rts/losses/pass.hpp>
#include <rts/losses/pass_launch.hpp>

namespace rts::inline RTS_ABI::losses {

/// Everything but the workspace. Tensors are contiguous and outlive the launch; `result` is allocated (gradient or not).
kernels::CudaPass cuda_arguments(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n, const PassContext& context, PassResult& result);

}  // namespace rts::inline RTS_ABI::losses

#if RTS_HEADER_ONLY
#include <rts/losses/cuda_arguments.ipp>
#endif
