// Runs the compiled CUDA pass on torch's current stream. Built where nvcc is and torch's CUDA libraries are linked.
#include <rts/core/error.hpp>
#include <rts/losses/composed.hpp>
#include <rts/losses/pass_of.hpp>

#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <map>
#include <mutex>

namespace rts::inline RTS_ABI::losses {
namespace {

/// Memory of passes on one stream; grows, and is zero before its first use.
at::Tensor workspace(const c10::cuda::CUDAStream& stream, std::size_t bytes, const at::Tensor& like) {
  static std::mutex mutex;
  static std::map<std::pair<int, c10::StreamId>, at::Tensor> all;
  const std::lock_guard lock(mutex);
  at::Tensor& t = all[{stream.device_index(), stream.id()}];
  if (!t.defined() || t.nbytes() < bytes) t = at::zeros({static_cast<std::int64_t>(bytes)}, like.options().dtype(at::kByte).requires_grad(false));
  return t;
}

bool takes(const kernels::Structure& s, const at::Tensor& logits, const PassNumbers& n) {
  const auto type = logits.scalar_type();
  return s.cuda && logits.is_cuda() && logits.size(1) == 1 && (type == at::kFloat || type == at::kHalf || type == at::kBFloat16) && n.targets.kind == targets::Kind::hard && n.boundary.weigh == 0 &&
         n.loss.points.size() <= kernels::CudaPass::max_terms && n.loss.regions.size() <= kernels::CudaPass::max_terms &&
         kernels::cuda_pass_takes(static_cast<int>(logits.size(2)), static_cast<int>(logits.size(3)), n.boundary.ignore);
}

}  // namespace

PassResult device_pass(const kernels::Structure& s, const at::Tensor& logits_, const at::Tensor& labels_, const at::Tensor& valid_, const PassNumbers& n, const PassContext& context) {
  if (!takes(s, logits_, n)) return composed_pass(logits_, labels_, valid_, n, context);
  check_inputs(logits_, labels_, valid_, n);
  const c10::cuda::CUDAGuard guard(logits_.device());
  const at::Tensor logits = logits_.detach().contiguous(), labels = labels_.contiguous(), valid = valid_.contiguous();
  const auto stream = c10::cuda::getCurrentCUDAStream();
  PassResult result{at::empty({}, logits.options().dtype(at::kFloat)), context.gradient ? at::empty_like(logits) : at::Tensor{}};
  kernels::CudaPass p;
  p.logits = logits.const_data_ptr();
  p.type = logits.scalar_type() == at::kFloat ? kernels::LogitType::fp32 : logits.scalar_type() == at::kHalf ? kernels::LogitType::fp16
                                                                                                             : kernels::LogitType::bf16;
  p.labels = labels.const_data_ptr<std::uint8_t>();
  p.valid = static_cast<const std::uint8_t*>(valid.const_data_ptr());
  p.gradient = context.gradient ? result.gradient.mutable_data_ptr() : nullptr;
  p.value = result.value.mutable_data_ptr<float>();
  p.images = logits.size(0);
  p.height = static_cast<int>(logits.size(2));
  p.width = static_cast<int>(logits.size(3));
  p.ring_width = n.boundary.ignore;
  p.ring_euclidean = n.boundary.metric == boundary::Metric::euclidean;
  p.ring_side = n.boundary.side == boundary::Side::both ? 0 : n.boundary.side == boundary::Side::inside ? 1
                                                                                                        : 2;
  if (context.loss_scale.defined()) p.loss_scale = context.loss_scale.const_data_ptr<float>();
  p.inverse_accumulation = static_cast<float>(1 / context.accumulation);
  for (const PointNumbers& t : n.loss.points) {
    kernels::CudaPoint& to = p.point[p.points++];
    for (int c = 0; c < 2; ++c) {
      const double weight = t.weights == ClassWeights::none ? 1.0 : n.class_weights[static_cast<std::size_t>(c)];
      const double factor = t.weights != ClassWeights::none ? weight : t.alpha < 0 ? 1.0
                                                                   : c > 0         ? t.alpha
                                                                                   : 1 - t.alpha;
      to.factor[c] = static_cast<float>(t.weight * factor);
      to.weight[c] = static_cast<float>(weight);
    }
    std::copy(t.formula.begin(), t.formula.end(), to.numbers);
  }
  for (const RegionNumbers& r : n.loss.regions) p.region[p.regions++] = {r.weight, r.alpha, r.beta, r.epsilon, r.exponent, r.per == Per::batch};
  const at::Tensor memory = workspace(stream, kernels::cuda_workspace_bytes(p.images, p.height, p.width), logits);
  p.workspace = memory.mutable_data_ptr();
  const int error = s.cuda(p, stream.stream());
  RTS_CHECK(error == 0, .code = "RTS-L59", .what = "the CUDA pass could not be launched", .expected = "success", .found = "CUDA error " + std::to_string(error), .fix = "run `doctor`; the driver may be older than the kernels");
  return result;
}

}  // namespace rts::inline RTS_ABI::losses
