#pragma once
// A policy in words: its name and options as plain text, for config.yaml, JSON, the fingerprint and tracking.

#include <rts/core/config.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace rts::inline RTS_ABI {

/// One option of a policy. `quoted` says that the value is text rather than a number or list.
struct Field {
  std::string key;
  std::string value;
  bool quoted = false;
};

/// A policy with its options and the policies it is made of.
struct Description {
  std::string axis;
  std::string policy;
  std::vector<Field> fields = {};
  std::vector<Description> children = {};
};

/// Shortest text that reads back as the same number.
template <class Number>
std::string number_text(Number value) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

/// 64-bit FNV-1a, the hash behind fingerprints and content versions.
inline std::uint64_t fnv1a(std::string_view text, std::uint64_t hash = 0xcbf29ce484222325ull) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return hash;
}

inline std::string hex16(std::uint64_t value) {
  std::string out(16, '0');
  for (int i = 15; i >= 0; --i, value >>= 4) out[static_cast<std::size_t>(i)] = "0123456789abcdef"[value & 15];
  return out;
}

/// Canonical one-line form: what the fingerprint is computed from.
inline std::string canonical(const Description& d) {
  std::string text = d.policy;
  if (!d.fields.empty()) {
    text += "{";
    for (const Field& f : d.fields) text += f.key + "=" + f.value + ";";
    text += "}";
  }
  if (!d.children.empty()) {
    text += "<";
    for (const Description& c : d.children) text += canonical(c) + ",";
    text += ">";
  }
  return text;
}

}  // namespace rts::inline RTS_ABI
