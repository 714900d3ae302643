#pragma once
#include <rts/augment/filters.hpp>

#include <rts/core/error.hpp>

#include <algorithm>
#if defined(RTS_WITH_OPENCV)
#include <opencv2/imgproc.hpp>
#endif

namespace rts::inline RTS_ABI::augment {

#if defined(RTS_WITH_OPENCV)
RTS_INLINE void filter(const PhotometricStep& s, Frame f, const BandSet& bands, const std::uint8_t* valid, float* planes) {
  const std::size_t area = static_cast<std::size_t>(f.height) * static_cast<std::size_t>(f.width);
  for (std::size_t b = 0; b < bands.bands.size(); ++b) {
    const float none = bands.bands[b].mean / bands.bands[b].scale;
    float* v = planes + b * area;
    for (std::size_t i = 0; i < area; ++i) v[i] = valid[i] ? v[i] : none;
  }
  if (s.kind != Photometric::clahe) {
    for (std::size_t b = 0; b < bands.bands.size(); ++b) {
      cv::Mat plane(f.height, f.width, CV_32F, planes + b * area);
      if (s.kind == Photometric::blur) cv::GaussianBlur(plane, plane, {0, 0}, s.values[0], s.values[0], cv::BORDER_REFLECT);
      else cv::medianBlur(plane, plane, static_cast<int>(s.values[0]));
    }
    return;
  }
  if (!bands.has_colours()) return;
  // Grey as 256 levels of [0, white], equalised; each colour moves by what its grey's level moved.
  float* c[3];
  for (std::size_t i = 0; i < 3; ++i) c[i] = planes + static_cast<std::size_t>(bands.colours[i]) * area;
  const float white = std::max({bands.white[0], bands.white[1], bands.white[2]}), unit = 255.0f / white;
  cv::Mat levels(f.height, f.width, CV_8U), equalised;
  auto* from = levels.ptr<std::uint8_t>();
  for (std::size_t i = 0; i < area; ++i) from[i] = static_cast<std::uint8_t>(std::clamp((0.299f * c[0][i] + 0.587f * c[1][i] + 0.114f * c[2][i]) * unit + 0.5f, 0.0f, 255.0f));
  const int cells = static_cast<int>(s.values[1]);
  cv::createCLAHE(s.values[0], {cells, cells})->apply(levels, equalised);
  const auto* to = equalised.ptr<std::uint8_t>();
  for (std::size_t i = 0; i < area; ++i)
    for (float* v : c) v[i] += static_cast<float>(to[i] - from[i]) / unit;
}
#else
RTS_INLINE void filter(const PhotometricStep&, Frame, const BandSet&, const std::uint8_t*, float*) {
  RTS_CHECK(false, .code = "RTS-A52", .what = "a blur, median or CLAHE in a build without OpenCV", .expected = "RTS_WITH_OPENCV", .found = "not defined", .fix = "install libopencv-imgproc-dev and configure again, or leave the transform out of the chain");
}
#endif

}  // namespace rts::inline RTS_ABI::augment
