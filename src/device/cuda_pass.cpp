// Runs the compiled CUDA pass on torch's current stream. Built where nvcc is and torch's CUDA libraries are linked.
#include <rts/core/error.hpp>
#include <rts/losses/composed.hpp>
#include <rts/losses/cuda_arguments.hpp>
#include <rts/losses/pass_of.hpp>

#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <map>
#include <mutex>

namespace rts::inline RTS_ABI::losses {
namespace {

/// Memory of passes on one stream; it grows and stays.
at::Tensor workspace(const c10::cuda::CUDAStream& stream, std::size_t bytes, const at::Tensor& like) {
  static std::mutex mutex;
  static std::map<std::pair<int, c10::StreamId>, at::Tensor> all;
  const std::lock_guard lock(mutex);
  at::Tensor& t = all[{stream.device_index(), stream.id()}];
  if (!t.defined() || t.nbytes() < bytes) t = at::empty({static_cast<std::int64_t>(bytes)}, like.options().dtype(at::kByte).requires_grad(false));
  return t;
}

bool takes(const kernels::Structure& s, const at::Tensor& logits, const PassNumbers& n) {
  const auto type = logits.scalar_type();
  return s.cuda && logits.is_cuda() && (type == at::kFloat || type == at::kHalf || type == at::kBFloat16) && n.targets.kind == targets::Kind::hard && n.boundary.weigh == 0 &&
         n.loss.points.size() <= kernels::CudaPass::max_terms && n.loss.regions.size() <= kernels::CudaPass::max_terms &&
         kernels::cuda_pass_takes(static_cast<int>(logits.size(1) == 1 ? 2 : logits.size(1)), static_cast<int>(logits.size(2)), static_cast<int>(logits.size(3)), n.boundary.ignore);
}

}  // namespace

PassResult device_pass(const kernels::Structure& s, const at::Tensor& logits_, const at::Tensor& labels_, const at::Tensor& valid_, const PassNumbers& n, const PassContext& context) {
  if (!takes(s, logits_, n)) return composed_pass(logits_, labels_, valid_, n, context);
  check_inputs(logits_, labels_, valid_, n);
  const c10::cuda::CUDAGuard guard(logits_.device());
  const at::Tensor logits = logits_.detach().contiguous(), labels = labels_.contiguous(), valid = valid_.contiguous();
  const auto stream = c10::cuda::getCurrentCUDAStream();
  PassResult result{at::empty({}, logits.options().dtype(at::kFloat)), context.gradient ? at::empty_like(logits) : at::Tensor{}};
  kernels::CudaPass p = cuda_arguments(logits, labels, valid, n, context, result);
  const at::Tensor memory = workspace(stream, kernels::cuda_workspace_bytes(p), logits);
  p.workspace = memory.mutable_data_ptr();
  const int error = s.cuda(p, stream.stream());
  RTS_CHECK(error == 0, .code = "RTS-L59", .what = "the CUDA pass could not be launched", .expected = "success", .found = "CUDA error " + std::to_string(error), .fix = "run `doctor`; the driver may be older than the kernels");
  return result;
}

}  // namespace rts::inline RTS_ABI::losses
