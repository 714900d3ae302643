#pragma once
// Pictures for people: PNG files from bytes. No georeference.

#include <rts/core/error.hpp>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace rts::inline RTS_ABI::raster {

/// An RGB picture in memory, rows from the top.
struct Picture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  ///< height x width x 3
  Picture(int w, int h) : width(w), height(h), rgb(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * 3, 255) {}
  std::uint8_t* at(int x, int y) { return rgb.data() + (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * 3; }
  /// Copies another picture with its upper left corner at (x, y).
  void paste(const Picture& other, int x, int y);
};

/// Stretches three planes to bytes, each between its 2nd and 98th percentile over pixels with data; grey for one plane.
Picture stretch(const std::vector<const float*>& planes, const std::uint8_t* valid, int width, int height);
/// Probability 0 to 1 as a colour from black over red and yellow to white; negative (no data) grey.
Picture heat(const float* probability, int width, int height);
/// Draws the outline of a mask in a colour.
void outline(Picture& picture, const std::uint8_t* mask, std::uint8_t r, std::uint8_t g, std::uint8_t b);

/// errors: RTS-G54.
void write_png(const std::filesystem::path& path, const Picture& picture);

}  // namespace rts::inline RTS_ABI::raster

#if RTS_HEADER_ONLY
#include <rts/raster/picture.ipp>
#endif
