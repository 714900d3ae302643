#pragma once
// A batch for the CUDA chain with what the CPU makes of it. Filled by g++ (device_case.cpp), used by nvcc.
#include <rts/augment/device_draw.hpp>

#include <vector>

struct DeviceCase {
  rts::PixelType type;
  std::vector<std::byte> image;
  std::vector<std::uint8_t> label, valid, wanted_label, wanted_valid;
  std::vector<std::byte> draws;  ///< DeviceDraw by DeviceDraw
  std::vector<float> wanted;
  std::vector<std::byte> batch;  ///< DeviceBatch with the bands' numbers, pointers to be set
  double cpu_seconds = 0;        ///< of one core for all images
};
/// The guide's chain, all transforms forced or with its probabilities.
DeviceCase device_case(rts::PixelType type, int images, int bands, int edge, bool forced);
