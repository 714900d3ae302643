#pragma once
// Several looks at one window: symmetries of the square, several networks. Their probabilities are averaged.

#include <ATen/core/Tensor.h>

#include <rts/core/config.hpp>

#include <functional>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::inference {

/// (N,bands,H,W) float -> logits (N,1,H,W) float, CPU.
using Network = std::function<at::Tensor(const at::Tensor&)>;

/// Test-time augmentation. `minimal`: as it is and mirrored; `standard`: both mirrors and the half turn too; `full`: all eight symmetries.
enum class Views { none = 1,
                   minimal = 2,
                   standard = 4,
                   full = 8 };
std::string_view to_text(Views v);
/// "none", "minimal", "standard" or "full". errors: RTS-I56
Views parse_views(const std::string& text);

/// Mean probability over networks and views. errors: RTS-I57 quarter turns of a window that is not square
at::Tensor probability(const std::vector<Network>& networks, Views views, const at::Tensor& image);

}  // namespace rts::inline RTS_ABI::inference

#if RTS_HEADER_ONLY
#include <rts/inference/views.ipp>
#endif
