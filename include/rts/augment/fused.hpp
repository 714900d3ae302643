#pragma once
// Applies a draw to a tile in one go: one sampling of image, labels and validity, colours and normalization while the row is in the cache.

#include <rts/augment/colour.hpp>
#include <rts/augment/displacement.hpp>
#include <rts/core/pixel_type.hpp>

#include <memory>

namespace rts::inline RTS_ABI::augment {

/// A tile as it was stored: planar bands x height x width, one pixel type.
struct TileIn {
  PixelType type = PixelType::f32;
  const void* image = nullptr;
  const std::uint8_t* label = nullptr;  ///< height x width
  const std::uint8_t* valid = nullptr;  ///< height x width, 0 or 1
};

/// Network input, written straight into the loader's slot.
struct TileOut {
  void* image = nullptr;  ///< planar bands x height x width, normalised; 0 where not valid
  bool bf16 = false;      ///< else fp32
  std::uint8_t* label = nullptr;  ///< 255 where not valid
  std::uint8_t* valid = nullptr;
};

/// Memory of one thread, reused from tile to tile.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  struct Impl;
  Impl& operator*() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// Mean red, green and blue of a stored tile's valid pixels.
void mean_colour(const TileIn& in, Frame frame, const BandSet& bands, float mean[3]);

/// image: bilinear between pixels with data; a pixel is valid only if all its sources are; label: nearest.
/// Nodata counts as the band's mean wherever neighbours are read, and is 0 after normalization.
void apply(const Draw& draw, const TileIn& in, Frame frame, const BandSet& bands, Scratch& scratch, const TileOut& out);

}  // namespace rts::inline RTS_ABI::augment

#if RTS_HEADER_ONLY
#include <rts/augment/fused.ipp>
#endif
