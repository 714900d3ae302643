// The code of the CUDA chain, run on the CPU a thread for a thread, against the fused chain of the CPU. What a GPU adds (its arithmetic,
// its speed) is tests/augment/device_gpu_test.cu.
#include "../emulation/cuda_emulation.hpp"

#include <rts/augment/apply.cuh>
#include <rts/augment/augment_policy.hpp>
#include <rts/augment/device_draw.hpp>
#include <rts/core/error.hpp>

#include "tiles.hpp"

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

namespace {

constexpr double value_tolerance = 4e-3;  // normalised units: places in double there, in fp32 here
constexpr double label_share = 2e-3;      // places a rounding error from the middle between two pixels

template <class C>
void against_cpu(Frame f, int n, bool channels_last, bool bf16) {
  for (const PixelType type : {PixelType::u8, PixelType::u16, PixelType::f32})
    for (const bool holes : {false, true}) {
      const Tile t = make(f, type, n, Kind::noise, holes);
      const BandSet bands = make_bands(n);
      const std::size_t area = t.label.size(), images = 3, size = area * static_cast<std::size_t>(n);
      std::vector<std::byte> image;
      std::vector<std::uint8_t> label, valid;
      std::vector<DeviceDraw> draws;
      std::vector<Result> wanted;
      for (std::uint64_t k = 0; k < images; ++k) {
        Random random(5 + k, 2, k);
        Draw d;
        C::draw(random, f, d);
        image.insert(image.end(), t.image.begin(), t.image.end());
        label.insert(label.end(), t.label.begin(), t.label.end());
        valid.insert(valid.end(), t.valid.begin(), t.valid.end());
        draws.push_back(device_draw(d, t.in(), f, bands));
        wanted.push_back(fused(d, t, bands));
      }
      std::vector<float> out(images * size, -77.0f);
      std::vector<std::uint16_t> half(images * size, 0xFFFF);
      std::vector<std::uint8_t> label_out(images * area, 7), valid_out(images * area, 7);
      DeviceBatch b{.type = type, .image = image.data(), .label = label.data(), .valid = valid.data(), .draws = draws.data(), .out = bf16 ? static_cast<void*>(half.data()) : out.data(), .bf16 = bf16, .label_out = label_out.data(), .valid_out = valid_out.data(), .images = static_cast<int>(images), .frame = f};
      set_bands(b, bands);
      b.image_stride = static_cast<std::int64_t>(size);
      b.band_stride = channels_last ? 1 : static_cast<std::int64_t>(area);
      b.row_stride = channels_last ? f.width * n : f.width;
      b.column_stride = channels_last ? n : 1;
      emulation::run_block([&] {
        if (type == PixelType::u8) kernels::device::augment_batch<std::uint8_t>(b);
        else if (type == PixelType::u16) kernels::device::augment_batch<std::uint16_t>(b);
        else kernels::device::augment_batch<float>(b);
      });
      CAPTURE(to_text(type));
      CAPTURE(holes);
      for (std::size_t k = 0; k < images; ++k) {
        std::size_t labels = 0, masks = 0;
        double worst = 0;
        for (std::size_t i = 0; i < area; ++i) {
          const std::size_t at = k * area + i;
          masks += valid_out[at] != wanted[k].valid[i];
          if (valid_out[at] != wanted[k].valid[i]) continue;
          labels += label_out[at] != wanted[k].label[i];
          for (std::size_t c = 0; c < static_cast<std::size_t>(n); ++c) {
            const std::size_t place = k * size + (channels_last ? i * static_cast<std::size_t>(n) + c : c * area + i);
            const float got = bf16 ? std::bit_cast<float>(static_cast<std::uint32_t>(half[place]) << 16) : out[place];
            worst = std::max(worst, static_cast<double>(std::fabs(got - wanted[k].image[c * area + i])) / (bf16 ? 1 + std::fabs(got) : 1.0f));
          }
        }
        CHECK(worst < (bf16 ? value_tolerance + 1.0 / 256 : value_tolerance));
        CHECK(static_cast<double>(labels) <= label_share * static_cast<double>(area));
        CHECK(static_cast<double>(masks) <= (holes ? label_share * static_cast<double>(area) : 0.0));
      }
    }
}

}  // namespace

TEST_CASE("flips, turns and the guide's chain") {
  against_cpu<Chain<Rotate90<{.p = 1}>, FlipHorizontal<>, FlipVertical<>>>({64, 64}, 3, false, false);
  using Forced = Chain<Rotate90<{.p = 1}>, FlipHorizontal<{.p = 1}>, ShiftScaleRotate<{.p = 1}>, Elastic<{.p = 1}>, Shear<{.p = 1}>, Brightness<{.p = 1}>, Contrast<{.p = 1}>, Saturation<{.p = 1}>>;
  against_cpu<Forced>({96, 96}, 3, true, false);
  against_cpu<Forced>({80, 80}, 6, false, true);
}
TEST_CASE("elastic fields of any width, tiles of any size") {
  against_cpu<Chain<Elastic<{.alpha = 60, .sigma = 2, .p = 1}>>>({61, 83}, 1, false, false);
  against_cpu<Chain<Elastic<{.alpha = 200, .sigma = 14, .p = 1}>>>({83, 130}, 3, false, false);
  against_cpu<Chain<ShiftScaleRotate<{.border = Border::constant, .p = 1}>>>({40, 65}, 3, false, false);
}
TEST_CASE("colour, gamma, noise, shadow and holes in their order") {
  against_cpu<Chain<Hue<{.p = 1}>, Gamma<{.p = 1}>, Noise<{.p = 1}>, Contrast<{.p = 1}>, Shadow<{.p = 1}>, CutOut<{.p = 1}>>>({48, 48}, 5, false, false);
}
TEST_CASE("a filter is refused") {
  Draw d;
  d(PhotometricStep{Photometric::blur, {1}});
  const Tile t = make({32, 32}, PixelType::u8, 3, Kind::noise, false);
  CHECK_THROWS_WITH_AS(device_draw(d, t.in(), t.frame, make_bands(3)), doctest::Contains("RTS-A53"), Error);
}
