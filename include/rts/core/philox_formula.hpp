#pragma once
// Philox4x32-10: a counter-based generator whose numbers depend on (seed, epoch, sample, stage) alone,
// never on threads or order. Source: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".

#include <rts/core/config.hpp>

#include <cstdint>

namespace rts::inline RTS_ABI {

struct PhiloxBlock {
  std::uint32_t v[4];
};

/// Ten rounds over one 128-bit counter with a 64-bit key.
RTS_HD constexpr PhiloxBlock philox(PhiloxBlock counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53u} * counter.v[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * counter.v[2];
    counter = PhiloxBlock{{static_cast<std::uint32_t>(b >> 32) ^ counter.v[1] ^ key0, static_cast<std::uint32_t>(b),
                           static_cast<std::uint32_t>(a >> 32) ^ counter.v[3] ^ key1, static_cast<std::uint32_t>(a)}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

/// A stream of numbers for one purpose. Copies continue independently from the same place.
class Random {
 public:
  /// `stream` and `item` name the purpose, for example (epoch, sample); `stage` parts uses within it.
  RTS_HD constexpr Random(std::uint64_t seed, std::uint32_t stream, std::uint64_t item, std::uint32_t stage = 0)
      : key0_(static_cast<std::uint32_t>(seed)),
        key1_(static_cast<std::uint32_t>(seed >> 32) ^ (stage * 0x85EBCA6Bu)),
        counter_{{0u, stream, static_cast<std::uint32_t>(item), static_cast<std::uint32_t>(item >> 32)}} {}

  RTS_HD constexpr std::uint32_t bits() {
    if (used_ == 4) {
      block_ = philox(counter_, key0_, key1_);
      ++counter_.v[0];
      used_ = 0;
    }
    return block_.v[used_++];
  }

  RTS_HD constexpr std::uint64_t bits64() {
    const std::uint64_t high = bits();
    return (high << 32) | bits();
  }

  /// Uniform in [0, 1) with 24 bits.
  RTS_HD constexpr float uniform() { return static_cast<float>(bits() >> 8) * (1.0f / 16777216.0f); }
  RTS_HD constexpr double uniform(double low, double high) {
    return low + (high - low) * (static_cast<double>(bits64() >> 11) * (1.0 / 9007199254740992.0));
  }
  RTS_HD constexpr bool chance(double p) { return uniform(0.0, 1.0) < p; }

  /// Uniform integer in [0, n), n >= 1; bias below 2^-32.
  RTS_HD constexpr std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(bits()) * n) >> 32);
  }

 private:
  std::uint32_t key0_, key1_;
  PhiloxBlock counter_;
  PhiloxBlock block_{};
  int used_ = 4;
};

// Known-answer test of the reference implementation: zero counter and key.
static_assert(philox({{0, 0, 0, 0}}, 0, 0).v[0] == 0x6627e8d5u);
static_assert(philox({{0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu}}, 0xffffffffu, 0xffffffffu).v[0] == 0x408f276du);

}  // namespace rts::inline RTS_ABI
