#pragma once
// One tile as a fixed record: image bytes as stored, validity and labels as bit planes. What packed files hold and raw batches carry.

#include <rts/data/dataset.hpp>

#include <bit>

namespace rts::inline RTS_ABI::data {

/// Layout of a record: image (bands x height x width of `type`), validity (1 bit a pixel, rows one after another, lowest bit first), then
/// `label_planes` planes of label bits. Each part begins at a multiple of 64 bytes.
struct RecordLayout {
  PixelType type = PixelType::u8;
  int bands = 3, height = 512, width = 512;
  int label_planes = 1;  ///< bits of the largest label

  std::size_t area() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
  std::size_t plane_bytes() const { return ((area() + 7) / 8 + 63) / 64 * 64; }
  std::size_t valid_offset() const { return (area() * static_cast<std::size_t>(bands) * bytes_of(type) + 63) / 64 * 64; }
  std::size_t label_offset() const { return valid_offset() + plane_bytes(); }
  std::size_t bytes() const { return label_offset() + plane_bytes() * static_cast<std::size_t>(label_planes); }
  friend bool operator==(const RecordLayout&, const RecordLayout&) = default;
};

/// The layout of a dataset's tiles.
RecordLayout layout_of(const Dataset& d, int classes);
void to_record(const RawTile& tile, const RecordLayout& layout, std::byte* record);
void from_record(const std::byte* record, const RecordLayout& layout, RawTile& tile);
/// Checksum of a record or of any bytes: four 64-bit lanes, at about the speed of memory.
std::uint64_t checksum(const std::byte* data, std::size_t size);

}  // namespace rts::inline RTS_ABI::data

#if RTS_HEADER_ONLY
#include <rts/data/record.ipp>
#endif
