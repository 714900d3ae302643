// Packed tiles against the rasters they come from; the loader's batches for any number of threads and from the middle; damaged files.
#include <rts/augment/augment_policy.hpp>
#include <rts/augment/fused.hpp>
#include <rts/core/description.hpp>
#include <rts/core/observer.hpp>
#include <rts/data/loader.hpp>
#include <rts/data/packed.hpp>
#include <rts/data/raster_source/raster_source.hpp>
#include <rts/data/raster_source/synthetic_dataset.hpp>

#include <fstream>
#include <thread>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;
namespace fs = std::filesystem;

namespace {

struct Data {
  fs::path path = fs::temp_directory_path() / ("rts_packed_" + std::to_string(::getpid()));
  std::unique_ptr<data::RasterSource> rasters;
  Observer silent;
  Data() {
    fs::remove_all(path);
    data::write_synthetic_dataset(path / "set", {.train_regions = 2, .val_regions = 1, .test_regions = 1, .size = 256, .tile = 64}, silent);
    rasters = std::make_unique<data::RasterSource>(data::SourceOptions{.root = path / "set", .bands = {"red", "green", "blue"}, .tile_height = 64, .tile_width = 64}, silent);
    data::write_packed(file(), *rasters, silent);
  }
  ~Data() { fs::remove_all(path); }
  fs::path file() const { return path / "set.rtspack"; }
};
const Data& shared() {
  static const Data data;
  return data;
}
const data::PackedSource::Wanted wanted{{"red", "green", "blue"}, 64, 64, 2};

std::string code_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return std::string(e.what()).substr(1, 7);
  }
  return "none";
}

/// Hash of every batch of an epoch from `first` on, through the guide's chain.
std::vector<std::uint64_t> hashes(const data::IndexedSource& source, int threads, std::size_t first, bool raw) {
  augment::BandSet bands;
  for (int b = 0; b < 3; ++b) bands.bands.push_back({1e-4f, 0.1f, 20});
  bands.colours = {0, 1, 2};
  const augment::Frame frame{64, 64};
  const data::Stage stage = [&](data::RawTile& t, const data::SampleKey& key, const data::TileView& out) {
    thread_local augment::Scratch scratch;
    Random random(42, key.epoch, key.position, 1);
    augment::Draw draw;
    augment::Guide::draw(random, frame, draw);
    augment::apply(draw, {t.type, t.image.data(), t.label.data(), t.valid.data()}, frame, bands, scratch, {out.image, false, out.label, out.valid});
  };
  data::LoaderOptions o{.batch = 5, .bands = 3, .height = 64, .width = 64, .threads = threads, .drop_last = false};
  if (raw) o.record_bytes = data::layout_of(source.dataset(), 2).bytes();
  data::Loader loader(source, stage, o);
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < source.dataset().samples.size(); ++i) order.push_back((i * 37u) % static_cast<std::uint32_t>(source.dataset().samples.size()));
  loader.begin(order, 3, first);
  std::vector<std::uint64_t> out;
  while (const data::Batch* b = loader.next()) {
    std::uint64_t h = fnv1a("batch");
    const auto add = [&](const at::Tensor& t) { h = fnv1a({static_cast<const char*>(t.const_data_ptr()), t.nbytes()}, h); };
    if (raw) add(b->records);
    else add(b->image), add(b->label), add(b->valid);
    out.push_back(h);
  }
  return out;
}

}  // namespace

TEST_CASE("a packed file is its source, byte for byte") {
  const auto& rasters = *shared().rasters;
  const data::PackedSource packed(shared().file(), wanted);
  REQUIRE(packed.dataset().samples.size() == rasters.dataset().samples.size());
  CHECK(packed.dataset().version == rasters.dataset().version);
  CHECK(packed.statistics().mean == rasters.statistics().mean);
  CHECK(packed.statistics().std == rasters.statistics().std);
  const auto a = rasters.reader(), b = packed.reader();
  data::RawTile x, y;
  std::vector<std::byte> r(packed.layout().bytes()), s(packed.layout().bytes());
  for (std::size_t i = 0; i < rasters.dataset().samples.size(); ++i) {
    a->read(rasters.dataset().samples[i], x);
    b->read(packed.dataset().samples[i], y);
    CHECK((x.image == y.image && x.label == y.label && x.valid == y.valid && x.type == y.type));
    a->read_record(rasters.dataset().samples[i], r.data());
    b->read_record(packed.dataset().samples[i], s.data());
    CHECK(r == s);
    CHECK(rasters.dataset().sample_name(rasters.dataset().samples[i]) == packed.dataset().sample_name(packed.dataset().samples[i]));
  }
}

TEST_CASE("records hold every layout") {
  for (const int classes : {2, 5, 11})
    for (const PixelType type : {PixelType::u8, PixelType::u16, PixelType::f32})
      for (const auto& [h, w] : {std::pair{7, 9}, {8, 8}, {64, 33}}) {
        data::RawTile t, back;
        const std::size_t area = static_cast<std::size_t>(h * w);
        t.type = type;
        t.image.resize(area * 2 * bytes_of(type));
        t.label.resize(area), t.valid.resize(area);
        Random random(1, 1, area);
        for (std::byte& v : t.image) v = static_cast<std::byte>(random.below(256));
        for (std::size_t i = 0; i < area; ++i) t.valid[i] = random.below(5) > 0, t.label[i] = t.valid[i] ? static_cast<std::uint8_t>(random.below(static_cast<std::uint32_t>(classes))) : 255;
        const data::RecordLayout l{type, 2, h, w, std::bit_width(static_cast<unsigned>(classes - 1))};
        std::vector<std::byte> record(l.bytes());
        data::to_record(t, l, record.data());
        data::from_record(record.data(), l, back);
        CHECK((t.image == back.image && t.label == back.label && t.valid == back.valid));
      }
}

TEST_CASE("an epoch's batches have the same hash with 1, 2, 8 threads, packed or not, and from the middle") {
  const data::PackedSource packed(shared().file(), wanted);
  const auto one = hashes(*shared().rasters, 1, 0, false);
  CHECK(one.size() == 13);
  for (const int threads : {1, 2, 8}) {
    CHECK(hashes(*shared().rasters, threads, 0, false) == one);
    CHECK(hashes(packed, threads, 0, false) == one);
    CHECK(hashes(packed, threads, 6, false) == std::vector<std::uint64_t>(one.begin() + 6, one.end()));
    CHECK(hashes(packed, threads, 0, true) == hashes(*shared().rasters, 1, 0, true));
  }
}

TEST_CASE("memory does not grow with the number of tiles") {
  const data::PackedSource packed(shared().file(), wanted);
  const data::Stage nothing = [](data::RawTile&, const data::SampleKey&, const data::TileView&) {};
  const auto resident = [] {
    std::ifstream in("/proc/self/statm");
    long all = 0, pages = 0;
    in >> all >> pages;
    return static_cast<double>(pages) * 4096 / 1e6;
  };
  const auto run = [&](std::size_t tiles) {
    data::Loader loader(packed, nothing, {.batch = 32, .bands = 3, .height = 64, .width = 64, .threads = 2});
    std::vector<std::uint32_t> order(tiles);
    for (std::size_t i = 0; i < tiles; ++i) order[i] = static_cast<std::uint32_t>((i * 31) % packed.dataset().samples.size());
    loader.begin(std::move(order), 0);
    double most = 0;
    while (const data::Batch* b = loader.next())
      if (b->index % 100 == 0) most = std::max(most, resident());
    return most;
  };
  run(1000);
  const double few = run(1000), many = run(100000);
  MESSAGE("resident with 1,000 tiles " << few << " MB, with 100,000 tiles " << many << " MB");
  CHECK(many < few + 4);
}

TEST_CASE("statistics name the bottleneck") {
  const data::PackedSource packed(shared().file(), wanted);
  const data::Stage slow = [](data::RawTile&, const data::SampleKey&, const data::TileView&) { std::this_thread::sleep_for(std::chrono::milliseconds(3)); };
  data::Loader loader(packed, slow, {.batch = 4, .bands = 3, .height = 64, .width = 64, .threads = 1});
  std::vector<std::uint32_t> order(32);
  loader.begin(order, 0);
  while (loader.next()) {
  }
  CHECK(loader.statistics().tiles == 32);
  CHECK(loader.statistics().text().find("augmentation is the bottleneck") != std::string::npos);
  loader.begin(order, 0);
  while (loader.next()) std::this_thread::sleep_for(std::chrono::milliseconds(40));
  CHECK(loader.statistics().text().find("tiles are ready in time") != std::string::npos);
}

TEST_CASE("files that are damaged, old or of another recipe are refused") {
  std::ifstream in(shared().file(), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const fs::path bad = shared().path / "bad.rtspack";
  const auto open = [&](const std::string& content, const data::PackedSource::Wanted& w = wanted) {
    std::ofstream(bad, std::ios::binary | std::ios::trunc) << content;
    return code_of([&] {
      const data::PackedSource s(bad, w);
      const auto reader = s.reader();
      data::RawTile t;
      for (const auto& x : s.dataset().samples) reader->read(x, t);
    });
  };
  CHECK(open(bytes) == "none");
  CHECK(open("") == "RTS-D93");
  CHECK(open(bytes.substr(0, bytes.size() / 2)) == "RTS-D93");
  std::string other = bytes;
  other[8] = 9;  // the version
  CHECK(open(other) == "RTS-D93");
  other = bytes;
  other[4096 + 100] = static_cast<char>(other[4096 + 100] ^ 1);  // one bit of one tile
  CHECK(open(other) == "RTS-D96");
  other = bytes;
  other[other.size() - 20] = '!';
  CHECK(open(other) == "RTS-D93");
  CHECK(open(bytes, {{"red", "green", "blue"}, 32, 32, 2}) == "RTS-D94");
  CHECK(open(bytes, {{"red", "nir", "blue"}, 64, 64, 2}) == "RTS-D94");
  Random random(2, 2, 2);
  for (int k = 0; k < 300; ++k) {  // anything in the header or the tables: refused or as it was, never a crash
    other = bytes;
    const std::size_t at = k % 2 ? random.below(64) : bytes.size() - 1 - random.below(4000);
    other[at] = static_cast<char>(random.bits());
    const std::string code = open(other);
    CHECK((code == "RTS-D93" || code == "RTS-D96" || code == "none"));
  }
  const auto label = fs::directory_iterator(shared().path / "set/labels")->path();
  const auto time = fs::last_write_time(label);
  fs::last_write_time(label, time + std::chrono::seconds(5));
  CHECK(code_of([&] { data::PackedSource(shared().file(), wanted); }) == "RTS-D95");
  fs::last_write_time(label, time);
  CHECK(code_of([&] { data::PackedSource(shared().file(), wanted); }) == "none");
}
