#pragma once
// Values have kinds: thin wrappers over a tensor, checked on construction, free afterwards. Logits are not
// probabilities, a `LossMask` is not a `ValidMask`, and the compiler knows.

#include <rts/core/error.hpp>
#include <rts/core/tasks_policy.hpp>

#include <ATen/core/Tensor.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>

#include <sstream>

namespace rts::inline RTS_ABI {
namespace detail {
inline std::string shape_text(const at::Tensor& t) {
  std::ostringstream out;
  out << t.sizes() << ' ' << t.scalar_type();
  return out.str();
}
template <class>
inline constexpr bool never = false;
}  // namespace detail

/// Scores before any squashing. (N,channels,H,W) float of any width.
template <tasks::Task T>
class Logits {
 public:
  using task = T;
  explicit Logits(at::Tensor t) : t_(std::move(t)) {
    RTS_CHECK(t_.dim() == 4 && t_.size(1) == T::channels && at::isFloatingType(t_.scalar_type()), .code = "RTS-K51", .what = "these are no logits of the task",
              .expected = "(N," + std::to_string(T::channels) + ",H,W) floating point", .found = detail::shape_text(t_), .fix = "give the network's output as it is");
  }
  const at::Tensor& tensor() const { return t_; }

 private:
  at::Tensor t_;
};

/// Probabilities in [0, 1]. (N,channels,H,W) float. Made by `probabilities(logits)` only, so that no sigmoid is applied twice.
template <tasks::Task T>
class Probabilities {
 public:
  using task = T;
  const at::Tensor& tensor() const { return t_; }
  template <tasks::Task U>
  friend Probabilities<U> probabilities(const Logits<U>&);

 private:
  explicit Probabilities(at::Tensor t) : t_(std::move(t)) {}
  at::Tensor t_;
};

template <tasks::Task T>
Probabilities<T> probabilities(const Logits<T>& logits) {
  return Probabilities<T>(T::channels == 1 ? at::sigmoid(logits.tensor()) : at::softmax(logits.tensor(), 1));
}
template <tasks::Task T>
Probabilities<T> probabilities(const Probabilities<T>&) {
  static_assert(detail::never<T>, "[RTS-K01] what: a second sigmoid; why: these are probabilities already; fix: use them as they are");
}

/// Class per pixel, 255 unknown. (N,H,W) uint8.
template <tasks::Task T>
class Labels {
 public:
  using task = T;
  explicit Labels(at::Tensor t) : t_(std::move(t)) {
    RTS_CHECK(t_.dim() == 3 && t_.scalar_type() == at::kByte, .code = "RTS-K52", .what = "these are no labels", .expected = "(N,H,W) uint8", .found = detail::shape_text(t_), .fix = "give one class number per pixel");
  }
  const at::Tensor& tensor() const { return t_; }

 private:
  at::Tensor t_;
};

namespace detail {
inline at::Tensor checked_mask(at::Tensor t) {
  RTS_CHECK(t.dim() == 3 && (t.scalar_type() == at::kByte || t.scalar_type() == at::kBool), .code = "RTS-K53", .what = "this is no mask", .expected = "(N,H,W) uint8 or bool", .found = shape_text(t), .fix = "give one flag per pixel");
  return t;
}
}  // namespace detail

/// Pixels with data in every band and a known label. (N,H,W). What metrics, calibration and objects take.
class ValidMask {
 public:
  explicit ValidMask(at::Tensor t) : t_(detail::checked_mask(std::move(t))) {}
  const at::Tensor& tensor() const { return t_; }

 private:
  at::Tensor t_;
};

/// `ValidMask` without the boundary ring. (N,H,W). What losses take, and nothing else.
class LossMask {
 public:
  explicit LossMask(at::Tensor t) : t_(detail::checked_mask(std::move(t))) {}
  const at::Tensor& tensor() const { return t_; }

 private:
  at::Tensor t_;
};

/// Network input with the bands `B`, a `data::Bands<...>`. (N,bands,H,W) float.
template <class B>
class Image {
 public:
  using bands = B;
  explicit Image(at::Tensor t) : t_(std::move(t)) {
    RTS_CHECK(t_.dim() == 4 && t_.size(1) == B::count && at::isFloatingType(t_.scalar_type()), .code = "RTS-K54", .what = "an image with other bands than the recipe's", .expected = "(N," + std::to_string(B::count) + ",H,W) floating point", .found = detail::shape_text(t_), .fix = "read the bands of the recipe");
  }
  const at::Tensor& tensor() const { return t_; }

 private:
  at::Tensor t_;
};

/// For metrics: refuses a `LossMask` by name instead of by a failed conversion.
template <class Mask>
constexpr void require_valid_mask() {
  static_assert(!std::is_same_v<Mask, LossMask>, "[RTS-K02] what: a LossMask given to a metric; why: it leaves out the boundary ring, so scores would look better than the map; fix: give the ValidMask");
}

}  // namespace rts::inline RTS_ABI
