#pragma once
#include "../../cuda_emulation.hpp"
namespace rts::kernels::device {
inline std::uint32_t* dynamic_shared() {
  static std::uint32_t memory[48 * 1024 / 4];
  return memory;
}
}  // namespace rts::kernels::device
