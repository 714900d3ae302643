// Every 16-bit number, and every fp32 number near a rounding boundary, against c10's conversions.
#include <rts/losses/half_rows.hpp>

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <cmath>
#include <cstring>
#include <vector>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts::kernels;

TEST_CASE("16-bit floats convert exactly, and back with the nearest even") {
  for (const Isa set : {Isa::baseline, best_isa()}) {
    std::vector<std::uint16_t> raw(65536), back(65536);
    std::vector<float> values(65536);
    for (std::uint32_t i = 0; i < 65536; ++i) raw[i] = static_cast<std::uint16_t>(i);
    int wrong = 0;
    fp16_to_fp32(set, raw.data(), values.data(), raw.size());
    for (std::uint32_t i = 0; i < 65536; ++i) {
      const float want = static_cast<float>(c10::Half(raw[i], c10::Half::from_bits()));
      wrong += !(values[i] == want || (std::isnan(values[i]) && std::isnan(want)));
    }
    bf16_to_fp32(set, raw.data(), values.data(), raw.size());
    for (std::uint32_t i = 0; i < 65536; ++i) {
      const float want = static_cast<float>(c10::BFloat16(raw[i], c10::BFloat16::from_bits()));
      wrong += !(values[i] == want || (std::isnan(values[i]) && std::isnan(want)));
    }
    CHECK(wrong == 0);
    std::vector<float> hard;
    for (std::uint32_t i = 0; i < 65536; ++i)
      for (const std::uint32_t low : {0x0u, 0x1u, 0xFFFu, 0x1000u, 0x1001u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu}) hard.push_back(std::bit_cast<float>(i << 16 | low));
    std::vector<std::uint16_t> got(hard.size());
    fp32_to_fp16(set, hard.data(), got.data(), hard.size());
    for (std::size_t i = 0; i < hard.size(); ++i) wrong += std::isnan(hard[i]) ? !std::isnan(from_fp16(got[i])) : got[i] != c10::Half(hard[i]).x;
    fp32_to_bf16(set, hard.data(), got.data(), hard.size());
    for (std::size_t i = 0; i < hard.size(); ++i) wrong += std::isnan(hard[i]) ? (got[i] & 0x7FFF) <= 0x7F80 : got[i] != c10::BFloat16(hard[i]).x;
    CHECK(wrong == 0);
  }
}
