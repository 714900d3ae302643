#pragma once
#include <rts/inference/views.hpp>

#include <rts/core/d4_formula.hpp>
#include <rts/core/error.hpp>

#include <ATen/ATen.h>

namespace rts::inline RTS_ABI::inference {
namespace detail {

inline at::Tensor viewed(at::Tensor t, D4 d) {
  if (d.transpose) t = t.transpose(2, 3);
  if (d.flip_rows) t = t.flip(2);
  if (d.flip_columns) t = t.flip(3);
  return t;
}

}  // namespace detail

RTS_INLINE std::string_view to_text(Views v) { return v == Views::none ? "none" : v == Views::minimal ? "minimal"
                                                                              : v == Views::standard  ? "standard"
                                                                                                      : "full"; }
RTS_INLINE Views parse_views(const std::string& text) {
  for (const Views v : {Views::none, Views::minimal, Views::standard, Views::full})
    if (text == to_text(v)) return v;
  throw UsageError({.code = "RTS-I56", .what = "unknown test-time augmentation", .expected = "none, minimal, standard or full", .found = text, .fix = "choose one of them"});
}

RTS_INLINE at::Tensor probability(const std::vector<Network>& networks, Views views, const at::Tensor& image) {
  if (networks.size() == 1 && views == Views::none) return networks[0](image).sigmoid_();
  RTS_CHECK_USAGE(views != Views::full || image.size(2) == image.size(3), .code = "RTS-I57", .what = "quarter turns of a window that is not square", .expected = "a square window", .found = std::to_string(image.size(2)) + " x " + std::to_string(image.size(3)), .fix = "use standard test-time augmentation");
  at::Tensor sum;
  for (const Network& network : networks)
    for (int i = 0; i < 8; ++i) {
      const D4 d = D4::element(i);
      if (d.transpose && views != Views::full) continue;
      if (d.flip_rows && views == Views::minimal) continue;
      if ((d.flip_rows || d.flip_columns) && views == Views::none) continue;
      const at::Tensor p = detail::viewed(network(detail::viewed(image, d).contiguous()).sigmoid_(), d.inverse());
      sum = sum.defined() ? sum.add_(p) : p.contiguous();
    }
  return sum.div_(static_cast<double>(networks.size()) * static_cast<int>(views));
}

}  // namespace rts::inline RTS_ABI::inference
