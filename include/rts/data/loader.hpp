#pragma once
// Prefetching loader: threads fill preallocated slots, batches come out in order, the same for any number of threads.
// Generic over an order (which samples) and a stage (what happens to a tile); knows neither sampler nor augmentation.

#include <rts/data/dataset.hpp>

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

namespace rts::inline RTS_ABI::data {

/// A slot's place for one tile.
struct TileView {
  float* image;          ///< bands x height x width, normalised; 0 where not valid
  std::uint8_t* label;   ///< height x width; 255 where not valid
  std::uint8_t* valid;   ///< height x width
  std::byte* stored = nullptr;  ///< instead of `image`, where a device augments: bands x height x width as they are stored
  std::byte* draw = nullptr;    ///< and what is to happen to them
};

/// Which tile of which epoch a stage works on: the key of its random numbers.
struct SampleKey {
  std::uint32_t epoch = 0;
  std::uint64_t position = 0;  ///< in the epoch's order
  std::uint32_t sample = 0;
};

/// Turns a raw tile, which it may change, into network input. Called from many threads at once, each with a tile of its own.
using Stage = std::function<void(RawTile&, const SampleKey&, const TileView&)>;

/// Multi-resolution training: this share of samples shows `factor` times as much ground along each edge, at as many pixels.
struct CoarseOptions {
  double share = 0;
  int factor = 2;
  std::uint64_t seed = 0;
};
/// Whether the sample at a place of an epoch is a coarse one.
bool is_coarse(const CoarseOptions& o, std::uint32_t epoch, std::uint64_t position);

struct LoaderOptions {
  int batch = 32;
  int bands = 3, height = 512, width = 512;
  int threads = 2;
  int prefetch = 2;        ///< finished batches that wait
  bool drop_last = true;   ///< leave out an incomplete last batch
  bool pinned = false;     ///< page-locked slots, for copies to a GPU
  bool skip_bad = false;   ///< an unreadable tile becomes one without a valid pixel, and is counted
  CoarseOptions coarse = {};
  std::size_t stored_bytes = 0, draw_bytes = 0;  ///< above 0: slots hold tiles as stored and draws, for a device that augments
  std::size_t record_bytes = 0;  ///< above 0: slots hold records (record.hpp) as they are stored, no stage runs
};

struct Batch {
  at::Tensor image;   ///< (N,bands,H,W) float
  at::Tensor label;   ///< (N,H,W) uint8
  at::Tensor valid;   ///< (N,H,W) uint8
  at::Tensor stored, draws;  ///< (N,stored_bytes), (N,draw_bytes) uint8, instead of the image
  at::Tensor records; ///< (N,record_bytes) uint8, instead of the three
  std::vector<std::uint32_t> samples;
  std::size_t index = 0;  ///< within the epoch
  std::vector<std::string> skipped;
};

/// Where an epoch's time went so far, in seconds. Reading, staging and idling are sums over the loader's threads.
struct LoaderStatistics {
  double elapsed = 0, reading = 0, staging = 0, idle = 0;
  double waited = 0;       ///< how long the consumer waited for batches
  std::int64_t tiles = 0;
  double megabytes = 0;    ///< of stored pixels and labels
  double megabytes_per_second() const { return elapsed > 0 ? megabytes / elapsed : 0; }
  /// One sentence that names the bottleneck.
  std::string text() const;
};

/// Threads live as long as the loader; `begin` starts an epoch, at any batch of it.
class Loader {
 public:
  Loader(const Source& source, Stage stage, const LoaderOptions& options);
  ~Loader();
  Loader(const Loader&) = delete;

  void begin(std::vector<std::uint32_t> order, std::uint32_t epoch, std::size_t first_batch = 0);
  std::size_t batches() const;
  LoaderStatistics statistics() const;
  /// The next batch, valid until the call after; nullptr at the end. Rethrows a tile's error at its batch's place.
  const Batch* next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rts::inline RTS_ABI::data

#if RTS_HEADER_ONLY
#include <rts/data/loader.ipp>
#endif
