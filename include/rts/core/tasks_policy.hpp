#pragma once
// Tasks: what a pixel's answer is. Binary has one logit, MultiClass one per class.

#include <rts/core/reflect.hpp>
#include <rts/core/strong.hpp>

namespace rts::inline RTS_ABI::tasks {

/// Object (label 1) against background (label 0); logits (N,1,H,W).
struct Binary : PolicyBase {
  using axis = axes::Task;
  static constexpr std::string_view name = "Binary";
  static constexpr ClassCount classes{2};
  static constexpr int channels = 1;  ///< logits per pixel
};

/// The names of the classes, label 0 first.
template <class... Name>
struct Classes {
  static constexpr int count = sizeof...(Name);
  static Description describe() { return {"", "Classes", {{"names", list(), false}}}; }

 private:
  static std::string list() {
    std::string text = "[";
    ((text += (text.size() > 1 ? ", " : "") + std::string(Name::name)), ...);
    return text + "]";
  }
};

/// One of several classes; logits (N,K,H,W). `Labels` is a `Classes<...>` of types with a `name`.
template <class Labels>
struct MultiClass : PolicyBase {
  using axis = axes::Task;
  static constexpr std::string_view name = "MultiClass";
  static constexpr ClassCount classes{Labels::count};
  static constexpr int channels = Labels::count;
  static Description describe() { return {"task", "MultiClass", {{"classes", number_text(Labels::count)}}, {Labels::describe()}}; }
};

template <class P>
concept Task = PolicyOf<P, axes::Task> && requires {
  { P::classes } -> std::convertible_to<ClassCount>;
  { P::channels } -> std::convertible_to<int>;
};
static_assert(Task<Binary>);

}  // namespace rts::inline RTS_ABI::tasks
