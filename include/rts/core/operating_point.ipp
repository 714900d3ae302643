#pragma once
#include <rts/core/operating_point.hpp>

#include <rts/core/description.hpp>

#include <cmath>

namespace rts::inline RTS_ABI {

RTS_INLINE std::vector<std::string> Binding::differences(const Binding& here) const {
  std::vector<std::string> out;
  const auto text = [&](const char* name, const std::string& a, const std::string& b) {
    if (a != b) out.push_back(std::string(name) + ": " + a + ", here " + b);
  };
  const auto number = [&](const char* name, double a, double b, double tolerance) {
    if (std::abs(a - b) > tolerance * std::abs(a)) text(name, number_text(a), number_text(b));
  };
  text("recipe", fingerprint, here.fingerprint);
  text("weights", weights, here.weights);
  text("bands", bands, here.bands);
  text("normalization", normalization, here.normalization);
  number("pixel size", pixel_size, here.pixel_size, 0.01);
  number("window height", tile_height, here.tile_height, 0);
  number("window width", tile_width, here.tile_width, 0);
  number("overlap", overlap, here.overlap, 0);
  text("blending", blending, here.blending);
  text("scales", scales, here.scales);
  text("test-time augmentation", views, here.views);
  number("networks", ensemble, here.ensemble, 0);
  number("connectivity", connectivity, here.connectivity, 0);
  number("smallest object", smallest, here.smallest, 0);
  return out;
}

}  // namespace rts::inline RTS_ABI
