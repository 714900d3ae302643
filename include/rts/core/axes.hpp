#pragma once
// The axes of a recipe: one place each, filled by exactly one policy (docs/design.md lists the defaults).

#include <rts/core/config.hpp>

#include <string_view>

namespace rts::inline RTS_ABI {

template <class... T>
struct TypeList {
  static constexpr std::size_t size = sizeof...(T);
};

namespace axes {
// clang-format off
struct Task            { static constexpr std::string_view name = "task"; };
struct Input           { static constexpr std::string_view name = "input"; };
struct Tile            { static constexpr std::string_view name = "tile"; };
struct Normalization   { static constexpr std::string_view name = "normalization"; };
struct Model           { static constexpr std::string_view name = "model"; };
struct Loss            { static constexpr std::string_view name = "loss"; };
struct Targets         { static constexpr std::string_view name = "targets"; };
struct Boundary        { static constexpr std::string_view name = "boundary"; };
struct Sampler         { static constexpr std::string_view name = "sampler"; };
struct Augmentation    { static constexpr std::string_view name = "augmentation"; };
struct Optimizer       { static constexpr std::string_view name = "optimizer"; };
struct Clipping        { static constexpr std::string_view name = "clipping"; };
struct Averaging       { static constexpr std::string_view name = "averaging"; };
struct Scheduler       { static constexpr std::string_view name = "scheduler"; };
struct Length          { static constexpr std::string_view name = "length"; };
struct Batch           { static constexpr std::string_view name = "batch"; };
struct Finetuning      { static constexpr std::string_view name = "finetuning"; };
struct Precision       { static constexpr std::string_view name = "precision"; };
struct Stopping        { static constexpr std::string_view name = "stopping"; };
struct Validation      { static constexpr std::string_view name = "validation"; };
struct Checkpoints     { static constexpr std::string_view name = "checkpoints"; };
struct Reproducibility { static constexpr std::string_view name = "reproducibility"; };
// clang-format on

using All = TypeList<Task, Input, Tile, Normalization, Model, Loss, Targets, Boundary, Sampler, Augmentation, Optimizer, Clipping,
                     Averaging, Scheduler, Length, Batch, Finetuning, Precision, Stopping, Validation, Checkpoints, Reproducibility>;
}  // namespace axes

}  // namespace rts::inline RTS_ABI
