// The library's fused passes on CUDA: the structures of the list for one dtype, with or without regions, a sigmoid or a softmax.
// Compiled once for each combination (CMakeLists.txt), so that none takes long: RTS_PASS_TYPE fp32|fp16|bf16, RTS_PASS_REGIONS and
// RTS_PASS_SOFTMAX true|false.
#include <rts/losses/pass_launch.cuh>

#define RTS_JOIN(a, b) RTS_JOINED(a, b)
#define RTS_JOINED(a, b) a##b
#define RTS_WANTED_true_true(...) RTS_INSTANTIATE(true, __VA_ARGS__)
#define RTS_WANTED_false_false(...) RTS_INSTANTIATE(false, __VA_ARGS__)
#define RTS_WANTED_true_false(...)
#define RTS_WANTED_false_true(...)
#define RTS_INSTANTIATE(regions, ...) template int launch_typed<Pointwise<__VA_ARGS__>, regions, RTS_PASS_SOFTMAX, LogitType::RTS_PASS_TYPE>(const CudaPass&, void*);
#define RTS_STRUCTURE(regions, ...) RTS_JOIN(RTS_WANTED_##regions##_, RTS_PASS_REGIONS)(__VA_ARGS__)

namespace rts::kernels::device {
#include <rts/losses/structures.def>
}  // namespace rts::kernels::device
