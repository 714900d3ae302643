// Bodies of losses/, and the structures of its list.
#include <rts/losses/composed.ipp>
#include <rts/losses/cuda_arguments.ipp>
#include <rts/losses/fused.ipp>
#include <rts/losses/pass.ipp>
#include <rts/losses/pass_of.ipp>

namespace rts::kernels {
#define RTS_STRUCTURE(regions, ...) template BlockFunction point_function<Pointwise<__VA_ARGS__>, regions>(Isa, bool, TargetMode);
#include <rts/losses/structures.def>
#undef RTS_STRUCTURE
}  // namespace rts::kernels
