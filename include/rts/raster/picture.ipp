#pragma once
#include <rts/raster/picture.hpp>

#include <rts/raster/raster.ipp>

#include <algorithm>
#include <cmath>

namespace rts::inline RTS_ABI::raster {

RTS_INLINE void Picture::paste(const Picture& other, int x, int y) {
  for (int r = 0; r < other.height && y + r < height; ++r)
    for (int c = 0; c < other.width && x + c < width; ++c) std::copy_n(other.rgb.data() + (static_cast<std::size_t>(r) * static_cast<std::size_t>(other.width) + static_cast<std::size_t>(c)) * 3, 3, at(x + c, y + r));
}

RTS_INLINE Picture stretch(const std::vector<const float*>& planes, const std::uint8_t* valid, int width, int height) {
  Picture p(width, height);
  const auto area = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  for (std::size_t c = 0; c < 3; ++c) {
    const float* plane = planes[planes.size() >= 3 ? c : 0];
    std::vector<float> sorted;
    for (std::size_t i = 0; i < area; i += 7)
      if (valid[i]) sorted.push_back(plane[i]);
    std::sort(sorted.begin(), sorted.end());
    const float low = sorted.empty() ? 0 : sorted[sorted.size() / 50], high = sorted.empty() ? 1 : sorted[sorted.size() - 1 - sorted.size() / 50];
    for (std::size_t i = 0; i < area; ++i) p.rgb[i * 3 + c] = valid[i] ? static_cast<std::uint8_t>(255 * std::clamp((plane[i] - low) / std::max(high - low, 1e-9f), 0.0f, 1.0f)) : 200;
  }
  return p;
}

RTS_INLINE Picture heat(const float* probability, int width, int height) {
  Picture p(width, height);
  for (std::size_t i = 0; i < p.rgb.size() / 3; ++i) {
    const float v = probability[i];
    const auto level = [v](float from) { return static_cast<std::uint8_t>(255 * std::clamp((v - from) * 3, 0.0f, 1.0f)); };
    if (v < 0) p.rgb[i * 3] = p.rgb[i * 3 + 1] = p.rgb[i * 3 + 2] = 128;
    else p.rgb[i * 3] = level(0), p.rgb[i * 3 + 1] = level(1 / 3.0f), p.rgb[i * 3 + 2] = level(2 / 3.0f);
  }
  return p;
}

RTS_INLINE void outline(Picture& picture, const std::uint8_t* mask, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  const auto in = [&](int x, int y) { return x >= 0 && y >= 0 && x < picture.width && y < picture.height && mask[static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) + static_cast<std::size_t>(x)] == 1; };
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x)
      if (in(x, y) && !(in(x - 1, y) && in(x + 1, y) && in(x, y - 1) && in(x, y + 1))) {
        std::uint8_t* p = picture.at(x, y);
        p[0] = r, p[1] = g, p[2] = b;
      }
}

RTS_INLINE void write_png(const std::filesystem::path& path, const Picture& picture) {
  initialize();
  const detail::Messages messages;
  const GDALDatasetH memory = GDALCreate(GDALGetDriverByName("MEM"), "", picture.width, picture.height, 3, GDT_Byte, nullptr);
  const CPLErr copied = GDALDatasetRasterIO(memory, GF_Write, 0, 0, picture.width, picture.height, const_cast<std::uint8_t*>(picture.rgb.data()), picture.width, picture.height, GDT_Byte, 3, nullptr, 3, 3 * picture.width, 1);
  const std::string temporary = path.string() + ".part";
  const GDALDatasetH png = GDALCreateCopy(GDALGetDriverByName("PNG"), temporary.c_str(), memory, FALSE, nullptr, nullptr, nullptr);
  const bool written = png != nullptr && copied == CE_None;
  if (png) GDALClose(png);
  GDALClose(memory);
  ::unlink((temporary + ".aux.xml").c_str());
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
    ::unlink(temporary.c_str());
    throw Error({.code = "RTS-G54", .what = "cannot write the picture", .where = path.string(), .found = messages.text(), .fix = "free disk space or choose a folder that can be written"});
  }
}

}  // namespace rts::inline RTS_ABI::raster
