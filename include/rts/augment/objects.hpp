#pragma once
// Objects cut out of training tiles, and pasting them into others: what `CopyPaste` draws from. Filled once, then read by many threads.

#include <rts/augment/fused.hpp>

#include <vector>

namespace rts::inline RTS_ABI::augment {

/// One connected object with the pixels it covers.
struct Patch {
  int height = 0, width = 0;
  std::vector<std::byte> image;      ///< bands x height x width, stored values
  std::vector<std::uint8_t> label;   ///< height x width; 0 outside the object
};

class ObjectBank {
 public:
  /// Cuts out the 8-connected objects (label above 0, valid) of a tile that touch no edge and are at most half a tile long.
  void add(const TileIn& tile, Frame frame, std::size_t bands);
  std::size_t size() const { return patches_.size(); }
  std::size_t bytes() const { return bytes_; }
  /// Pastes what a step says into a tile's buffers; pixels without data stay as they are. Nothing happens with an empty bank.
  void paste(const PasteStep& step, PixelType type, Frame frame, std::size_t bands, std::byte* image, std::uint8_t* label, const std::uint8_t* valid) const;

 private:
  std::vector<Patch> patches_;
  std::size_t bytes_ = 0;
};

}  // namespace rts::inline RTS_ABI::augment

#if RTS_HEADER_ONLY
#include <rts/augment/objects.ipp>
#endif
