#pragma once
// The block's shared memory whose size is known at launch.

#include <cstdint>

namespace rts::kernels::device {

__device__ inline std::uint32_t* dynamic_shared() {
  extern __shared__ std::uint32_t memory[];
  return memory;
}

}  // namespace rts::kernels::device
