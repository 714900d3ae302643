// The library's fused passes on CUDA: bf16 logits, without region terms.
#include <rts/losses/pass.cuh>

namespace rts::kernels::device {
#define RTS_STRUCTURE_true(...)
#define RTS_STRUCTURE_false(...) template int launch_typed<Pointwise<__VA_ARGS__>, false, LogitType::bf16>(const CudaPass&, void*);
#define RTS_STRUCTURE(regions, ...) RTS_STRUCTURE_##regions(__VA_ARGS__)
#include <rts/losses/structures.def>
#undef RTS_STRUCTURE
}  // namespace rts::kernels::device
