#pragma once
// How a raster stores its pixels: the types that tiles keep on their way from a file to the network.

#include <rts/core/config.hpp>

#include <cstddef>
#include <cstdint>

namespace rts::inline RTS_ABI {

enum class PixelType : std::uint8_t { u8,
                                      u16,
                                      f32 };

constexpr std::size_t bytes_of(PixelType t) { return t == PixelType::u8 ? 1 : t == PixelType::u16 ? 2
                                                                                                  : 4; }
constexpr const char* to_text(PixelType t) { return t == PixelType::u8 ? "uint8" : t == PixelType::u16 ? "uint16"
                                                                                                       : "float32"; }

}  // namespace rts::inline RTS_ABI
