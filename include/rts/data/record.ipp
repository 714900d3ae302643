#pragma once
#include <rts/data/record.hpp>

#include <array>
#include <cstring>

namespace rts::inline RTS_ABI::data {
namespace detail {

/// Eight bytes of 0 or 1 from the bits of one byte.
inline constexpr auto spread_bits = [] {
  std::array<std::uint64_t, 256> table{};
  for (unsigned v = 0; v < 256; ++v)
    for (unsigned k = 0; k < 8; ++k) table[v] |= static_cast<std::uint64_t>(v >> k & 1u) << (8 * k);
  return table;
}();

inline void pack_bits(const std::uint8_t* bytes, std::uint8_t mask, std::size_t n, std::byte* out) {
  for (std::size_t i = 0; i < n; i += 8) {
    unsigned v = 0;
    for (std::size_t k = 0; k < 8 && i + k < n; ++k) v |= static_cast<unsigned>((bytes[i + k] & mask) != 0) << k;
    out[i / 8] = static_cast<std::byte>(v);
  }
}

}  // namespace detail

RTS_INLINE RecordLayout layout_of(const Dataset& d, int classes) {
  return {d.pixels, static_cast<int>(d.bands.size()), d.tile_height, d.tile_width, static_cast<int>(std::bit_width(static_cast<unsigned>(classes - 1)))};
}

RTS_INLINE void to_record(const RawTile& tile, const RecordLayout& l, std::byte* record) {
  std::memset(record + l.valid_offset(), 0, l.bytes() - l.valid_offset());
  std::memcpy(record, tile.image.data(), tile.image.size());
  detail::pack_bits(tile.valid.data(), 1, l.area(), record + l.valid_offset());
  std::vector<std::uint8_t> known(tile.label);
  for (std::size_t i = 0; i < known.size(); ++i) known[i] = tile.valid[i] ? known[i] : 0;
  for (int p = 0; p < l.label_planes; ++p) detail::pack_bits(known.data(), static_cast<std::uint8_t>(1 << p), l.area(), record + l.label_offset() + static_cast<std::size_t>(p) * l.plane_bytes());
}

RTS_INLINE void from_record(const std::byte* record, const RecordLayout& l, RawTile& tile) {
  const std::size_t area = l.area(), whole = area / 8;
  tile.type = l.type;
  tile.label.resize(area);
  tile.valid.resize(area);
  tile.image.resize(area * static_cast<std::size_t>(l.bands) * bytes_of(l.type));
  std::memcpy(tile.image.data(), record, tile.image.size());
  const auto* valid = reinterpret_cast<const std::uint8_t*>(record + l.valid_offset());
  const auto* label = reinterpret_cast<const std::uint8_t*>(record + l.label_offset());
  for (std::size_t i = 0; i < (area + 7) / 8; ++i) {
    const std::uint64_t v = detail::spread_bits[valid[i]];
    std::uint64_t value = 0;
    for (int p = 0; p < l.label_planes; ++p) value |= detail::spread_bits[label[static_cast<std::size_t>(p) * l.plane_bytes() + i]] << p;
    value |= (v ^ 0x0101010101010101ull) * 255;  // unknown where not valid
    const std::size_t n = i < whole ? 8 : area % 8;
    std::memcpy(tile.valid.data() + 8 * i, &v, n);
    std::memcpy(tile.label.data() + 8 * i, &value, n);
  }
}

RTS_INLINE std::uint64_t checksum(const std::byte* data, std::size_t size) {
  std::uint64_t lane[4] = {0x9E3779B97F4A7C15ull, 0xC2B2AE3D27D4EB4Full, 0x165667B19E3779F9ull, size};
  std::size_t i = 0;
  for (; i + 32 <= size; i += 32)
    for (std::size_t k = 0; k < 4; ++k) {
      std::uint64_t w;
      std::memcpy(&w, data + i + 8 * k, 8);
      lane[k] = (lane[k] ^ w) * 0x9FB21C651E98DF25ull;
      lane[k] ^= lane[k] >> 32;
    }
  for (; i < size; ++i) lane[i % 4] = (lane[i % 4] ^ static_cast<std::uint64_t>(data[i])) * 0x100000001b3ull;
  std::uint64_t all = 0;
  for (const std::uint64_t v : lane) all = (all ^ v) * 0xD6E8FEB86659FD93ull, all ^= all >> 29;
  return all;
}

}  // namespace rts::inline RTS_ABI::data
