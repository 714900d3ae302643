// What transforms draw, as seen on pixels: for benchmarks/augment_parity.py. Usage: augment_draws NAME N SIZE STRIDE IN OUT: applies transform
// NAME (alone, always) N times to the planar float tile IN (3 x SIZE x SIZE) and writes every STRIDE-th row and column of each result.
// NAME "sharpness": IN through the guide's geometry, N draws; prints the mean squared gradient of one sampling and of one sampling a step.
#include <rts/augment/augment_policy.hpp>
#include <rts/augment/composed.hpp>
#include <rts/augment/fused.hpp>

#include <fstream>
#include <iostream>
#include <map>
#include <string>

using namespace rts;
using namespace rts::augment;

namespace {

template <class T>
Draw alone(Random& random, const Frame& frame) {
  Draw draw;
  Chain<T>::draw(random, frame, draw);
  return draw;
}

const std::map<std::string, Draw (*)(Random&, const Frame&)> transforms{
    {"Rotate90", &alone<Rotate90<{.p = 1}>>}, {"FlipHorizontal", &alone<FlipHorizontal<{.p = 1}>>}, {"FlipVertical", &alone<FlipVertical<{.p = 1}>>}, {"ShiftScaleRotate", &alone<ShiftScaleRotate<{.keep_shape = false, .p = 1}>>}, {"ShiftScaleRotate_one", &alone<ShiftScaleRotate<{.p = 1}>>}, {"Shear", &alone<Shear<{.p = 1}>>}, {"Elastic", &alone<Elastic<{.p = 1}>>}, {"Brightness", &alone<Brightness<{.p = 1}>>}, {"Contrast", &alone<Contrast<{.p = 1}>>}, {"Saturation", &alone<Saturation<{.p = 1}>>}, {"Gamma", &alone<Gamma<{.p = 1}>>}, {"Noise", &alone<Noise<{.low = 0.1, .high = 0.1, .p = 1}>>}, {"CutOut", &alone<CutOut<{.holes = 2, .smallest = 0.1, .largest = 0.2, .p = 1}>>}, {"FlipHorizontal_half", &alone<FlipHorizontal<>>}};

double gradient(const float* v, int n) {
  double sum = 0;
  int count = 0;
  for (int y = n / 4; y < 3 * n / 4; ++y)
    for (int x = n / 4; x < 3 * n / 4; ++x, ++count) {
      const float dx = v[y * n + x + 1] - v[y * n + x], dy = v[(y + 1) * n + x] - v[y * n + x];
      sum += dx * dx + dy * dy;
    }
  return sum / count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const std::string name = argv[1];
  const int draws = std::stoi(argv[2]), size = std::stoi(argv[3]), stride = std::stoi(argv[4]);
  const Frame frame{size, size};
  const std::size_t area = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  std::vector<float> in(3 * area), out(3 * area), kept;
  std::ifstream(argv[5], std::ios::binary).read(reinterpret_cast<char*>(in.data()), static_cast<std::streamsize>(in.size() * sizeof(float)));
  std::vector<std::uint8_t> label(area), valid(area, 1), label_out(area), valid_out(area);
  BandSet bands{{{}, {}, {}}, {0, 1, 2}, {1, 1, 1}};
  Scratch scratch;
  const TileIn tile{PixelType::f32, in.data(), label.data(), valid.data()};
  if (name == "sharpness") {
    using Geometry = Chain<ShiftScaleRotate<{.p = 1}>, Elastic<{.p = 1}>, Shear<{.p = 1}>>;
    double once = 0, often = 0;
    for (int k = 0; k < draws; ++k) {
      Random a(1, 1, static_cast<std::uint64_t>(k)), b(1, 1, static_cast<std::uint64_t>(k));
      Draw draw;
      StepList steps;
      Geometry::draw(a, frame, draw);
      Geometry::draw(b, frame, steps);
      apply(draw, tile, frame, bands, scratch, {out.data(), false, label_out.data(), valid_out.data()});
      once += gradient(out.data(), size);
      const PlainTile plain = composed({frame, {in.begin(), in.end()}, label, valid}, steps, bands);
      std::copy(plain.image.begin(), plain.image.end(), out.begin());
      often += gradient(out.data(), size);
    }
    std::cout << once / draws << " " << often / draws << " " << gradient(in.data(), size) << "\n";
    return 0;
  }
  const auto draw_of = transforms.at(name);
  for (int k = 0; k < draws; ++k) {
    Random random(7, 1, static_cast<std::uint64_t>(k), 1);
    apply(draw_of(random, frame), tile, frame, bands, scratch, {out.data(), false, label_out.data(), valid_out.data()});
    for (std::size_t b = 0; b < 3; ++b)
      for (int y = 0; y < size; y += stride)
        for (int x = 0; x < size; x += stride) kept.push_back(out[b * area + static_cast<std::size_t>(y * size + x)]);
  }
  std::ofstream(argv[6], std::ios::binary).write(reinterpret_cast<const char*>(kept.data()), static_cast<std::streamsize>(kept.size() * sizeof(float)));
}
