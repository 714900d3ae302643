#pragma once
// The fused pass on the CPU: codes and counts first (integers), then value and gradient of every pixel from one evaluation.
// What runs a block of pixels is a structure of pass_block.hpp; everything here is ordinary code around it.

#include <rts/losses/pass.hpp>
#include <rts/losses/pass_block.hpp>

namespace rts::inline RTS_ABI::losses {

/// The fused pass of `structure` over CPU tensors. Same bits for any number of threads and any memory layout of the logits.
/// gradient: exact derivative of the value; memory beyond it: one byte a pixel, and with region terms one float a logit of an image
/// errors: those of `Pass`; RTS-L52 names the first label outside the classes
PassResult fused_pass(const kernels::Structure& structure, const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n, const PassContext& context);

}  // namespace rts::inline RTS_ABI::losses

#if RTS_HEADER_ONLY
#include <rts/losses/fused.ipp>
#endif
