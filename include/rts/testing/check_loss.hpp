#pragma once
// Checks a loss as the library checks its own: gradient against central differences in double precision, ignored and empty input,
// accumulation and scale, strides, threads, memory that was dirty before. For users' losses too:
//   int main() { return rts::testing::check_loss<MyLoss>() ? 0 : 1; }

#include <rts/losses/pass_of.hpp>
#include <rts/losses/region_formula.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::testing {

struct LossCheck {
  double tolerance = 3e-4;            ///< of the gradient against central differences, relative to its largest element
  double value_tolerance = 2e-5;      ///< of the value, relative
  int probes = 60;                    ///< logits that are moved
  std::vector<double> class_weights;  ///< for losses that use them; empty: 1, 2, 3, ...
  bool print = true;
};

/// What a check found; `good()` is the verdict.
struct Findings {
  std::vector<std::string> failures;
  int checks = 0;
  bool good() const { return failures.empty() && checks > 0; }
  void expect(bool fine, const std::string& what) {
    ++checks;
    if (!fine) failures.push_back(what);
  }
};

/// The value in double precision, pixel by pixel from the loss's own formulas: what central differences are taken of.
/// logits (N,C,H,W) fp64; labels, valid (N,H,W) uint8
template <losses::HasNumbers L>
  requires requires { typename L::pointwise; }
double reference_value(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const losses::PassNumbers& n) {
  using M = kernels::ReferenceMath;
  const std::int64_t images = logits.size(0), planes = logits.size(1), area = logits.size(2) * logits.size(3);
  const std::size_t classes = static_cast<std::size_t>(planes == 1 ? 2 : planes), terms = n.loss.points.size();
  const at::Tensor z = logits.contiguous(), y = labels.contiguous(), v = valid.contiguous();
  std::vector<double> points(terms, 0.0), denominators(terms, 0.0);
  std::vector<kernels::RegionSums> sums(static_cast<std::size_t>(images) * classes);
  std::vector<double> pixels(static_cast<std::size_t>(images), 0.0);
  std::vector<float> numbers;
  for (const auto& p : n.loss.points) numbers.insert(numbers.end(), p.formula.begin(), p.formula.end());
  for (std::int64_t i = 0; i < images * area; ++i) {
    const std::uint8_t label = y.const_data_ptr<std::uint8_t>()[i];
    if (label == 255 || !v.const_data_ptr<std::uint8_t>()[i]) continue;
    const std::int64_t image = i / area, at = i % area;
    const auto logit = [&](std::size_t c) { return z.const_data_ptr<double>()[(image * planes + static_cast<std::int64_t>(c)) * area + at]; };
    std::vector<double> p(classes);
    kernels::Likelihood<double> own;
    if (planes == 1) {
      own = kernels::sigmoid_likelihood<M>(label == 1 ? logit(0) : -logit(0));
      p = {label == 1 ? own.q : own.p, label == 1 ? own.p : own.q};
    } else {
      double top = logit(0), sum = 0, others = 0;
      for (std::size_t c = 1; c < classes; ++c) top = std::max(top, logit(c));
      for (std::size_t c = 0; c < classes; ++c) sum += p[c] = std::exp(logit(c) - top);
      for (std::size_t c = 0; c < classes; ++c) others += c == label ? 0 : p[c];
      for (double& x : p) x /= sum;
      const double nll = std::log(sum) - (logit(label) - top);
      own = {p[label], others / sum, nll, nll, std::log(others) - std::log(sum)};
    }
    for (std::size_t t = 0; t < terms; ++t) {
      const auto& term = n.loss.points[t];
      const double weight = term.weights == losses::ClassWeights::none ? 1.0 : n.class_weights[label];
      const double factor = term.weights != losses::ClassWeights::none ? weight : term.alpha < 0 ? 1.0
                                                                              : label > 0        ? term.alpha
                                                                                                 : 1 - term.alpha;
      std::vector<double> factors(terms + 1, 0.0);
      factors[t] = factor;
      points[t] += L::pointwise::template at<M>(own, factors.data(), numbers.data()).value;
      denominators[t] += weight;
    }
    pixels[static_cast<std::size_t>(image)] += 1;
    for (std::size_t c = 0; c < classes; ++c) {
      kernels::RegionSums& s = sums[static_cast<std::size_t>(image) * classes + c];
      s.predicted += p[c];
      if (c == label) s.tp += p[c], s.truth += 1;
    }
  }
  double value = 0;
  for (std::size_t t = 0; t < terms; ++t)
    if (denominators[t] > 0) value += n.loss.points[t].weight * points[t] / denominators[t];
  for (const auto& r : n.loss.regions) {
    double sum = 0, groups = 0;
    for (std::size_t c = classes - static_cast<std::size_t>(planes); c < classes; ++c) {
      kernels::RegionSums all;
      double mass = 0;
      for (std::size_t i = 0; i < static_cast<std::size_t>(images); ++i) {
        const kernels::RegionSums& s = sums[i * classes + c];
        mass += pixels[i];
        if (r.per == losses::Per::batch) all.tp += s.tp, all.predicted += s.predicted, all.truth += s.truth;
        else if (pixels[i] > 0) sum += kernels::region_loss(s, r.alpha, r.beta, r.epsilon, r.exponent).value, groups += 1;
      }
      if (r.per == losses::Per::batch && mass > 0) sum += kernels::region_loss(all, r.alpha, r.beta, r.epsilon, r.exponent).value, groups += 1;
    }
    if (groups > 0) value += r.weight * sum / groups;
  }
  return value;
}

namespace detail {

template <losses::Loss L>
double value_in_double(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const losses::PassNumbers& n) {
  if constexpr (requires { reference_value<L>(logits, labels, valid, n); }) return reference_value<L>(logits, labels, valid, n);
  else return losses::pass<L>(logits, labels, valid, n, {.gradient = false}).value.template item<double>();
}

/// Leaves freed memory of the size full of NaN, so that an output which is not written everywhere shows.
inline void poison(const at::Tensor& like) {
  for (int i = 0; i < 3; ++i) at::full(like.sizes(), std::nan(""), like.options());
}

template <losses::Loss L>
void check_channels(std::int64_t channels, const LossCheck& options, Findings& found) {
  const std::string where = std::string(L::name) + ", " + (channels == 1 ? "one logit" : std::to_string(channels) + " classes") + ": ";
  const auto classes = static_cast<std::size_t>(channels == 1 ? 2 : channels);
  std::vector<double> weights = options.class_weights;
  for (std::size_t c = weights.size(); c < classes; ++c) weights.push_back(static_cast<double>(c + 1));
  weights.resize(classes);
  const losses::PassNumbers n = losses::numbers_of<L>(weights);
  at::manual_seed(7 + static_cast<std::uint64_t>(channels));
  const at::Tensor logits = at::randn({2, channels, 19, 23}) * 3;
  at::Tensor labels = at::randint(0, static_cast<std::int64_t>(classes), {2, 19, 23}, at::kByte), valid = at::rand({2, 19, 23}).gt(0.1).to(at::kByte);
  labels.masked_fill_(at::rand({2, 19, 23}).lt(0.1), 255);
  const auto run = [&](const at::Tensor& z, const losses::PassContext& context = {}) {
    poison(z);
    return losses::pass<L>(z, labels, valid, n, context);
  };
  const losses::PassResult got = run(logits);

  // value and gradient against the formula in double precision
  const at::Tensor exact = logits.to(at::kDouble);
  const double want = value_in_double<L>(exact, labels, valid, n);
  found.expect(std::abs(got.value.item<double>() - want) <= options.value_tolerance * std::max(1e-6, std::abs(want)), where + "the value is " + std::to_string(got.value.item<double>()) + ", in double precision " + std::to_string(want));
  const double largest = got.gradient.abs().max().item<double>();
  double worst = 0;
  for (int k = 0; k < options.probes; ++k) {
    const std::int64_t at = at::randint(logits.numel(), {1}).item<std::int64_t>();
    at::Tensor moved = exact.clone();
    const double step = 1e-5, start = exact.flatten()[at].item<double>();
    moved.view({-1})[at] = start + step;
    const double up = value_in_double<L>(moved, labels, valid, n);
    moved.view({-1})[at] = start - step;
    worst = std::max(worst, std::abs((up - value_in_double<L>(moved, labels, valid, n)) / (2 * step) - got.gradient.flatten()[at].item<double>()));
  }
  found.expect(worst <= options.tolerance * largest, where + "the gradient is off central differences by " + std::to_string(worst) + ", its largest element is " + std::to_string(largest));
  found.expect(got.gradient.isfinite().all().item<bool>(), where + "the gradient is not finite, or was not written everywhere");
  const at::Tensor out = (valid.eq(0) | labels.eq(255)).unsqueeze(1).expand_as(logits);
  found.expect(got.gradient.masked_select(out).abs().sum().item<double>() == 0, where + "ignored pixels have a gradient");

  // what was ignored cannot matter; nothing left gives 0
  const losses::PassResult other = run(at::where(out, at::full({}, 50.0f), logits));
  found.expect(at::equal(other.value, got.value) && at::equal(other.gradient, got.gradient), where + "the logits of ignored pixels change the result");
  const losses::PassResult none = losses::pass<L>(logits, labels, at::zeros_like(valid), n);
  found.expect(none.value.item<double>() == 0 && none.gradient.abs().sum().item<double>() == 0, where + "an empty mask does not give 0");
  const losses::PassResult empty = losses::pass<L>(logits.narrow(0, 0, 0), labels.narrow(0, 0, 0), valid.narrow(0, 0, 0), n);
  found.expect(empty.value.item<double>() == 0 && empty.gradient.numel() == 0, where + "an empty batch does not give 0");

  // scale and accumulation are the gradient's alone
  const losses::PassResult scaled = run(logits, {.loss_scale = at::full({}, 64.0f), .accumulation = 4});
  found.expect(at::equal(scaled.value, got.value) && at::allclose(scaled.gradient, got.gradient * 16, 1e-5, 1e-12), where + "scale or accumulation touch the value, or the gradient wrongly");

  // the same bits for runs, threads and strides; other dtypes give a gradient of their own
  const int threads = at::get_num_threads();
  const at::Tensor strided = at::empty({2, channels, 19, 30}).narrow(3, 5, 23).copy_(logits);
  bool same = true;
  for (const int t : {1, 2}) {
    at::set_num_threads(t);
    for (const at::Tensor& z : {logits, logits.contiguous(at::MemoryFormat::ChannelsLast), strided}) {
      const losses::PassResult again = run(z);
      same = same && at::equal(again.value, got.value) && at::equal(again.gradient, got.gradient);
    }
  }
  at::set_num_threads(threads);
  if (L::deterministic) found.expect(same, where + "bits differ between runs, threads or layouts");
  for (const auto type : {at::kBFloat16, at::kHalf}) {
    const losses::PassResult half = run(logits.to(type));
    found.expect((half.gradient.scalar_type() == type) && half.value.isfinite().item<bool>() && half.gradient.isfinite().all().item<bool>(), where + "16-bit logits do not give a finite gradient of their dtype");
  }
}

}  // namespace detail

/// Runs every check for one logit and for 2 and 5 classes, as far as the loss takes them.
template <losses::Loss L>
Findings loss_findings(const LossCheck& options = {}) {
  Findings found;
  if constexpr (L::binary) detail::check_channels<L>(1, options, found);
  if constexpr (L::multi_class)
    for (const std::int64_t channels : {2, 5}) detail::check_channels<L>(channels, options, found);
  return found;
}

/// The same, printed; true when nothing is wrong.
template <losses::Loss L>
bool check_loss(const LossCheck& options = {}) {
  const Findings found = loss_findings<L>(options);
  if (options.print) {
    for (const std::string& failure : found.failures) std::printf("FAILED %s\n", failure.c_str());
    std::printf("%s: %d checks, %zu failed\n", std::string(L::name).c_str(), found.checks, found.failures.size());
  }
  return found.good();
}

}  // namespace rts::inline RTS_ABI::testing
