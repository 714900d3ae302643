// Maps of whole rasters: what a part, another number of readers, a resume, halo windows and views must equal; nodata, NaN, odd sizes.
#include <rts/core/interrupt.hpp>
#include <rts/inference/grid.hpp>
#include <rts/inference/predict.hpp>
#include <rts/raster/polygons.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <fstream>
#include <iterator>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;
using namespace rts::inference;

namespace {

namespace fs = std::filesystem;
const fs::path folder = [] {
  fs::path p = fs::temp_directory_path() / ("rts-map-" + std::to_string(::getpid()));
  fs::create_directories(p);
  return p;
}();

/// Two bands of structured noise.
fs::path scene(const char* name, int w, int h, raster::Type type = raster::Type::byte, std::optional<double> nodata = {}) {
  const fs::path path = folder / name;
  raster::Writer out(path, w, h, 2, raster::place(32640, 500000, 7800000, 3), {.type = type, .nodata = nodata, .descriptions = {"a", "b"}});
  std::vector<float> row(static_cast<std::size_t>(w));
  for (int b = 1; b <= 2; ++b)
    for (int y = 0; y < h; ++y) {
      for (int x = 0; x < w; ++x) row[static_cast<std::size_t>(x)] = std::round(120 + 60 * std::sin(0.05f * static_cast<float>(x * b)) + 50 * std::cos(0.07f * static_cast<float>(y + b)) + static_cast<float>((x * 7 + y * 13) % 10));
      out.write(b, y, 1, row.data());
    }
  out.commit();
  return path;
}
const std::vector<InputBand> bands{{.name = "a", .index = 1, .mean = 120, .factor = 0.02f}, {.name = "b", .index = 2, .mean = 100, .factor = 0.01f}};

/// Three convolutions 3 x 3 after a stride of 2 and back: receptive field 3 + 2 x (2 + 2) = 11 either side of 2, without anything global.
struct Convolutions {
  at::Tensor first, second, third;
  Convolutions() {
    at::manual_seed(4);
    first = at::randn({6, 2, 3, 3}) * 0.3, second = at::randn({6, 6, 3, 3}) * 0.2, third = at::randn({1, 6, 3, 3}) * 0.3;
  }
  at::Tensor operator()(const at::Tensor& x) const {
    const c10::NoGradGuard no_grad;
    const at::Tensor a = at::relu(at::conv2d(x, first, {}, 2, 1)), b = at::relu(at::conv2d(a, second, {}, 1, 1));
    return at::conv2d(at::upsample_nearest2d(b, {x.size(2), x.size(3)}), third, {}, 1, 1).contiguous();
  }
};
const Network convolutions = Convolutions{};
const Network point = [](const at::Tensor& x) {
  const c10::NoGradGuard no_grad;
  return (x.narrow(1, 0, 1) * 1.5 - x.narrow(1, 1, 1)).contiguous();
};

struct Map {
  int first = 0, width = 0;
  std::vector<std::vector<float>> rows;
};
Map mapped(const fs::path& raster, const Network& network, const MapOptions& o, const std::vector<InputBand>& input = bands, int from = 0) {
  Map m;
  Observer silent;
  map_rows({raster}, input, {network}, o, [&](int y, const float* p) {
    if (m.rows.empty()) m.first = y, m.width = o.part.width ? o.part.width : raster::Raster(raster).width();
    m.rows.emplace_back(p, p + m.width); }, silent, from);
  return m;
}
double furthest(const Map& a, const Map& b) {
  REQUIRE(a.rows.size() == b.rows.size());
  double d = 0;
  for (std::size_t y = 0; y < a.rows.size(); ++y)
    for (std::size_t x = 0; x < a.rows[y].size(); ++x) d = std::max(d, static_cast<double>(std::fabs(a.rows[y][x] - b.rows[y][x])));
  return d;
}
std::string bytes(const fs::path& p) {
  std::ifstream in(p, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
const MapOptions small{.tile_height = 64, .tile_width = 64, .overlap = 0.25, .batch = 3};
constexpr double halo_tolerance = 1e-5, batch_tolerance = 1e-4;

}  // namespace

TEST_CASE("windows cover every pixel with weights that add up") {
  for (const int length : {1, 17, 64, 65, 200, 1000})
    for (const double overlap : {0.0, 0.25, 0.5}) {
      const Axis a = blended_axis(length, 64, overlap);
      for (const float t : a.total) CHECK(t > 0);
      CHECK(a.starts.back() + 64 >= length);
      const Axis h = halo_axis(length, 64, 12, 4);
      for (const float t : h.total) CHECK(t == 1);
      for (const int s : h.starts) CHECK(s % 4 == 0);
    }
  CHECK_THROWS_WITH_AS(halo_axis(500, 32, 16, 4), doctest::Contains("RTS-I58"), Error);
}
TEST_CASE("an identity network gives the pixels back, whatever the windows") {
  const fs::path r = scene("identity.tif", 300, 217);
  const Map m = mapped(r, point, small);
  REQUIRE(m.rows.size() == 217);
  raster::Raster in(r);
  std::vector<float> a(300 * 217), b(a.size());
  in.read(0, 0, 300, 217, {1}, a.data());
  in.read(0, 0, 300, 217, {2}, b.data());
  for (std::size_t y = 0; y < 217; ++y)
    for (std::size_t x = 0; x < 300; ++x) {
      const double z = 1.5 * (a[y * 300 + x] - 120) * 0.02 - (b[y * 300 + x] - 100) * 0.01;
      REQUIRE(m.rows[y][x] == doctest::Approx(1 / (1 + std::exp(-z))).epsilon(1e-5));
    }
}
TEST_CASE("a part, more readers and a later start give the same bytes; another batch nearly") {
  const fs::path r = scene("part.tif", 333, 290);
  const Map whole = mapped(r, convolutions, small);
  MapOptions o = small;
  o.readers = 3;
  CHECK(furthest(mapped(r, convolutions, o), whole) == 0);
  o = small;
  o.part = {70, 55, 130, 160};
  const Map part = mapped(r, convolutions, o);
  REQUIRE(part.rows.size() == 160);
  for (std::size_t y = 0; y < 160; ++y)
    for (std::size_t x = 0; x < 130; ++x) REQUIRE(part.rows[y][x] == whole.rows[y + 55][x + 70]);
  const Map later = mapped(r, convolutions, small, bands, 101);
  REQUIRE(later.first == 101);
  REQUIRE(later.rows.size() == 290 - 101);
  for (std::size_t y = 0; y < later.rows.size(); ++y) REQUIRE(later.rows[y] == whole.rows[y + 101]);
  o = small;
  o.batch = 1;
  CHECK(furthest(mapped(r, convolutions, o), whole) < batch_tolerance);
  const int threads = at::get_num_threads();
  at::set_num_threads(threads == 1 ? 2 : 1);
  CHECK(furthest(mapped(r, convolutions, small), whole) < batch_tolerance);
  at::set_num_threads(threads);
  o.part = {300, 0, 100, 10};
  CHECK_THROWS_WITH_AS(mapped(r, convolutions, o), doctest::Contains("RTS-I59"), Error);
}
TEST_CASE("halo windows equal one big pass") {
  const fs::path r = scene("halo.tif", 320, 256);
  MapOptions big = small;
  big.tile_width = 320, big.tile_height = 256, big.overlap = 0, big.batch = 1;
  const Map once = mapped(r, convolutions, big);
  MapOptions halo = small;
  halo.halo = 12, halo.stride = 2;
  CHECK(furthest(mapped(r, convolutions, halo), once) < halo_tolerance);
  halo.halo = 1;  // less than the receptive field: it shows
  CHECK(furthest(mapped(r, convolutions, halo), once) > 10 * halo_tolerance);
}
TEST_CASE("a stopped map goes on and ends with the same bytes") {
  const fs::path r = scene("resume.tif", 300, 400);
  Observer silent;
  PredictOptions o;
  static_cast<MapOptions&>(o) = small;
  predict({r}, bands, {convolutions}, folder / "unbroken.tif", o, silent);
  int calls = 0;
  const Network stops = [&](const at::Tensor& x) {
    if (++calls == 9) interrupt_signal() = 2;
    return convolutions(x);
  };
  CHECK_THROWS_WITH_AS(predict({r}, bands, {stops}, folder / "broken.tif", o, silent), doctest::Contains("RTS-I52"), Error);
  interrupt_signal() = 0;
  CHECK(!fs::exists(folder / "broken.tif"));
  CHECK(fs::exists(folder / "broken.tif.rows"));
  const PredictReport report = predict({r}, bands, {convolutions}, folder / "broken.tif", o, silent);
  CHECK(report.resumed_rows >= 64);
  CHECK(!fs::exists(folder / "broken.tif.rows"));
  CHECK(bytes(folder / "broken.tif") == bytes(folder / "unbroken.tif"));
  // Other options begin anew.
  interrupt_signal() = 2;
  CHECK_THROWS_AS(predict({r}, bands, {convolutions}, folder / "other.tif", o, silent), Error);
  interrupt_signal() = 0;
  o.overlap = 0.5;
  CHECK(predict({r}, bands, {convolutions}, folder / "other.tif", o, silent).resumed_rows == 0);
}
TEST_CASE("nodata and NaN stay where they are") {
  const fs::path r = scene("nodata.tif", 200, 150, raster::Type::float32, -9999.0);
  {  // a copy with one NaN and a hole
    raster::Raster in(r);
    std::vector<float> v(200 * 150);
    raster::Writer out(folder / "holes.tif", 200, 150, 2, in.geo(), {.type = raster::Type::float32, .nodata = -9999.0, .descriptions = {"a", "b"}});
    for (int b = 1; b <= 2; ++b) {
      in.read(0, 0, 200, 150, {b}, v.data());
      if (b == 1) v[75 * 200 + 100] = std::nanf("");
      for (int y = 20; y < 30; ++y)
        for (int x = 20; x < 30; ++x) v[static_cast<std::size_t>(y * 200 + x)] = -9999;
      out.write(b, 0, 150, v.data());
    }
    out.commit();
  }
  std::vector<InputBand> input = bands;
  for (auto& b : input) b.nodata = -9999;
  const Map clean = mapped(r, convolutions, small, input), holes = mapped(folder / "holes.tif", convolutions, small, input);
  for (int y = 0; y < 150; ++y)
    for (int x = 0; x < 200; ++x) {
      const auto i = static_cast<std::size_t>(y), j = static_cast<std::size_t>(x);
      const bool none = (x == 100 && y == 75) || (x >= 20 && x < 30 && y >= 20 && y < 30);
      CHECK((holes.rows[i][j] == -1) == none);
      REQUIRE(std::isfinite(holes.rows[i][j]));
      const bool far = (std::abs(x - 100) > 11 || std::abs(y - 75) > 11) && (x < 8 || x > 41 || y < 8 || y > 41);
      if (far) REQUIRE(holes.rows[i][j] == clean.rows[i][j]);
    }
  Observer silent;
  const PredictReport report = predict({folder / "holes.tif"}, input, {convolutions}, folder / "holes_map.tif", {small, true, 0.5, folder / "holes_mask.tif"}, silent);
  CHECK(report.nan_pixels == 1);
  CHECK(report.nodata_pixels == 101);
  std::vector<std::uint8_t> mask(200 * 150);
  raster::Raster(folder / "holes_mask.tif").read(0, 0, 200, 150, 1, mask.data());
  CHECK(mask[75 * 200 + 100] == 255);
}
TEST_CASE("rasters of one pixel, of ten rows, smaller than a window, and of nothing") {
  for (const auto& [w, h] : {std::pair{1, 1}, {3000, 10}, {7, 300}, {63, 64}}) {
    const Map m = mapped(scene("odd.tif", w, h), convolutions, small);
    REQUIRE(m.rows.size() == static_cast<std::size_t>(h));
    for (const auto& row : m.rows)
      for (const float p : row) REQUIRE((p >= 0 && p <= 1));
  }
  std::vector<InputBand> input = bands;
  for (auto& b : input) b.nodata = 7;
  raster::Writer out(folder / "empty.tif", 100, 90, 2, raster::place(32640, 500000, 7800000, 3), {.type = raster::Type::byte, .nodata = 7, .descriptions = {"a", "b"}});
  const std::vector<float> sevens(100 * 90, 7);
  for (int b = 1; b <= 2; ++b) out.write(b, 0, 90, sevens.data());
  out.commit();
  int calls = 0;
  const Map m = mapped(folder / "empty.tif", [&](const at::Tensor& x) { return ++calls, convolutions(x); }, small, input);
  CHECK(calls == 0);
  for (const auto& row : m.rows)
    for (const float p : row) CHECK(p == -1);
}
TEST_CASE("a mosaic's gap is known to be empty, and nothing is read there") {
  std::vector<fs::path> tiles;
  for (const int k : {0, 1}) {
    tiles.push_back(folder / ("mosaic_" + std::to_string(k) + ".tif"));
    raster::Writer out(tiles.back(), 128, 128, 2, raster::place(32640, 500000 + 3 * 384 * k, 7800000, 3), {.type = raster::Type::byte, .nodata = 0, .descriptions = {"a", "b"}});
    std::vector<float> row(128);
    for (int x = 0; x < 128; ++x) row[static_cast<std::size_t>(x)] = static_cast<float>(60 + x);
    for (int b = 1; b <= 2; ++b)
      for (int y = 0; y < 128; ++y) out.write(b, y, 1, row.data());
    out.commit();
  }
  const fs::path mosaic = raster::build_mosaic(tiles, false);
  const raster::Raster r(mosaic);
  REQUIRE(r.width() == 512);
  CHECK(r.holds_nothing(150, 0, 200, 128, 1));
  CHECK(!r.holds_nothing(100, 0, 200, 128, 1));
  std::vector<InputBand> input = bands;
  for (auto& b : input) b.nodata = 0;
  int calls = 0;
  const Map m = mapped(mosaic, [&](const at::Tensor& x) { return ++calls, convolutions(x); }, small, input);
  for (const auto& row : m.rows)
    for (std::size_t x = 0; x < 512; ++x) REQUIRE((row[x] == -1) == (x >= 128 && x < 384));
  CHECK(calls < 3 * 4);  // three strips; ten windows each, four of them empty
}
TEST_CASE("views: averages over symmetries, invariant under them") {
  at::manual_seed(9);
  const at::Tensor x = at::randn({2, 2, 32, 32});
  const at::Tensor full = probability({convolutions}, Views::full, x);
  CHECK(at::allclose(probability({convolutions}, Views::full, x.rot90(1, {2, 3}).contiguous()), full.rot90(1, {2, 3}), 1e-5, 1e-6));
  CHECK(at::allclose(probability({convolutions}, Views::full, x.flip(3)), full.flip(3), 1e-5, 1e-6));
  const auto p = [&](const at::Tensor& t) { return at::sigmoid(convolutions(t)); };
  CHECK(at::allclose(probability({convolutions}, Views::minimal, x), (p(x) + p(x.flip(3)).flip(3)) / 2, 1e-5, 1e-6));
  CHECK(at::allclose(probability({convolutions}, Views::standard, x), (p(x) + p(x.flip(3)).flip(3) + p(x.flip(2)).flip(2) + p(x.flip(2).flip(3)).flip(2).flip(3)) / 4, 1e-5, 1e-6));
  CHECK(at::allclose(probability({convolutions, point}, Views::none, x), (p(x) + at::sigmoid(point(x))) / 2, 1e-5, 1e-6));
  CHECK_THROWS_WITH_AS(probability({convolutions}, Views::full, x.narrow(2, 0, 16)), doctest::Contains("RTS-I57"), Error);
  CHECK_THROWS_WITH_AS(parse_views("all"), doctest::Contains("RTS-I56"), Error);
}
TEST_CASE("scales merge by maximum, calibration keeps the order") {
  const fs::path r = scene("scales.tif", 260, 190);
  MapOptions o = small;
  const Map one = mapped(r, convolutions, o);
  o.scales = {1, 0.5, 0.25};
  const Map merged = mapped(r, convolutions, o);
  bool higher = false;
  for (std::size_t y = 0; y < 190; ++y)
    for (std::size_t x = 0; x < 260; ++x) {
      REQUIRE(merged.rows[y][x] >= one.rows[y][x]);
      higher |= merged.rows[y][x] > one.rows[y][x] + 0.01f;
    }
  CHECK(higher);
  // A part of a map of several scales is the whole's.
  o.part = {101, 60, 90, 70};
  const Map part = mapped(r, convolutions, o);
  for (std::size_t y = 0; y < 70; ++y)
    for (std::size_t x = 0; x < 90; ++x) REQUIRE(part.rows[y][x] == merged.rows[y + 60][x + 101]);
  o = small;
  o.slope = 0.5, o.intercept = -1;
  const Map calibrated = mapped(r, convolutions, o);
  const double p = one.rows[50][50];
  CHECK(calibrated.rows[50][50] == doctest::Approx(1 / (1 + std::exp(-(0.5 * std::log(p / (1 - p)) - 1)))).epsilon(1e-4));
  o.scales = {1, 0.3};
  CHECK_THROWS_WITH_AS(mapped(r, convolutions, o), doctest::Contains("RTS-I56"), Error);
}
TEST_CASE("a first stage discards, and says how much") {
  const fs::path r = scene("second.tif", 256, 256);
  {  // 32 pixels of its own are one of the susceptibility raster: the left half is below the threshold
    raster::Writer out(folder / "susceptibility.tif", 8, 8, 1, raster::place(32640, 500000, 7800000, 96), {.type = raster::Type::float32});
    std::vector<float> row(8);
    for (int x = 0; x < 8; ++x) row[static_cast<std::size_t>(x)] = x < 4 ? 0.1f : 0.9f;
    for (int y = 0; y < 8; ++y) out.write(1, y, 1, row.data());
    out.commit();
  }
  const Map all = mapped(r, convolutions, small);
  PredictOptions o;
  static_cast<MapOptions&>(o) = small;
  o.first = FirstStage{folder / "susceptibility.tif", 0.5};
  Observer silent;
  const PredictReport report = predict({r}, bands, {convolutions}, folder / "staged.tif", o, silent);
  CHECK(report.discarded_pixels == 128 * 256);
  CHECK(report.skipped_windows > 0);
  std::vector<float> staged(256 * 256);
  raster::Raster(folder / "staged.tif").read(0, 0, 256, 256, {1}, staged.data());
  for (std::size_t y = 0; y < 256; ++y)
    for (std::size_t x = 0; x < 256; ++x) REQUIRE(staged[y * 256 + x] == (x < 128 ? 0.0f : all.rows[y][x]));
  o.first->raster = scene("elsewhere.tif", 20, 20);
  CHECK_THROWS_WITH_AS(predict({r}, bands, {convolutions}, folder / "staged.tif", o, silent), doctest::Contains("RTS-I55"), Error);
  fs::remove_all(folder);
}
