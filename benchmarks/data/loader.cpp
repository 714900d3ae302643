// The loader against a consumer that does nothing, timed on request: a worker of scripts/bench. argv: folder of scratch files, then
// NAME=DATASET for each dataset. Lines are "NAME threads what", `what` one of raw, tiles, windows; or "memcpy threads". Answers seconds a
// megabyte of stored pixels and labels.
#include <rts/augment/augment_policy.hpp>
#include <rts/augment/fused.hpp>
#include <rts/core/observer.hpp>
#include <rts/data/loader.hpp>
#include <rts/data/packed.hpp>
#include <rts/data/raster_source/raster_source.hpp>

#include <chrono>
#include <cstring>
#include <iostream>
#include <map>
#include <sstream>
#include <thread>

using namespace rts;

namespace {

double seconds_since(std::chrono::steady_clock::time_point t) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - t).count(); }

/// Copies of records into slots, from memory that is as large as the packed file: the bound.
double memcpy_rate(int threads, std::size_t bytes, std::size_t count) {
  static std::vector<std::byte> from(bytes * count, std::byte{1}), to(bytes * 24, std::byte{2});
  const auto start = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> all;
    for (int t = 0; t < threads; ++t)
      all.emplace_back([=] {
        for (std::size_t i = static_cast<std::size_t>(t); i < count; i += static_cast<std::size_t>(threads)) std::memcpy(to.data() + i % 24 * bytes, from.data() + i * bytes, bytes);
      });
  }
  return seconds_since(start) / (static_cast<double>(bytes * count) / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  Observer silent;
  std::map<std::string, std::unique_ptr<data::IndexedSource>> sources;
  for (int i = 2; i < argc; ++i) {
    const std::string text = argv[i], name = text.substr(0, text.find('=')), path = text.substr(text.find('=') + 1);
    auto source = std::make_unique<data::RasterSource>(data::SourceOptions{.root = path, .bands = {"red", "green", "blue"}, .tile_height = 512, .tile_width = 512}, silent);
    const auto packed = std::filesystem::path(argv[1]) / (name + ".rtspack");
    if (!std::filesystem::exists(packed)) data::write_packed(packed, *source, silent);
    sources["packed_" + name] = std::make_unique<data::PackedSource>(packed, data::PackedSource::Wanted{{"red", "green", "blue"}, 512, 512, 2});
    sources[name] = std::move(source);
  }
  augment::BandSet bands;
  for (int b = 0; b < 3; ++b) bands.bands.push_back({1, 120, 1 / 50.0f});
  bands.colours = {0, 1, 2};
  const augment::Frame frame{512, 512};
  const data::Stage guide = [&](data::RawTile& raw, const data::SampleKey& key, const data::TileView& out) {
    thread_local augment::Scratch scratch;
    Random random(42, key.epoch, key.position, 1);
    augment::Draw draw;
    augment::Guide::draw(random, frame, draw);
    augment::apply(draw, {raw.type, raw.image.data(), raw.label.data(), raw.valid.data()}, frame, bands, scratch, {out.image, false, out.label, out.valid});
  };
  const data::Stage nothing = [](data::RawTile&, const data::SampleKey&, const data::TileView&) {};
  struct Set {
    std::unique_ptr<data::Loader> loader;
    std::vector<std::uint32_t> order;
  };
  std::map<std::string, Set> loaders;
  std::uint32_t epoch = 0;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string name, what;
    int threads = 1;
    words >> name >> threads >> what;
    if (name == "memcpy") {
      const auto& any = *sources.rbegin()->second;
      std::cout << memcpy_rate(threads, data::layout_of(any.dataset(), 2).bytes(), 512) << std::endl;
      continue;
    }
    const data::IndexedSource& source = *sources.at(name);
    Set& set = loaders[line];
    if (!set.loader) {
      data::LoaderOptions o{.batch = 8, .bands = 3, .height = 512, .width = 512, .threads = threads, .drop_last = false};
      if (what == "raw") o.record_bytes = data::layout_of(source.dataset(), 2).bytes();
      set.loader = std::make_unique<data::Loader>(source, what == "guide" ? guide : nothing, o);
      const std::size_t n = source.dataset().samples.size();
      for (std::uint32_t i = 0; i < (what == "raw" ? std::max<std::size_t>(n, 512) : n); ++i) set.order.push_back(static_cast<std::uint32_t>((i * 7919u) % n));
    }
    set.loader->begin(set.order, ++epoch);
    const auto start = std::chrono::steady_clock::now();
    while (set.loader->next()) {
    }
    const double seconds = seconds_since(start);
    std::cout << seconds / set.loader->statistics().megabytes << std::endl;
  }
}
