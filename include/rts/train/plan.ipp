#pragma once
#include <rts/train/plan.hpp>

namespace rts::inline RTS_ABI::train {
namespace detail {

inline void describe_into(std::string& out, const Description& d, int indent) {
  const std::string pad(static_cast<std::size_t>(indent), ' ');
  for (const Field& f : d.fields) out += pad + f.key + ": " + (f.quoted ? "\"" + f.value + "\"" : f.value) + "\n";
  if (d.children.empty()) return;
  out += pad + "parts:\n";
  for (const Description& c : d.children) {
    out += pad + "  - policy: " + c.policy + "\n";
    describe_into(out, c, indent + 4);
  }
}

}  // namespace detail

RTS_INLINE std::string to_yaml(const Plan& plan) {
  std::string out = "variant: " + plan.variant + "\nfingerprint: \"" + plan.fingerprint + "\"\nrecipe:\n";
  for (const Description& d : plan.axes) {
    out += "  " + d.axis + ":\n    policy: " + d.policy + "\n";
    detail::describe_into(out, d, 4);
  }
  return out;
}

}  // namespace rts::inline RTS_ABI::train
