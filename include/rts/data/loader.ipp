#pragma once
#include <rts/data/loader.hpp>

#include <rts/core/philox_formula.hpp>
#include <rts/data/coarse.hpp>

#include <ATen/ops/empty.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>

namespace rts::inline RTS_ABI::data {

RTS_INLINE bool is_coarse(const CoarseOptions& o, std::uint32_t epoch, std::uint64_t position) { return o.share > 0 && Random(o.seed, epoch, position, 0xC0A5u).chance(o.share); }

struct Loader::Impl {
  struct Slot {
    Batch batch;
    at::Tensor image, label, valid, records, stored, draws;  // full size; the batch may hold a shorter view
    std::size_t pending = 0;
    std::vector<std::pair<std::size_t, std::exception_ptr>> errors;
  };

  const Source& source;
  Stage stage;
  LoaderOptions options;
  std::vector<Slot> slots;
  std::vector<std::uint32_t> order;
  std::uint32_t epoch = 0;
  std::size_t batches = 0, next_task = 0, tasks = 0;  // a task is one sample of the order
  std::size_t delivered = 0, released = 0;            // batches handed out; batches whose slot is free again
  std::uint64_t generation = 0;
  int active = 0;
  bool stop = false;
  std::mutex mutex;
  std::condition_variable work, ready;
  LoaderStatistics spent;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  std::vector<std::jthread> threads;

  Impl(const Source& s, Stage st, const LoaderOptions& o) : source(s), stage(std::move(st)), options(o), slots(static_cast<std::size_t>(o.prefetch) + 1) {
    for (Slot& slot : slots) {
      const auto bytes = at::TensorOptions().dtype(at::kByte).pinned_memory(o.pinned);
      if (o.record_bytes > 0) {
        slot.records = at::empty({o.batch, static_cast<std::int64_t>(o.record_bytes)}, bytes);
        continue;
      }
      if (o.stored_bytes > 0) {
        slot.stored = at::empty({o.batch, static_cast<std::int64_t>(o.stored_bytes)}, bytes);
        slot.draws = at::empty({o.batch, static_cast<std::int64_t>(o.draw_bytes)}, bytes);
      } else slot.image = at::empty({o.batch, o.bands, o.height, o.width}, at::TensorOptions().dtype(at::kFloat).pinned_memory(o.pinned));
      slot.label = at::empty({o.batch, o.height, o.width}, bytes);
      slot.valid = at::empty({o.batch, o.height, o.width}, bytes);
    }
    for (int t = 0; t < std::max(1, o.threads); ++t) threads.emplace_back([this] { run(); });
  }
  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stop = true;
    }
    work.notify_all();
    threads.clear();  // joins
  }

  TileView view_of(Slot& slot, std::size_t place, std::size_t area) const {
    TileView v{nullptr, slot.label.mutable_data_ptr<std::uint8_t>() + place * area, slot.valid.mutable_data_ptr<std::uint8_t>() + place * area};
    if (options.stored_bytes > 0) {
      v.stored = reinterpret_cast<std::byte*>(slot.stored.mutable_data_ptr<std::uint8_t>()) + place * options.stored_bytes;
      v.draw = reinterpret_cast<std::byte*>(slot.draws.mutable_data_ptr<std::uint8_t>()) + place * options.draw_bytes;
    } else v.image = slot.image.mutable_data_ptr<float>() + place * area * static_cast<std::size_t>(options.bands);
    return v;
  }

  std::size_t batch_size(std::size_t b) const { return std::min<std::size_t>(static_cast<std::size_t>(options.batch), order.size() - b * static_cast<std::size_t>(options.batch)); }

  void run() {
    const std::unique_ptr<Reader> reader = source.reader();
    RawTile tile, part;
    std::unique_lock lock(mutex);
    const auto since = [](std::chrono::steady_clock::time_point t) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - t).count(); };
    for (;;) {
      const auto idle = std::chrono::steady_clock::now();
      work.wait(lock, [&] { return stop || (next_task < tasks && next_task / static_cast<std::size_t>(options.batch) < released + slots.size()); });
      if (stop) return;
      if (idle >= started) spent.idle += since(idle);
      const std::size_t task = next_task++, b = task / static_cast<std::size_t>(options.batch), place = task % static_cast<std::size_t>(options.batch);
      Slot& slot = slots[b % slots.size()];
      if (place == 0) prepare(slot, b);
      const SampleKey key{epoch, task, order[task]};
      ++active;
      lock.unlock();
      std::exception_ptr error;
      const std::size_t area = static_cast<std::size_t>(options.height) * static_cast<std::size_t>(options.width);
      const bool raw = options.record_bytes > 0;
      std::uint8_t* record = raw ? slot.records.mutable_data_ptr<std::uint8_t>() + place * options.record_bytes : nullptr;
      const auto begin = std::chrono::steady_clock::now();
      double reading = 0;
      const TileView view = raw ? TileView{} : view_of(slot, place, area);
      try {
        if (raw) reader->read_record(source.dataset().samples[key.sample], reinterpret_cast<std::byte*>(record));
        else if (is_coarse(options.coarse, epoch, task)) read_coarse(*reader, source.dataset(), source.dataset().samples[key.sample], options.coarse.factor, part, tile);
        else reader->read(source.dataset().samples[key.sample], tile);
        reading = since(begin);
        if (!raw) stage(tile, key, view);
      } catch (...) {
        error = std::current_exception();
        if (raw) std::memset(record, 0, options.record_bytes);  // not a pixel is valid
        else if (view.stored) std::memset(view.stored, 0, options.stored_bytes), std::memset(view.draw, 0, options.draw_bytes);
        else std::memset(view.image, 0, area * static_cast<std::size_t>(options.bands) * sizeof(float));
        if (!raw) std::memset(view.label, 255, area), std::memset(view.valid, 0, area);
      }
      const double all = since(begin);
      lock.lock();
      spent.reading += reading;
      spent.staging += all - reading;
      ++spent.tiles;
      spent.megabytes += static_cast<double>(raw ? options.record_bytes : tile.image.size() + tile.label.size()) / 1e6;
      --active;
      if (error) slot.errors.emplace_back(place, error);
      if (--slot.pending == 0 || active == 0) ready.notify_all();
    }
  }

  /// First touch of a slot for batch b, under the lock: tasks are taken in order.
  void prepare(Slot& slot, std::size_t b) {
    const std::size_t n = batch_size(b), first = b * static_cast<std::size_t>(options.batch);
    slot.pending = n;
    slot.errors.clear();
    slot.batch.index = b;
    slot.batch.skipped.clear();
    slot.batch.samples.assign(order.begin() + static_cast<std::ptrdiff_t>(first), order.begin() + static_cast<std::ptrdiff_t>(first + n));
    const auto rows = static_cast<std::int64_t>(n);
    if (options.record_bytes > 0) {
      slot.batch.records = slot.records.narrow(0, 0, rows);
      return;
    }
    if (options.stored_bytes > 0) slot.batch.stored = slot.stored.narrow(0, 0, rows), slot.batch.draws = slot.draws.narrow(0, 0, rows);
    else slot.batch.image = slot.image.narrow(0, 0, rows);
    slot.batch.label = slot.label.narrow(0, 0, rows);
    slot.batch.valid = slot.valid.narrow(0, 0, rows);
  }

  /// Stops handing out tasks and waits until no thread writes into a slot.
  void quiesce(std::unique_lock<std::mutex>& lock) {
    tasks = next_task = 0;
    ready.wait(lock, [&] { return active == 0; });
  }
};

RTS_INLINE Loader::Loader(const Source& source, Stage stage, const LoaderOptions& options) : impl_(std::make_unique<Impl>(source, std::move(stage), options)) {}
RTS_INLINE Loader::~Loader() = default;

RTS_INLINE void Loader::begin(std::vector<std::uint32_t> order, std::uint32_t epoch, std::size_t first_batch) {
  Impl& m = *impl_;
  {
    std::unique_lock lock(m.mutex);
    m.quiesce(lock);
    m.order = std::move(order);
    m.epoch = epoch;
    const std::size_t b = static_cast<std::size_t>(m.options.batch);
    m.batches = m.options.drop_last ? m.order.size() / b : (m.order.size() + b - 1) / b;
    m.delivered = m.released = first_batch;
    m.next_task = first_batch * b;
    m.tasks = std::min(m.order.size(), m.batches * b);
    m.spent = {};
    m.started = std::chrono::steady_clock::now();
    for (Impl::Slot& s : m.slots) s.pending = 1;  // not ready until prepared and filled
  }
  m.work.notify_all();
}

RTS_INLINE std::size_t Loader::batches() const { return impl_->batches; }

RTS_INLINE LoaderStatistics Loader::statistics() const {
  const std::lock_guard lock(impl_->mutex);
  LoaderStatistics s = impl_->spent;
  s.elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - impl_->started).count();
  return s;
}

RTS_INLINE std::string LoaderStatistics::text() const {
  const auto percent = [](double part, double whole) { return std::to_string(whole > 0 ? static_cast<int>(100 * part / whole + 0.5) : 0) + " %"; };
  const double busy = reading + staging;
  char rate[64];
  std::snprintf(rate, sizeof rate, "%.0f tiles/s, %.0f MB/s", elapsed > 0 ? static_cast<double>(tiles) / elapsed : 0.0, megabytes_per_second());
  std::string text = std::string(rate) + "; the network waited " + percent(waited, elapsed) + " of the time: ";
  if (waited < 0.1 * elapsed) return text + "it is the bottleneck, tiles are ready in time (loader threads idle " + percent(idle, idle + busy) + ")";
  if (reading > staging) return text + "reading tiles is the bottleneck (" + percent(reading, busy) + " of the loader's work): pack them with prepare, or raise --threads";
  return text + "augmentation is the bottleneck (" + percent(staging, busy) + " of the loader's work): raise --threads, or lower the probabilities of what samples or filters";
}

RTS_INLINE const Batch* Loader::next() {
  Impl& m = *impl_;
  std::unique_lock lock(m.mutex);
  if (m.delivered > m.released) {  // the batch handed out last is done with
    m.slots[m.released % m.slots.size()].pending = 1;
    ++m.released;
    m.work.notify_all();
  }
  if (m.delivered >= m.batches) return nullptr;
  Impl::Slot& slot = m.slots[m.delivered % m.slots.size()];
  const auto asked = std::chrono::steady_clock::now();
  m.ready.wait(lock, [&] { return slot.pending == 0; });
  m.spent.waited += std::chrono::duration<double>(std::chrono::steady_clock::now() - asked).count();
  ++m.delivered;
  if (!slot.errors.empty()) {
    std::sort(slot.errors.begin(), slot.errors.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (!m.options.skip_bad) std::rethrow_exception(slot.errors.front().second);
    for (const auto& [place, error] : slot.errors) {
      const Dataset& d = m.source.dataset();
      slot.batch.skipped.push_back(d.sample_name(d.samples[slot.batch.samples[place]]));
    }
  }
  return &slot.batch;
}

}  // namespace rts::inline RTS_ABI::data
