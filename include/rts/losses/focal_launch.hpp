#pragma once
// Launcher of the focal kernel: pointers and sizes only.

#include <cstdint>

namespace rts::kernels {

/// Value and gradient per pixel. `logits`, `gradient`: count floats; `labels`: 0, 1, 255 ignored; `values`: count floats.
/// `scale` multiplies the gradient. Runs on `stream` (a cudaStream_t). Returns a cudaError_t, 0 for success.
int launch_focal(const float* logits, const std::uint8_t* labels, float* values, float* gradient, std::int64_t count, float gamma, float alpha, float scale, void* stream);

}  // namespace rts::kernels
