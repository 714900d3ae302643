// Distributions of values and coarse samples: quantiles, drift, matching, averages of windows.
#include <rts/core/error.hpp>
#include <rts/core/philox_formula.hpp>
#include <rts/data/coarse.hpp>
#include <rts/data/loader.hpp>
#include <rts/data/quantiles.hpp>

#include <cmath>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;
using namespace rts::data;

namespace {

std::vector<float> normal(std::size_t n, double mean, double deviation, std::uint64_t seed) {
  Random r(seed, 1, 0);
  std::vector<float> v(n);
  for (float& x : v) {
    double sum = 0;
    for (int k = 0; k < 12; ++k) sum += r.uniform(0, 1);
    x = static_cast<float>(mean + deviation * (sum - 6));
  }
  return v;
}

/// One file whose pixel at (row, column) is 1000 row + column in band 0; an object and a hole.
class Counting : public Source, public Reader {
 public:
  Dataset d;
  Counting(int tile, int size, PixelType type) {
    d.files.push_back({"one", "one", "r", "train"});
    d.info.push_back({});
    d.info[0].width = d.info[0].height = size;
    d.tile_height = d.tile_width = tile;
    d.pixels = type;
    d.bands.push_back({"red", "", "images", 1, 1, {}});
    for (int row = 0; row + tile <= size; row += tile)
      for (int column = 0; column + tile <= size; column += tile) d.samples.push_back({0, row, column, 0, tile * tile, 0});
  }
  const Dataset& dataset() const override { return d; }
  std::unique_ptr<Reader> reader() const override { return std::make_unique<Counting>(*this); }
  void read(const Sample& s, RawTile& out) override {
    REQUIRE((s.row >= 0 && s.column >= 0 && s.row + d.tile_height <= d.info[0].height && s.column + d.tile_width <= d.info[0].width));
    const auto area = static_cast<std::size_t>(d.tile_height * d.tile_width);
    out.type = d.pixels;
    out.image.resize(area * bytes_of(d.pixels));
    out.label.resize(area), out.valid.resize(area);
    for (int y = 0; y < d.tile_height; ++y)
      for (int x = 0; x < d.tile_width; ++x) {
        const auto i = static_cast<std::size_t>(y * d.tile_width + x);
        const int row = s.row + y, column = s.column + x;
        out.valid[i] = !(row == 9 && column == 9);
        out.label[i] = !out.valid[i] ? 255 : row >= 20 && row < 23 && column >= 30 && column < 33;  // 3 x 3: half of some pixels of two
        if (d.pixels == PixelType::f32) out.pixels<float>(0)[i] = static_cast<float>(1000 * row + column);
        else out.pixels<std::uint8_t>(0)[i] = static_cast<std::uint8_t>(row + column);
      }
  }
  void read_record(const Sample&, std::byte*) override {}
};

}  // namespace

TEST_CASE("quantiles, and how far a distribution lies from another") {
  auto a = normal(40000, 100, 10, 1), same = normal(40000, 100, 10, 2), shifted = normal(40000, 112, 10, 3), wider = normal(40000, 100, 25, 4);
  const Quantiles q = quantiles_of(a);
  REQUIRE(q.size() == quantile_count);
  CHECK(q[128] == doctest::Approx(100).epsilon(0.01));
  for (auto* v : {&same, &shifted, &wider}) std::sort(v->begin(), v->end());
  const Drift none = drift_of(same, q, 100, 10), moved = drift_of(shifted, q, 100, 10), spread = drift_of(wider, q, 100, 10);
  CHECK(!none.far());
  CHECK(none.elsewhere < 0.02);
  CHECK(moved.shift == doctest::Approx(1.2).epsilon(0.05));
  CHECK(moved.far());
  CHECK(std::abs(spread.shift) < 0.1);
  CHECK(spread.elsewhere > 0.3);
  std::vector<float> one{3};
  CHECK(quantiles_of(one).empty());
  // Many equal values: nothing lies elsewhere.
  std::vector<float> bytes;
  for (int i = 0; i < 10000; ++i) bytes.push_back(static_cast<float>(i % 4));
  const Quantiles few = quantiles_of(bytes);
  CHECK(drift_of(bytes, few, 1.5, 1.118).elsewhere < 0.02);
}
TEST_CASE("matching gives one distribution the other's values, in order") {
  auto a = normal(40000, 50, 5, 5), b = normal(40000, 200, 40, 6);
  const MonotoneMap map(quantiles_of(a), quantiles_of(b));
  CHECK(map(50) == doctest::Approx(200).epsilon(0.01));
  CHECK(map(55) == doctest::Approx(240).epsilon(0.02));
  float before = -1e9f;
  for (float v = 20; v < 80; v += 0.25f) {
    CHECK(map(v) >= before);
    before = map(v);
  }
  CHECK(MonotoneMap()(7) == 7);
}
TEST_CASE("a coarse sample averages windows around its own") {
  for (const PixelType type : {PixelType::f32, PixelType::u8}) {
    Counting source(8, 64, type);
    RawTile part, tile;
    const Sample& s = source.d.samples[2 * 8 + 3];  // row 16, column 24: the window of two begins at 12, 20
    read_coarse(source, source.d, s, 2, part, tile);
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 8; ++x) {
        const auto i = static_cast<std::size_t>(y * 8 + x);
        const double row = 12 + 2 * y + 0.5, column = 20 + 2 * x + 0.5;
        if (type == PixelType::f32) CHECK(tile.pixels<float>(0)[i] == doctest::Approx(1000 * row + column));
        else CHECK(tile.pixels<std::uint8_t>(0)[i] == static_cast<int>(row + column + 0.5));
        // The object covers rows 20 to 22 and columns 30 to 32: pixels of two that hold half of it or more are object.
        const bool whole = y == 4 && x == 5, half = (y == 4 && x == 6) || (y == 5 && x == 5);
        CHECK(tile.label[i] == (whole || half ? 1 : 0));
      }
    // At the corner the window moves inwards; a hole makes its coarse pixel invalid.
    read_coarse(source, source.d, source.d.samples[0], 2, part, tile);
    CHECK(tile.valid[4 * 8 + 4] == 0);
    CHECK(tile.label[4 * 8 + 4] == 255);
    CHECK(tile.valid[0] == 1);
  }
  Counting small(8, 12, PixelType::u8);
  CHECK_THROWS_WITH_AS(check_coarse(small, 2), doctest::Contains("RTS-D74"), Error);
  CHECK_THROWS_WITH_AS(check_coarse(Counting(6, 64, PixelType::u8), 4), doctest::Contains("RTS-D74"), Error);
}
TEST_CASE("which samples are coarse follows from the seed, and the loader shows them") {
  const CoarseOptions o{0.3, 2, 9};
  int n = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) n += is_coarse(o, 4, i);
  CHECK(n == doctest::Approx(600).epsilon(0.1));
  CHECK(!is_coarse({}, 4, 1));
  Counting source(8, 64, PixelType::f32);
  const Stage copy = [](RawTile& raw, const SampleKey&, const TileView& out) {
    for (std::size_t i = 0; i < raw.label.size(); ++i) out.image[i] = raw.pixels<float>(0)[i], out.label[i] = raw.label[i], out.valid[i] = raw.valid[i];
  };
  Loader loader(source, copy, {.batch = 4, .bands = 1, .height = 8, .width = 8, .coarse = o});
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < 64; ++i) order.push_back(i);
  loader.begin(order, 4);
  while (const Batch* b = loader.next())
    for (std::size_t k = 0; k < 4; ++k) {
      const float* p = b->image.const_data_ptr<float>() + k * 64;
      CHECK((p[1] - p[0] == 2) == is_coarse(o, 4, b->index * 4 + k));
    }
}
