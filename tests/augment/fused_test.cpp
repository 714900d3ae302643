// The fused chain against one operation after another, and what it promises of masks, labels and types.
#include <rts/augment/augment_policy.hpp>
#include <rts/augment/composed.hpp>
#include <rts/augment/objects.hpp>
#include <rts/core/instruction_set.hpp>

#include "tiles.hpp"

#include <numeric>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;
using namespace rts::augment;

namespace {

constexpr double value_tolerance = 2e-3;      // normalised units, one sampling: fp32 places against double
constexpr double smooth_tolerance = 0.03;     // several samplings of a smooth image
constexpr double isa_tolerance = 5e-4;        // between instruction sets: fused multiply-add or not

PlainTile plain(const Tile& t, std::size_t bands) {
  PlainTile p{t.frame, std::vector<double>(t.label.size() * bands), t.label, t.valid};
  for (std::size_t i = 0; i < p.image.size(); ++i)
    p.image[i] = t.type == PixelType::u8 ? static_cast<double>(static_cast<std::uint8_t>(t.image[i])) : t.type == PixelType::u16 ? reinterpret_cast<const std::uint16_t*>(t.image.data())[i]
                                                                                                                                 : static_cast<double>(reinterpret_cast<const float*>(t.image.data())[i]);
  return p;
}

/// Largest difference of values and how many labels or masks differ, over `margin` pixels inside the tile. Places a rounding error away
/// from the middle between two pixels may choose either label.
struct Difference {
  double value = 0;
  int label = 0, valid = 0;
};
Difference difference(const Result& r, const PlainTile& p, std::size_t bands, int margin) {
  Difference d;
  const int w = p.frame.width;
  const std::size_t area = p.label.size();
  for (std::size_t i = 0; i < area; ++i) {
    const int x = static_cast<int>(i) % w, y = static_cast<int>(i) / w;
    if (x < margin || y < margin || x >= w - margin || y >= p.frame.height - margin) continue;
    d.valid += r.valid[i] != p.valid[i];
    if (r.valid[i] != p.valid[i]) continue;
    d.label += r.label[i] != p.label[i];
    for (std::size_t b = 0; b < bands; ++b) d.value = std::max(d.value, std::fabs(r.image[b * area + i] - p.image[b * area + i]));
  }
  return d;
}

template <class C>
void against_composed(Frame f, Kind kind, double tolerance, int margin, double labels, std::uint64_t seeds = 6) {
  for (const PixelType type : {PixelType::u8, PixelType::u16, PixelType::f32})
    for (const int n : {1, 3, 6})
      for (const bool holes : {false, true})
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
          const BandSet bands = make_bands(n);
          const Tile t = make(f, type, n, kind, holes);
          Random a(seed, 9, 1), b(seed, 9, 1);
          Draw draw;
          StepList steps;
          C::draw(a, f, draw);
          C::draw(b, f, steps);
          const Difference d = difference(fused(draw, t, bands), composed(plain(t, bands.bands.size()), steps, bands), bands.bands.size(), margin);
          CAPTURE(to_text(type));
          CAPTURE(n);
          CAPTURE(holes);
          CAPTURE(seed);
          CHECK(d.value < tolerance);
          CHECK(d.label <= labels * f.height * f.width);
          CHECK(d.valid <= (holes ? labels : 0.0) * f.height * f.width);
        }
}

}  // namespace

TEST_CASE("symmetries are exact, on any size and type") {
  using All = Chain<Rotate90<{.p = 1}>, FlipHorizontal<>, FlipVertical<>>;
  against_composed<All>({64, 64}, Kind::noise, 1e-5, 0, 0, 24);
  against_composed<All>({37, 37}, Kind::noise, 1e-5, 0, 0, 24);
  against_composed<Chain<FlipHorizontal<{.p = 1}>, FlipVertical<>>>({30, 71}, Kind::noise, 1e-5, 0, 0);
}

TEST_CASE("one sampling equals the reference") {
  against_composed<Chain<ShiftScaleRotate<{.p = 1}>>>({64, 64}, Kind::noise, value_tolerance, 0, 0.002);
  against_composed<Chain<ShiftScaleRotate<{.border = Border::constant, .p = 1}>>>({64, 48}, Kind::noise, value_tolerance, 0, 0.002);
  against_composed<Chain<FlipHorizontal<{.p = 1}>, Shear<{.p = 1}>>>({48, 72}, Kind::noise, value_tolerance, 0, 0.002);
  against_composed<Chain<RandomCrop<{.smallest = 20, .largest = 48, .p = 1}>>>({64, 64}, Kind::noise, value_tolerance, 0, 0.002);
  against_composed<Chain<RandomScale<{.limit = 0.5, .p = 1}>>>({64, 64}, Kind::noise, value_tolerance, 0, 0.002);
  against_composed<Chain<Rotate90<{.p = 1}>, Elastic<{.alpha = 300, .p = 1}>>>({64, 64}, Kind::noise, value_tolerance, 0, 0.003);
  against_composed<Chain<Elastic<{.alpha = 60, .sigma = 2, .p = 1}>>>({61, 83}, Kind::noise, value_tolerance, 0, 0.003);
}

TEST_CASE("several samplings of a smooth image equal one") {
  // Where nothing was reflected: a ramp is not smooth beyond its edges.
  using Two = Chain<FlipVertical<{.p = 1}>, ShiftScaleRotate<{.shift = 0.02, .scale = 0.05, .rotate = 5, .p = 1}>, Elastic<{.alpha = 60, .p = 1}>, Shear<{.degrees = 3, .p = 1}>>;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Frame f{96, 96};
    const BandSet bands = make_bands(1);
    Tile t = make(f, PixelType::f32, 1, Kind::ramp, false);
    auto* v = reinterpret_cast<float*>(t.image.data());
    for (int i = 0; i < 96 * 96; ++i) v[i] = static_cast<float>(i % 96) + 0.5f * static_cast<float>(i / 96);
    Random a(seed, 1, 1), b(seed, 1, 1);
    Draw draw;
    StepList steps;
    Two::draw(a, f, draw);
    Two::draw(b, f, steps);
    CHECK(difference(fused(draw, t, bands), composed(plain(t, 1), steps, bands), 1, 30).value < smooth_tolerance);
  }
}

TEST_CASE("colours in one matrix equal colours one by one") {
  against_composed<Chain<Brightness<{.p = 1}>, Contrast<{.p = 1}>, Saturation<{.p = 1}>, Hue<{.p = 1}>, Contrast<{.p = 1}>>>({40, 40}, Kind::noise, value_tolerance, 0, 0);
}

TEST_CASE("nothing bleeds from nodata, and what is not valid is 0 and 255") {
  const BandSet bands = make_bands(3);
  const Frame f{64, 64};
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Tile t = make(f, PixelType::u8, 3, Kind::blobs, true), clean = make(f, PixelType::u8, 3, Kind::blobs, false);
    for (std::size_t i = 0; i < t.label.size(); ++i)
      if (!t.valid[i])
        for (std::size_t b = 0; b < 3; ++b) t.image[b * t.label.size() + i] = std::byte{255};  // loud where there is no data
    Random random(seed, 2, 2);
    Draw draw;
    Chain<ShiftScaleRotate<{.p = 1}>, Elastic<{.p = 1}>, Shear<{.p = 1}>>::draw(random, f, draw);
    const Result r = fused(draw, t, bands), want = fused(draw, clean, bands);
    int known = 0;
    for (std::size_t i = 0; i < r.valid.size(); ++i)
      for (std::size_t b = 0; b < 3; ++b) {
        const std::size_t k = b * r.valid.size() + i;
        if (!r.valid[i]) CHECK((r.image[k] == 0 && r.label[i] == 255));
        else {
          CHECK(r.image[k] == doctest::Approx(want.image[k]).epsilon(1e-4));
          ++known;
        }
      }
    CHECK(known > 3000);
  }
}

TEST_CASE("labels stay on their objects") {
  const BandSet bands = make_bands(3);
  const Frame f{128, 128};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Tile t = make(f, PixelType::u8, 3, Kind::blobs, false);
    Random random(seed, 4, 4);
    Draw draw;
    Chain<Rotate90<>, FlipHorizontal<>, ShiftScaleRotate<{.p = 1}>, Elastic<{.p = 1}>, Shear<>>::draw(random, f, draw);
    const Result r = fused(draw, t, bands);
    int wrong = 0;
    for (std::size_t i = 0; i < r.label.size(); ++i) wrong += (r.image[i] > 0) != (r.label[i] == 1);  // objects are 160, ground 40, the mean 100
    CHECK(wrong < 0.03 * 128 * 128);  // places halfway between an object's pixel and a ground pixel
  }
}

TEST_CASE("bf16 is the rounded fp32; instruction sets agree; the same draw gives the same bytes") {
  const BandSet bands = make_bands(3);
  const Frame f{64, 64};
  const Tile t = make(f, PixelType::u8, 3, Kind::noise, true);
  Random random(5, 5, 5);
  Draw draw;
  Chain<ShiftScaleRotate<{.p = 1}>, Elastic<{.p = 1}>, Brightness<{.p = 1}>, Noise<{.p = 1}>, CutOut<{.p = 1}>>::draw(random, f, draw);
  const Result r = fused(draw, t, bands);
  CHECK(fused(draw, t, bands).image == r.image);
  Scratch scratch;
  std::vector<std::uint16_t> half(r.image.size());
  std::vector<std::uint8_t> label(r.label.size()), valid(r.label.size());
  apply(draw, t.in(), f, bands, scratch, {half.data(), true, label.data(), valid.data()});
  for (std::size_t i = 0; i < half.size(); ++i) {
    const std::uint32_t bits = static_cast<std::uint32_t>(half[i]) << 16;
    CHECK(std::fabs(std::bit_cast<float>(bits) - r.image[i]) <= std::fabs(r.image[i]) / 256 + 1e-30f);
  }
  const kernels::Isa best = kernels::active_isa();
  for (const kernels::Isa isa : {kernels::Isa::baseline, kernels::Isa::avx2}) {
    if (isa > best) continue;
    kernels::active_isa() = isa;
    const Result other = fused(draw, t, bands);
    double most = 0;
    for (std::size_t i = 0; i < r.image.size(); ++i) most = std::max<double>(most, std::fabs(other.image[i] - r.image[i]));
    CHECK(most < isa_tolerance);
    CHECK(other.valid == r.valid);
  }
  kernels::active_isa() = best;
}

TEST_CASE("the elastic field has the covariance of smoothed white noise") {
  const Frame f{512, 512};
  for (const double sigma : {2.0, 6.0, 11.0}) {
    Displacement field;
    const int lag = static_cast<int>(sigma);
    double sum2 = 0, shifted = 0, mean = 0, cross = 0, by_phase[64] = {}, of_phase[64] = {};
    double n = 0, n_lag = 0;
    std::vector<float> u(512), v(512);
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      field.prepare({120, static_cast<float>(sigma), seed}, f);
      for (int y = 0; y < 512; ++y) {
        field.row(y, 0, 512, u.data(), v.data());
        for (int x = 0; x < 512; ++x) {
          mean += u[static_cast<std::size_t>(x)], sum2 += u[static_cast<std::size_t>(x)] * u[static_cast<std::size_t>(x)], cross += u[static_cast<std::size_t>(x)] * v[static_cast<std::size_t>(x)], n += 1;
          by_phase[x % 8] += u[static_cast<std::size_t>(x)] * u[static_cast<std::size_t>(x)], of_phase[x % 8] += 1;
          if (x >= lag) shifted += u[static_cast<std::size_t>(x)] * u[static_cast<std::size_t>(x - lag)], n_lag += 1;
        }
      }
    }
    const double deviation = Displacement::deviation(120, sigma, f), measured = std::sqrt(sum2 / n);
    CHECK(measured == doctest::Approx(deviation).epsilon(0.01));
    CHECK(std::fabs(mean / n) < 0.05 * deviation);
    CHECK(std::fabs(cross / n) < 0.03 * deviation * deviation);
    CHECK(shifted / n_lag / (sum2 / n) == doctest::Approx(std::exp(-lag * lag / (4 * sigma * sigma))).epsilon(0.006));
    if (sigma == 6)
      for (int k = 0; k < 8; ++k) CHECK(by_phase[k] / of_phase[k] == doctest::Approx(sum2 / n).epsilon(0.005));
  }
}

TEST_CASE("a row of the field is what it is at its points") {
  Displacement field;
  field.prepare({100, 5, 3}, {50, 70});
  std::vector<float> u(70), v(70);
  for (const int y : {0, 13, 49})
    for (const int x : {0, 5, 32}) {
      field.row(y, x, 70 - x, u.data(), v.data());
      for (int k = x; k < 70; ++k) {
        double a = 0, b = 0;
        field.at(k, y, a, b);
        CHECK(u[static_cast<std::size_t>(k - x)] == doctest::Approx(a).epsilon(1e-4));
        CHECK(v[static_cast<std::size_t>(k - x)] == doctest::Approx(b).epsilon(1e-4));
      }
    }
}

TEST_CASE("noise, cut-outs, shadows, groups and pasted objects do what they say") {
  const BandSet bands = make_bands(3);
  const Frame f{128, 128};
  const Tile t = make(f, PixelType::f32, 3, Kind::blobs, false);
  Draw draw;
  draw(PhotometricStep{Photometric::noise, {0.25f}, 77});
  const Result noisy = fused(draw, t, bands), still = fused({}, t, bands);
  double sum = 0, sum2 = 0, sum4 = 0;
  for (std::size_t i = 0; i < noisy.image.size(); ++i) {
    const double d = noisy.image[i] - still.image[i];
    sum += d, sum2 += d * d, sum4 += d * d * d * d;
  }
  const double n = static_cast<double>(noisy.image.size());
  CHECK(std::sqrt(sum2 / n) == doctest::Approx(0.25).epsilon(0.02));
  CHECK(std::fabs(sum / n) < 0.005);
  CHECK(sum4 / n / (sum2 / n * sum2 / n) == doctest::Approx(2.85).epsilon(0.05));  // 3 for normal numbers, 2.85 for a sum of eight

  int counts[2] = {};
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Random random(seed, 1, 1);
    Draw d;
    Chain<OneOf<{.p = 0.5}, Brightness<{.p = 0.2}>, Hue<{.p = 0.6}>>>::draw(random, f, d);
    CHECK(d.count <= 1);
    if (d.count) ++counts[d.steps[0].kind == Photometric::hue];
  }
  CHECK(counts[0] + counts[1] == doctest::Approx(2000).epsilon(0.06));
  CHECK(counts[1] == doctest::Approx(3.0 * counts[0]).epsilon(0.15));

  Draw cut;
  cut(PhotometricStep{Photometric::cut_out, {0.25f, 0.5f, 0.25f, 0.125f}});
  const Result holed = fused(cut, t, bands);
  for (int y = 0; y < 128; ++y)
    for (int x = 0; x < 128; ++x) {
      const auto i = static_cast<std::size_t>(y * 128 + x);
      const bool inside = y >= 32 && y < 64 && x >= 64 && x < 80;
      CHECK(holed.image[i] == (inside ? 0.0f : still.image[i]));
      CHECK(holed.label[i] == still.label[i]);
    }

  ObjectBank bank;
  bank.add(t.in(), f, 3);
  CHECK(bank.size() > 3);
  Tile empty = make(f, PixelType::f32, 3, Kind::ramp, true);
  for (std::uint8_t& l : empty.label) l = l == 255 ? 255 : 0;
  const Tile before = empty;
  bank.paste({3, 42}, PixelType::f32, f, 3, empty.image.data(), empty.label.data(), empty.valid.data());
  int pasted = 0;
  const auto *a = reinterpret_cast<const float*>(empty.image.data()), *b = reinterpret_cast<const float*>(before.image.data());
  for (std::size_t i = 0; i < empty.label.size(); ++i) {
    if (empty.label[i] == 1) {
      ++pasted;
      CHECK((a[i] == 160 && before.valid[i]));
    } else CHECK(a[i] == b[i]);
  }
  CHECK(pasted > 20);
}

TEST_CASE("filters keep the mean and leave nodata at 0") {
  const BandSet bands = make_bands(3);
  const Frame f{64, 64};
  const Tile t = make(f, PixelType::u8, 3, Kind::noise, true);
  const Result plain = fused({}, t, bands);
  const auto spread = [](const Result& r) {
    double s = 0, s2 = 0, n = 0;
    for (std::size_t i = 0; i < r.valid.size(); ++i)
      if (r.valid[i]) s += r.image[i], s2 += r.image[i] * r.image[i], n += 1;
    return std::sqrt(s2 / n - s / n * s / n);
  };
  for (const PhotometricStep step : {PhotometricStep{Photometric::blur, {1.2f}}, PhotometricStep{Photometric::median, {5}}, PhotometricStep{Photometric::clahe, {2, 4}}}) {
    Draw d;
    d(PhotometricStep{Photometric::brightness, {0.9f}});
    d(step);
    d(PhotometricStep{Photometric::brightness, {1 / 0.9f}});
    const Result r = fused(d, t, bands);
    if (step.kind != Photometric::clahe) CHECK(spread(r) < 0.6 * spread(plain));
    for (std::size_t i = 0; i < r.valid.size(); ++i)
      if (!r.valid[i]) CHECK(r.image[i] == 0);
  }
}

TEST_CASE("gamma and shadow are what they say") {
  BandSet bands = make_bands(3);
  const Frame f{32, 32};
  const Tile t = make(f, PixelType::u8, 3, Kind::noise, false);
  Draw d;
  d(PhotometricStep{Photometric::gamma, {0.8f}});
  d(PhotometricStep{Photometric::shadow, {0.5f, 1, 0, 0.25f, 0.5f}});
  const Result r = fused(d, t, bands);
  for (std::size_t i = 0; i < 32 * 32; ++i) {
    const double v = 255 * std::pow(static_cast<double>(static_cast<std::uint8_t>(t.image[i])) / 255, 0.8), x = (static_cast<double>(i % 32) + 0.5) / 32;
    CHECK(r.image[i] == doctest::Approx((v * (x >= 0.25 && x <= 0.5 ? 0.5 : 1) - 100) / 40).epsilon(1e-3));
  }
}
