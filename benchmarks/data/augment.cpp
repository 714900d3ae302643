// The augmentation chain on tiles in memory, timed on request: a worker of scripts/bench. argv[1]: folder with rgb.u8, extra.f32, label.u8
// (planar, 512 x 512). Reads lines such as "rgb_guide" and answers each with the seconds that 32 tiles took.
#include <rts/augment/augment_policy.hpp>
#include <rts/augment/fused.hpp>

#include <chrono>
#include <fstream>
#include <iostream>
#include <string>

using namespace rts;
using namespace rts::augment;

namespace {

using Forced = Chain<Rotate90<{.p = 1}>, FlipHorizontal<{.p = 1}>, FlipVertical<{.p = 1}>, ShiftScaleRotate<{.p = 1}>, Elastic<{.p = 1}>, Shear<{.p = 1}>, Brightness<{.p = 1}>, Contrast<{.p = 1}>, Saturation<{.p = 1}>>;
using AxisColour = Chain<Rotate90<>, FlipHorizontal<>, FlipVertical<>, Brightness<>, Contrast<>, Saturation<>>;
constexpr Frame frame{512, 512};
constexpr std::size_t area = 512 * 512;

template <class T>
std::vector<T> load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::vector<T> out(bytes.size() / sizeof(T));
  std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<char*>(out.data()));
  return out;
}

template <class C>
double run(const TileIn& in, const BandSet& bands, std::uint64_t& tile) {
  static Scratch scratch;
  static std::vector<float> image(16 * area);
  static std::vector<std::uint8_t> label(area), valid(area);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 32; ++i) {
    Random random(42, 1, tile++, 1);
    Draw draw;
    C::draw(random, frame, draw);
    apply(draw, in, frame, bands, scratch, {image.data(), false, label.data(), valid.data()});
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int, char** argv) {
  const std::string folder = argv[1];
  const auto rgb = load<std::uint8_t>(folder + "/rgb.u8"), label = load<std::uint8_t>(folder + "/label.u8");
  const auto extra = load<float>(folder + "/extra.f32");
  std::vector<float> nine(rgb.begin(), rgb.end());
  nine.insert(nine.end(), extra.begin(), extra.end());
  const std::vector<std::uint8_t> valid(area, 1);
  BandSet three, many;
  for (int b = 0; b < 9; ++b) {
    many.bands.push_back({1, b < 3 ? 120.0f : 0.5f, b < 3 ? 1 / 50.0f : 4.0f});
    if (b < 3) three.bands.push_back(many.bands.back());
  }
  three.colours = many.colours = {0, 1, 2};
  const TileIn small{PixelType::u8, rgb.data(), label.data(), valid.data()}, large{PixelType::f32, nine.data(), label.data(), valid.data()};
  std::uint64_t tile = 0;
  for (std::string line; std::getline(std::cin, line);) {
    double seconds = 0;
    if (line == "rgb_guide") seconds = run<Guide>(small, three, tile);
    else if (line == "rgb_forced") seconds = run<Forced>(small, three, tile);
    else if (line == "rgb_axis_colour") seconds = run<AxisColour>(small, three, tile);
    else if (line == "bands9_guide") seconds = run<Guide>(large, many, tile);
    else if (line == "bands9_forced") seconds = run<Forced>(large, many, tile);
    else if (line == "bands9_axis_colour") seconds = run<AxisColour>(large, many, tile);
    else if (line == "bands9_none") seconds = run<None>(large, many, tile);
    else return 2;
    std::cout << seconds << std::endl;
  }
}
