#pragma once
// A weighted sum of losses, fused into one pass.

#include <rts/losses/pointwise_policy.hpp>
#include <rts/losses/region_policy.hpp>

namespace rts::inline RTS_ABI::losses {

/// One summand: weight >= 0 and a loss.
template <double W, class L>
struct Term {
  static constexpr double weight = W;
  using loss = L;
};

namespace detail {
template <class T>
struct IsTerm : std::false_type {};
template <double W, class L>
struct IsTerm<Term<W, L>> : std::bool_constant<Loss<L>> {};

template <class... P>
struct JoinPointwise;
template <class... A>
struct JoinPointwise<kernels::Pointwise<A...>> {
  using type = kernels::Pointwise<A...>;
};
template <class... A, class... B, class... Rest>
struct JoinPointwise<kernels::Pointwise<A...>, kernels::Pointwise<B...>, Rest...> : JoinPointwise<kernels::Pointwise<A..., B...>, Rest...> {};

template <class L>
consteval bool composed_only() {
  if constexpr (requires { L::composed_only; }) return L::composed_only;
  else return false;
}
template <class L>
struct PointwiseOf {
  using type = kernels::Pointwise<>;
};
template <class L>
  requires requires { typename L::pointwise; }
struct PointwiseOf<L> {
  using type = typename L::pointwise;
};
template <class L>
consteval bool has_regions() {
  if constexpr (requires { L::regions; }) return L::regions;
  else return false;
}
}  // namespace detail

/// formula: sum of weight x loss, each with its own reduction. All fused terms share one evaluation of each pixel.
/// source: for example focal + 0.5 Dice, the off-road report's combination
template <class... Terms>
struct Sum : PolicyBase {
  using axis = axes::Loss;
  static constexpr std::string_view name = "Sum";
  static constexpr bool well_formed = sizeof...(Terms) > 0 && (detail::IsTerm<Terms>::value && ...);
  static constexpr bool binary = false, multi_class = false, valid_options = false;
};
template <class... Terms>
  requires(sizeof...(Terms) > 0 && (detail::IsTerm<Terms>::value && ...))
struct Sum<Terms...> : PolicyBase {
  using axis = axes::Loss;
  static constexpr std::string_view name = "Sum";
  static constexpr bool well_formed = true;
  using pointwise = typename detail::JoinPointwise<typename detail::PointwiseOf<typename Terms::loss>::type...>::type;
  static constexpr bool regions = (detail::has_regions<typename Terms::loss>() || ...);
  static constexpr bool binary = (Terms::loss::binary && ...);
  static constexpr bool multi_class = (Terms::loss::multi_class && ...);
  static constexpr bool valid_options = ((Terms::weight >= 0 && Terms::loss::valid_options) && ...);
  static constexpr bool hard_targets_only = (Terms::loss::hard_targets_only || ...);
  static constexpr bool uses_class_weights = (Terms::loss::uses_class_weights || ...);
  static constexpr bool composed_only = (detail::composed_only<typename Terms::loss>() || ...);

  static LossNumbers numbers() {
    LossNumbers all;
    (append(all, Terms::loss::numbers(), Terms::weight), ...);
    return all;
  }
  static Description describe() { return {"loss", "Sum", {}, {term<Terms>()...}}; }

 private:
  static void append(LossNumbers& all, LossNumbers one, double weight) {
    for (PointNumbers& p : one.points) p.weight *= weight, all.points.push_back(p);
    for (RegionNumbers& r : one.regions) r.weight *= weight, all.regions.push_back(r);
    for (const double l : one.lovasz) all.lovasz.push_back(l * weight);
  }
  template <class T>
  static Description term() {
    Description d = rts::describe<typename T::loss>();
    d.fields.insert(d.fields.begin(), {"weight", number_text(T::weight)});
    return d;
  }
};

static_assert(Loss<Sum<Term<1.0, Focal<>>, Term<0.5, Dice<>>>>);

}  // namespace rts::inline RTS_ABI::losses
