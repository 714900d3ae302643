#pragma once
#include "cuda_emulation.hpp"
namespace cooperative_groups {
struct Grid {
  void sync() const { __syncthreads(); }
};
inline Grid this_grid() { return {}; }
}  // namespace cooperative_groups
