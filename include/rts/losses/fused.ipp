#pragma once
#include <rts/losses/fused.hpp>

#include <rts/core/error.hpp>
#include <rts/losses/bit_ring.hpp>
#include <rts/losses/code_counts.hpp>
#include <rts/losses/half_rows.hpp>
#include <rts/losses/region_formula.hpp>
#include <rts/losses/soft_targets.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <cstring>

namespace rts::inline RTS_ABI::losses {
namespace detail {

/// One run of the pass over a batch.
class FusedRun {
 public:
  FusedRun(const kernels::Structure& structure, const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n, const PassContext& context)
      : structure_(structure), n_(n), logits_(logits.detach()), labels_(labels.contiguous()), valid_(valid.contiguous()), images_(logits.size(0)), planes_(logits.size(1)), classes_(static_cast<int>(planes_ == 1 ? 2 : planes_)), height_(logits.size(2)), width_(logits.size(3)), pixels_(height_ * width_), blocks_((pixels_ + kernels::block_pixels - 1) / kernels::block_pixels), softmax_(planes_ > 1), isa_(kernels::active_isa()) {
    mode_ = n.targets.kind != targets::Kind::hard ? kernels::TargetMode::soft : n.boundary.weigh > 0 ? kernels::TargetMode::weighted
                                                                                                     : kernels::TargetMode::hard;
    gradient_ = at::empty_like(logits_);
    scale_ = 1.0 / context.accumulation;
    if (context.loss_scale.defined()) scale_ *= context.loss_scale.item<double>();
    const bool aligned = pixels_ % kernels::block_pixels == 0 && logits_.scalar_type() == at::kFloat;
    direct_in_ = aligned && dense(logits_);
    direct_out_ = aligned && dense(gradient_);
    keep_gradient_ = context.gradient;
  }

  PassResult run() {
    const auto options = at::TensorOptions().dtype(at::kFloat);
    if (images_ == 0 || pixels_ == 0) return {at::zeros({}, options), keep_gradient_ ? gradient_ : at::Tensor{}};
    codes_ = at::empty({images_, pixels_}, at::kByte);
    if (mode_ != kernels::TargetMode::hard) weights_ = at::ones({images_, pixels_}, options);
    if (mode_ == kernels::TargetMode::soft) soft_ = at::empty({images_, planes_, pixels_}, options);
    mass_.assign(static_cast<std::size_t>(images_ * classes_), 0.0);
    at::parallel_for(0, images_, 1, [&](std::int64_t first, std::int64_t last) {
      kernels::RingWorkspace space;
      for (std::int64_t i = first; i < last; ++i) prepare(i, space);
    });
    set_factors();
    const auto point = structure_.point(isa_, softmax_, mode_);
    values_.assign(static_cast<std::size_t>(images_ * blocks_), 0.0f);
    if (structure_.regions) sums_.assign(static_cast<std::size_t>(images_ * blocks_ * classes_ * 2), 0.0f);
    bool by_batch = false;
    for (const RegionNumbers& r : n_.loss.regions) by_batch = by_batch || r.per == Per::batch;
    image_sums_.assign(static_cast<std::size_t>(images_ * classes_), {});
    image_values_.assign(static_cast<std::size_t>(images_), 0.0);
    const std::int64_t kept = by_batch ? images_ : 0;
    Scratch whole;
    if (kept) whole = scratch(images_);
    at::parallel_for(0, images_, 1, [&](std::int64_t first, std::int64_t last) {
      Scratch own = kept ? Scratch{} : scratch(1);
      for (std::int64_t i = first; i < last; ++i) {
        const Scratch s = kept ? whole.image(i) : own;
        points(i, point, s);
        if (!kept && structure_.regions) region_gradient(i, s, region_terms(i));
      }
    });
    double value = 0;
    for (const float v : values_) value += v;
    if (kept) {
      const Coefficients batch = batch_terms();
      at::parallel_for(0, images_, 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
          Coefficients c = region_terms(i);
          for (std::size_t k = 0; k < c.constant.size(); ++k) c.constant[k] += batch.constant[k], c.linear[k] += batch.linear[k];
          region_gradient(i, whole.image(i), c);
        }
      });
      value += batch.value;
    }
    for (const double v : image_values_) value += v;
    return {at::full({}, value, options), keep_gradient_ ? gradient_ : at::Tensor{}};
  }

 private:
  /// Class planes of one image that live until its region gradient is known.
  struct Scratch {
    at::Tensor probability, gradient;
    std::int64_t size = 0;
    Scratch image(std::int64_t i) const { return {probability.defined() ? probability[i] : at::Tensor{}, gradient.defined() ? gradient[i] : at::Tensor{}, size}; }
    float* at(const at::Tensor& t) const { return t.defined() ? t.mutable_data_ptr<float>() : nullptr; }
  };
  struct Coefficients {
    std::vector<double> constant, linear;
    double value = 0;
  };

  bool dense(const at::Tensor& t) const { return t.stride(3) == 1 && t.stride(2) == width_; }
  std::int64_t padded() const { return blocks_ * kernels::block_pixels; }
  Scratch scratch(std::int64_t images) const {
    Scratch s;
    s.size = padded();
    if (structure_.regions && structure_.terms > 0) s.probability = at::empty({images, planes_, padded()}, at::kFloat);
    if (structure_.regions && !direct_out_) s.gradient = at::empty({images, planes_, padded()}, at::kFloat);
    if (images == 1) return s.image(0);
    return s;
  }

  /// Phase 0 of an image: codes, weights, soft targets, and how much each class weighs in it.
  void prepare(std::int64_t i, kernels::RingWorkspace& space) {
    const auto area = static_cast<std::size_t>(pixels_);
    const std::uint8_t* label = labels_.const_data_ptr<std::uint8_t>() + i * pixels_;
    const auto* valid = static_cast<const std::uint8_t*>(valid_.const_data_ptr()) + i * pixels_;
    std::uint8_t* code = codes_.mutable_data_ptr<std::uint8_t>() + i * pixels_;
    const boundary::Numbers& b = n_.boundary;
    const kernels::RingShape shape(b.ignore, b.metric == boundary::Metric::euclidean);
    const auto side = b.side == boundary::Side::both ? kernels::RingSide::both : b.side == boundary::Side::inside ? kernels::RingSide::inside
                                                                                                                  : kernels::RingSide::outside;
    kernels::boundary_codes(label, valid, static_cast<int>(height_), static_cast<int>(width_), classes_, shape, side, space, code, isa_);
    check_labels(i, label, valid);
    double* mass = &mass_[static_cast<std::size_t>(i * classes_)];
    if (mode_ == kernels::TargetMode::hard) {
      for (int c = 0; c < classes_; ++c) mass[c] = static_cast<double>(kernels::count_code(isa_, code, area, c));
      return;
    }
    const kernels::LabelTile tile{label, valid, static_cast<int>(height_), static_cast<int>(width_), classes_, static_cast<int>(planes_)};
    float* weight = weights_.mutable_data_ptr<float>() + i * pixels_;
    if (b.weigh > 0) kernels::border_weights(tile, b.weigh, b.at_border, b.metric == boundary::Metric::euclidean, weight);
    if (mode_ == kernels::TargetMode::weighted) {
      for (std::size_t k = 0; k < area; ++k)
        if (code[k] < classes_) mass[code[k]] += weight[k];
      return;
    }
    float* soft = soft_.mutable_data_ptr<float>() + i * planes_ * pixels_;
    if (n_.targets.kind == targets::Kind::gaussian) kernels::gaussian_targets(tile, n_.targets.parameter, soft);
    if (n_.targets.kind == targets::Kind::distance) kernels::distance_targets(tile, static_cast<int>(n_.targets.parameter), soft);
    if (n_.targets.kind == targets::Kind::smoothed) kernels::smoothed_targets(tile, n_.targets.parameter, soft);
    for (std::int64_t c = 0; c < planes_; ++c)
      for (std::size_t k = 0; k < area; ++k) {
        if (code[k] == kernels::ignored_label) continue;
        const double share = weight[k] * static_cast<double>(soft[static_cast<std::size_t>(c) * area + k]);
        if (softmax_) mass[c] += share;
        else mass[1] += share, mass[0] += weight[k] - share;
      }
  }

  void check_labels(std::int64_t i, const std::uint8_t* label, const std::uint8_t* valid) const {
    if (kernels::label_bound(isa_, label, valid, static_cast<std::size_t>(pixels_)) <= classes_) return;
    std::int64_t k = 0;
    while (!(valid[k] && label[k] != kernels::ignored_label && label[k] >= classes_)) ++k;
    RTS_CHECK(false, .code = "RTS-L52", .what = "a label outside the classes", .where = "image " + std::to_string(i) + " of the batch, row " + std::to_string(k / width_) + ", column " + std::to_string(k % width_),
              .expected = "0 to " + std::to_string(classes_ - 1) + ", or 255 for ignored", .found = std::to_string(label[k]), .fix = "correct the label file, or give the task as many classes");
  }

  void set_factors() {
    const std::size_t terms = n_.loss.points.size(), classes = static_cast<std::size_t>(classes_);
    factors_.assign(classes * std::max<std::size_t>(terms, 1), 0.0f);
    std::vector<double> mass(classes, 0.0);
    for (std::size_t k = 0; k < mass_.size(); ++k) mass[k % classes] += mass_[k];
    for (std::size_t t = 0; t < terms; ++t) {
      const PointNumbers& p = n_.loss.points[t];
      numbers_.insert(numbers_.end(), p.formula.begin(), p.formula.end());
      double denominator = 0;
      for (std::size_t c = 0; c < classes; ++c) denominator += mass[c] * p.weight_of(c, n_.class_weights);
      for (std::size_t c = 0; c < classes; ++c) factors_[c * terms + t] = static_cast<float>(denominator > 0 ? p.weight * p.factor_of(c, n_.class_weights) / denominator : 0.0);
    }
  }

  /// Pixels first .. first + count of every class plane as fp32 rows of block_pixels, whatever dtype and strides.
  void gather(std::int64_t image, std::int64_t first, std::int64_t count, float* to) const {
    if (logits_.scalar_type() == at::kHalf) gather<at::Half>(image, first, count, to, &kernels::fp16_to_fp32);
    else if (logits_.scalar_type() == at::kBFloat16) gather<at::BFloat16>(image, first, count, to, &kernels::bf16_to_fp32);
    else gather<float>(image, first, count, to, [](kernels::Isa, const float* from, float* row, std::size_t n) { std::copy(from, from + n, row); });
  }
  template <class T, class Row>
  void gather(std::int64_t image, std::int64_t first, std::int64_t count, float* to, Row&& row) const {
    using Raw = std::conditional_t<sizeof(T) == 2, std::uint16_t, T>;
    for (std::int64_t c = 0; c < planes_; ++c, to += kernels::block_pixels) {
      const T* base = logits_.const_data_ptr<T>() + image * logits_.stride(0) + c * logits_.stride(1);
      if (dense(logits_)) {
        row(isa_, reinterpret_cast<const Raw*>(base + first), to, static_cast<std::size_t>(count));
        continue;
      }
      for (std::int64_t k = 0, y = first / width_, x = first % width_; k < count; ++k) {
        to[k] = static_cast<float>(base[y * logits_.stride(2) + x * logits_.stride(3)]);
        if (++x == width_) x = 0, ++y;
      }
    }
  }
  /// The other way, for the gradient; rows of `from` lie `plane` apart.
  void scatter(std::int64_t image, std::int64_t first, std::int64_t count, const float* from, std::int64_t plane) {
    if (gradient_.scalar_type() == at::kHalf) scatter<at::Half>(image, first, count, from, plane, &kernels::fp32_to_fp16);
    else if (gradient_.scalar_type() == at::kBFloat16) scatter<at::BFloat16>(image, first, count, from, plane, &kernels::fp32_to_bf16);
    else scatter<float>(image, first, count, from, plane, [](kernels::Isa, const float* row, float* to, std::size_t n) { std::copy(row, row + n, to); });
  }
  template <class T, class Row>
  void scatter(std::int64_t image, std::int64_t first, std::int64_t count, const float* from, std::int64_t plane, Row&& row) {
    using Raw = std::conditional_t<sizeof(T) == 2, std::uint16_t, T>;
    for (std::int64_t c = 0; c < planes_; ++c, from += plane) {
      T* base = gradient_.mutable_data_ptr<T>() + image * gradient_.stride(0) + c * gradient_.stride(1);
      if (dense(gradient_)) {
        row(isa_, from, reinterpret_cast<Raw*>(base + first), static_cast<std::size_t>(count));
        continue;
      }
      for (std::int64_t k = 0, y = first / width_, x = first % width_; k < count; ++k) {
        base[y * gradient_.stride(2) + x * gradient_.stride(3)] = static_cast<T>(from[k]);
        if (++x == width_) x = 0, ++y;
      }
    }
  }

  /// What blocks of an image share, and copies of what is cut off at its end.
  struct Buffers {
    std::vector<float> logits, gradient, workspace, soft, weights;
    std::vector<std::uint8_t> codes;
  };
  kernels::Block block(std::int64_t i, std::int64_t k, std::int64_t count, Buffers& b) const {
    constexpr std::int64_t whole = kernels::block_pixels;
    const std::int64_t first = k * whole;
    kernels::Block out;
    out.classes = classes_;
    out.codes = codes_.const_data_ptr<std::uint8_t>() + i * pixels_ + first;
    if (weights_.defined()) out.weights = weights_.const_data_ptr<float>() + i * pixels_ + first;
    if (soft_.defined()) out.soft = soft_.const_data_ptr<float>() + i * planes_ * pixels_ + first;
    out.soft_plane = pixels_;
    if (count == whole) return out;
    b.codes.assign(whole, kernels::ignored_label);
    std::copy(out.codes, out.codes + count, b.codes.begin());
    out.codes = b.codes.data();
    if (out.weights) {
      b.weights.assign(whole, 1.0f);
      std::copy(out.weights, out.weights + count, b.weights.begin());
      out.weights = b.weights.data();
    }
    if (out.soft) {
      b.soft.assign(static_cast<std::size_t>(planes_ * whole), 0.0f);
      for (std::int64_t c = 0; c < planes_; ++c) std::copy(out.soft + c * pixels_, out.soft + c * pixels_ + count, b.soft.begin() + c * whole);
      out.soft = b.soft.data();
      out.soft_plane = whole;
    }
    return out;
  }
  template <class F>
  void over_blocks(F&& body) {
    at::parallel_for(0, blocks_, 64, [&](std::int64_t from, std::int64_t to) {
      Buffers b;
      for (std::int64_t k = from; k < to; ++k) body(k, std::min<std::int64_t>(kernels::block_pixels, pixels_ - k * kernels::block_pixels), b);
    });
  }

  /// Phase 1: pointwise value and gradient, probabilities and sums for the regions.
  void points(std::int64_t i, kernels::BlockFunction point, const Scratch& s) {
    constexpr std::int64_t whole = kernels::block_pixels;
    over_blocks([&](std::int64_t k, std::int64_t count, Buffers& b) {
      const std::int64_t first = k * whole;
      kernels::Block a = block(i, k, count, b);
      if (direct_in_) {
        a.logits = logits_.const_data_ptr<float>() + i * logits_.stride(0) + first;
        a.logit_plane = logits_.stride(1);
      } else {
        b.logits.assign(static_cast<std::size_t>(planes_ * whole), 0.0f);
        gather(i, first, count, b.logits.data());
        a.logits = b.logits.data();
        a.logit_plane = whole;
      }
      if (softmax_) {
        b.workspace.resize(static_cast<std::size_t>(planes_) * kernels::softmax_pixels);
        a.workspace = b.workspace.data();
      }
      a.factors = factors_.data();
      a.numbers = numbers_.data();
      a.scale = static_cast<float>(scale_);
      if (direct_out_) {
        a.gradient = gradient_.mutable_data_ptr<float>() + i * gradient_.stride(0) + first;
        a.gradient_plane = gradient_.stride(1);
      } else if (s.gradient.defined()) {
        a.gradient = s.at(s.gradient) + first;
        a.gradient_plane = s.size;
      } else {
        b.gradient.resize(static_cast<std::size_t>(planes_ * whole));
        a.gradient = b.gradient.data();
        a.gradient_plane = whole;
      }
      std::vector<float> sums(structure_.regions ? static_cast<std::size_t>(classes_) * 2 : 0);
      if (structure_.regions) {
        if (s.probability.defined()) a.probability = s.at(s.probability) + first;
        a.probability_plane = s.size;
        a.sums = sums.data();
      }
      point(a);
      values_[static_cast<std::size_t>(i * blocks_ + k)] = a.value;
      if (structure_.regions) std::copy(sums.begin(), sums.end(), sums_.begin() + (i * blocks_ + k) * classes_ * 2);
      else if (!direct_out_ && keep_gradient_) scatter(i, first, count, a.gradient, a.gradient_plane);
    });
    if (!structure_.regions) return;
    for (int c = 0; c < classes_; ++c) {
      kernels::RegionSums& to = image_sums_[static_cast<std::size_t>(i * classes_ + c)];
      for (std::int64_t k = 0; k < blocks_; ++k) {
        const float* from = &sums_[static_cast<std::size_t>(((i * blocks_ + k) * classes_ + c) * 2)];
        to.predicted += from[0];
        to.tp += from[1];
      }
      to.truth = mass_[static_cast<std::size_t>(i * classes_ + c)];
    }
  }

  Coefficients no_terms() const { return {std::vector<double>(static_cast<std::size_t>(classes_), 0.0), std::vector<double>(static_cast<std::size_t>(classes_), 0.0), 0}; }
  void add_group(Coefficients& to, const RegionNumbers& r, const kernels::RegionSums& sums, int c, double share) const {
    const kernels::RegionValue v = kernels::region_loss(sums, r.alpha, r.beta, r.epsilon, r.exponent);
    to.value += share * v.value;
    to.constant[static_cast<std::size_t>(c)] += share * scale_ * v.constant;
    to.linear[static_cast<std::size_t>(c)] += share * scale_ * v.linear;
  }
  int first_class() const { return softmax_ ? 0 : 1; }
  double image_mass(std::int64_t i) const {
    double sum = 0;
    for (int c = 0; c < classes_; ++c) sum += mass_[static_cast<std::size_t>(i * classes_ + c)];
    return sum;
  }
  /// Terms whose group is the image; writes its value.
  Coefficients region_terms(std::int64_t i) {
    Coefficients all = no_terms();
    std::int64_t counted = 0;
    for (std::int64_t k = 0; k < images_; ++k) counted += image_mass(k) > 0;
    if (image_mass(i) > 0)
      for (const RegionNumbers& r : n_.loss.regions)
        for (int c = first_class(); c < classes_ && r.per == Per::image; ++c)
          add_group(all, r, image_sums_[static_cast<std::size_t>(i * classes_ + c)], c, r.weight / static_cast<double>(counted * planes_));
    image_values_[static_cast<std::size_t>(i)] = all.value;
    return all;
  }
  Coefficients batch_terms() const {
    Coefficients all = no_terms();
    for (const RegionNumbers& r : n_.loss.regions)
      for (int c = first_class(); c < classes_ && r.per == Per::batch; ++c) {
        kernels::RegionSums sums;
        for (std::int64_t i = 0; i < images_; ++i) {
          const kernels::RegionSums& one = image_sums_[static_cast<std::size_t>(i * classes_ + c)];
          sums.tp += one.tp, sums.predicted += one.predicted, sums.truth += one.truth;
        }
        double mass = 0;
        for (std::int64_t i = 0; i < images_; ++i) mass += image_mass(i);
        if (mass > 0) add_group(all, r, sums, c, r.weight / static_cast<double>(planes_));
      }
    return all;
  }

  /// Phase 2: adds the regions' gradient where the pointwise one lies.
  void region_gradient(std::int64_t i, const Scratch& s, const Coefficients& coefficients) {
    if (!keep_gradient_) return;
    const std::vector<float> constant(coefficients.constant.begin(), coefficients.constant.end()), linear(coefficients.linear.begin(), coefficients.linear.end());
    const auto region = structure_.terms > 0 ? kernels::region_function<false>(isa_, softmax_, mode_) : kernels::region_function<true>(isa_, softmax_, mode_);
    over_blocks([&](std::int64_t k, std::int64_t count, Buffers& b) {
      const std::int64_t first = k * kernels::block_pixels;
      kernels::Block a = block(i, k, count, b);
      if (s.probability.defined()) a.probability = s.at(s.probability) + first;
      a.probability_plane = s.size;
      a.constant = constant.data();
      a.linear = linear.data();
      if (direct_out_) {
        a.gradient = gradient_.mutable_data_ptr<float>() + i * gradient_.stride(0) + first;
        a.gradient_plane = gradient_.stride(1);
      } else {
        a.gradient = s.at(s.gradient) + first;
        a.gradient_plane = s.size;
      }
      region(a);
      if (!direct_out_) scatter(i, first, count, a.gradient, a.gradient_plane);
    });
  }

  const kernels::Structure& structure_;
  const PassNumbers& n_;
  at::Tensor logits_, labels_, valid_, gradient_, codes_, weights_, soft_;
  std::int64_t images_, planes_;
  int classes_;
  std::int64_t height_, width_, pixels_, blocks_;
  bool softmax_, direct_in_ = false, direct_out_ = false, keep_gradient_ = true;
  kernels::Isa isa_;
  kernels::TargetMode mode_ = kernels::TargetMode::hard;
  double scale_ = 1;
  std::vector<double> mass_;  // [image][class]
  std::vector<float> factors_, numbers_, values_, sums_;
  std::vector<kernels::RegionSums> image_sums_;
  std::vector<double> image_values_;
};

}  // namespace detail

RTS_INLINE PassResult fused_pass(const kernels::Structure& structure, const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const PassNumbers& n, const PassContext& context) {
  check_inputs(logits, labels, valid, n);
  const c10::NoGradGuard no_grad;
  return detail::FusedRun(structure, logits, labels, valid, n, context).run();
}

}  // namespace rts::inline RTS_ABI::losses
