#pragma once
#include <rts/inference/predict.hpp>

#include <rts/core/interrupt.hpp>
#include <rts/inference/coarse_map.hpp>
#include <rts/inference/grid.hpp>
#include <rts/inference/lane.hpp>
#include <rts/inference/pixel_rows.hpp>
#include <rts/inference/spool.hpp>

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

namespace rts::inline RTS_ABI::inference {
namespace detail {

/// Rows ahead of and under the network: a ring of window height + step rows.
struct Ring {
  int rows = 0, columns = 0, first_column = 0;
  std::size_t bands = 0, size = 1;
  std::vector<std::byte> pixels;    ///< [row % rows][band][column]
  std::vector<std::uint8_t> valid;  ///< [row % rows][column]
  std::byte* row(int y, std::size_t band) { return pixels.data() + ((static_cast<std::size_t>(y % rows) * bands + band) * static_cast<std::size_t>(columns)) * size; }
  std::uint8_t* valid_row(int y) { return valid.data() + static_cast<std::size_t>(y % rows) * static_cast<std::size_t>(columns); }
};

/// One resolution of a map, from the first row asked for to the last. The object is one run.
class Strips {
 public:
  Strips(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, const std::vector<Network>& networks, const MapOptions& o, int factor, Part part, int from, Observer& observer)
      : o_(o), networks_(networks), part_(part), from_(from), observer_(observer) {
    for (int i = 0; i < std::max(1, o.readers); ++i) readers_.push_back(std::make_unique<RowReader>(rasters, bands, factor, o.first));
    const RowReader& r = *readers_.front();
    y_ = axis(r.height(), o.tile_height), x_ = axis(r.width(), o.tile_width);
    input_ = at::zeros({o.batch, static_cast<std::int64_t>(bands.size()), o.tile_height, o.tile_width});
    for (std::size_t k = 0; k < x_.starts.size(); ++k)
      if (x_.starts[k] < part.column + part.width && x_.starts[k] + x_.window > part.column) columns_.push_back(k);
    for (std::size_t k = 0; k < y_.starts.size(); ++k)
      if (y_.starts[k] < part.row + part.height && y_.starts[k] + y_.window > from) strips_.push_back(k);
    int step = 0;  // the largest distance of two strips
    for (std::size_t k = 1; k < strips_.size(); ++k) step = std::max(step, y_.starts[strips_[k]] - y_.starts[strips_[k - 1]]);
    ring_.first_column = x_.starts[columns_.front()];
    ring_.columns = std::min(r.width(), x_.starts[columns_.back()] + x_.window) - ring_.first_column;
    ring_.rows = std::min(r.height(), y_.window + step);
    ring_.bands = bands.size(), ring_.size = bytes_of(r.type());
    const std::size_t area = static_cast<std::size_t>(ring_.rows) * static_cast<std::size_t>(ring_.columns);
    ring_.pixels.resize(area * ring_.bands * ring_.size);
    ring_.valid.resize(area);
    sums_.assign(static_cast<std::size_t>(y_.window) * static_cast<std::size_t>(ring_.columns), 0.0f);
  }

  void run(const RowSink& sink, PredictReport& report, const char* task) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::unique_ptr<Lane>> lanes;
    for (std::size_t i = 0; i < readers_.size(); ++i) lanes.push_back(std::make_unique<Lane>());
    counts_.assign(readers_.size(), {});
    int read = y_.starts[strips_.front()], flushed = std::max(read, from_);
    const auto read_to = [&](int end) {
      end = std::min(end, readers_.front()->height());
      const int n = end - read, parts = static_cast<int>(readers_.size());
      for (int i = 0; i < parts && n > 0; ++i) lanes[static_cast<std::size_t>(i)]->give([this, i, a = read + n * i / parts, b = read + n * (i + 1) / parts] { read_rows(static_cast<std::size_t>(i), a, b); });
      read = std::max(read, end);
    };
    read_to(y_.starts[strips_.front()] + y_.window);
    for (std::size_t s = 0; s < strips_.size(); ++s) {
      for (auto& lane : lanes) lane->wait();
      const int top = y_.starts[strips_[s]], next = s + 1 < strips_.size() ? y_.starts[strips_[s + 1]] : part_.row + part_.height;
      if (s + 1 < strips_.size()) read_to(next + y_.window);
      run_windows(strips_[s], report);
      for (; flushed < std::min(next, part_.row + part_.height); ++flushed) flush_row(flushed, sink);
      for (int y = top; y < next; ++y) std::fill_n(sum_row(y), ring_.columns, 0.0f);
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      observer_.on_progress({.task = task, .done = static_cast<std::int64_t>(s) + 1, .total = static_cast<std::int64_t>(strips_.size()), .per_second = static_cast<double>(report.windows) / std::max(seconds, 1e-9), .unit = "windows"});
      if (interrupted()) throw Error({.code = "RTS-I52", .what = "interrupted", .fix = "run the command again; predict goes on where it stopped"}, ExitCode::interrupted);
    }
    for (const RowCounts& c : counts_) report.nan_pixels += c.not_finite, report.discarded_pixels += c.discarded;
  }

 private:
  Axis axis(int length, int window) const { return o_.halo > 0 ? halo_axis(length, window, o_.halo, o_.stride) : blended_axis(length, window, o_.overlap); }
  float* sum_row(int y) { return sums_.data() + static_cast<std::size_t>(y % y_.window) * static_cast<std::size_t>(ring_.columns); }

  void read_rows(std::size_t reader, int from, int to) {
    const std::size_t columns = static_cast<std::size_t>(ring_.columns);
    while (from < to) {  // a ring's end parts what is read
      const int n = std::min({to - from, ring_.rows - from % ring_.rows, std::clamp((1 << 20) / ring_.columns, 16, 256)});
      readers_[reader]->read(from, n, ring_.first_column, ring_.columns, ring_.row(from, 0), ring_.bands * columns, columns, ring_.valid_row(from), columns, counts_[reader]);
      from += n;
    }
  }

  /// All windows of a strip that hold a pixel that is wanted, in batches.
  void run_windows(std::size_t strip, PredictReport& report) {
    const int top = y_.starts[strip], rows = std::min(y_.window, y_.length - top);
    std::vector<std::size_t> wanted;
    for (const std::size_t k : columns_) {
      const int left = x_.starts[k] - ring_.first_column, n = std::min(x_.window, ring_.columns - left);
      bool any = false;
      for (int y = 0; y < rows && !any; ++y) any = std::memchr(ring_.valid_row(top + y) + left, 1, static_cast<std::size_t>(n)) != nullptr;
      ++report.windows;
      if (any) wanted.push_back(k);
      else ++report.skipped_windows;
    }
    const auto batch = static_cast<std::size_t>(o_.batch);
    for (std::size_t first = 0; first < wanted.size(); first += batch) {
      const std::size_t n = std::min(batch, wanted.size() - first);
      for (std::size_t k = 0; k < n; ++k) cut(k, top, rows, x_.starts[wanted[first + k]] - ring_.first_column);
      if (n < batch) input_.narrow(0, static_cast<std::int64_t>(n), static_cast<std::int64_t>(batch - n)).zero_();
      const at::Tensor p = probability(networks_, o_.views, input_);
      const float* values = p.const_data_ptr<float>();
      for (std::size_t k = 0; k < n; ++k) {
        const int left = x_.starts[wanted[first + k]] - ring_.first_column, wide = std::min(x_.window, ring_.columns - left);
        const std::vector<float>&wy = y_.weight(strip), &wx = x_.weight(wanted[first + k]);
        for (int y = 0; y < rows; ++y) {
          const float* from = values + (k * static_cast<std::size_t>(y_.window) + static_cast<std::size_t>(y)) * static_cast<std::size_t>(x_.window);
          pixel_rows::add_weighted(from, wx.data(), wy[static_cast<std::size_t>(y)], wide, sum_row(top + y) + left);
        }
      }
    }
  }

  /// A window's pixels as network input; 0 where there are none.
  void cut(std::size_t place, int top, int rows, int left) {
    const std::size_t area = static_cast<std::size_t>(y_.window) * static_cast<std::size_t>(x_.window), wide = static_cast<std::size_t>(std::min(x_.window, ring_.columns - left));
    float* image = input_.mutable_data_ptr<float>() + place * area * ring_.bands;
    for (std::size_t b = 0; b < ring_.bands; ++b) {
      const Linear l = readers_.front()->linear(b);
      for (int y = 0; y < y_.window; ++y) {
        float* to = image + b * area + static_cast<std::size_t>(y) * static_cast<std::size_t>(x_.window);
        if (y >= rows) std::memset(to, 0, static_cast<std::size_t>(x_.window) * sizeof(float));
        else {
          const std::byte* from = ring_.row(top + y, b) + static_cast<std::size_t>(left) * ring_.size;
          pixel_rows::normalise(readers_.front()->type(), from, ring_.valid_row(top + y) + left, static_cast<int>(wide), l.scale, l.offset, to);
          std::memset(to + wide, 0, (static_cast<std::size_t>(x_.window) - wide) * sizeof(float));
        }
      }
    }
  }

  void flush_row(int y, const RowSink& sink) {
    const int left = part_.column - ring_.first_column;
    row_.resize(static_cast<std::size_t>(part_.width));
    pixel_rows::finish(sum_row(y) + left, x_.total.data() + part_.column, y_.total[static_cast<std::size_t>(y)], ring_.valid_row(y) + left, part_.width, row_.data());
    sink(y, row_.data());
  }

  const MapOptions& o_;
  const std::vector<Network>& networks_;
  Part part_;
  int from_;
  Observer& observer_;
  std::vector<std::unique_ptr<RowReader>> readers_;
  std::vector<RowCounts> counts_;
  Axis y_, x_;
  std::vector<std::size_t> strips_, columns_;  ///< numbers of the windows that are needed
  Ring ring_;
  std::vector<float> sums_, row_;
  at::Tensor input_;
};

}  // namespace detail

RTS_INLINE PredictReport map_rows(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, const std::vector<Network>& networks, const MapOptions& o, const RowSink& sink, Observer& observer, int from) {
  const auto start = std::chrono::steady_clock::now();
  PredictReport report;
  Part part = o.part;
  {
    const raster::Raster r(rasters.front());
    if (part.width == 0) part = {0, 0, r.width(), r.height()};
    RTS_CHECK_USAGE(part.column >= 0 && part.row >= 0 && part.height > 0 && part.column + part.width <= r.width() && part.row + part.height <= r.height(), .code = "RTS-I59", .what = "a part that lies outside the raster", .where = rasters.front().string(),
                    .expected = "within " + std::to_string(r.width()) + " x " + std::to_string(r.height()), .found = std::to_string(part.column) + "," + std::to_string(part.row) + "," + std::to_string(part.width) + "," + std::to_string(part.height), .fix = "correct --part COLUMN,ROW,WIDTH,HEIGHT");
  }
  std::vector<std::unique_ptr<CoarseMap>> coarse;
  bool native = false;
  for (const double scale : o.scales) {
    const int factor = scale > 0 ? static_cast<int>(std::lround(1 / scale)) : 0;
    RTS_CHECK_USAGE(factor >= 1 && std::abs(factor * scale - 1) < 1e-9 && (factor & (factor - 1)) == 0, .code = "RTS-I56", .what = "a scale that rasters are not read at", .expected = "1, 0.5, 0.25, 0.125", .found = std::to_string(scale), .fix = "choose among them with --scales");
    if (factor == 1) {
      native = true;
      continue;
    }
    // Coarser maps first, each into a file of its own that takes 1 / factor^2 of the room; the whole width, the rows that matter.
    const RowReader size(rasters, bands, factor);
    const int top = std::max(0, std::max(part.row, from) / factor - 1), bottom = std::min(size.height(), (part.row + part.height - 1) / factor + 2);
    auto map = std::make_unique<CoarseMap>(factor, size.width(), size.height());
    PredictReport ignored;
    detail::Strips(rasters, bands, networks, o, factor, {0, top, size.width(), bottom - top}, top, observer).run([&](int row, const float* p) { map->put(row, p); }, ignored, ("scale 1/" + std::to_string(factor)).c_str());
    coarse.push_back(std::move(map));
  }
  RTS_CHECK_USAGE(native, .code = "RTS-I56", .what = "scales without the raster's own", .expected = "1 among them", .found = "none", .fix = "add 1 to --scales");
  std::vector<float> row(static_cast<std::size_t>(part.width));
  const bool calibrates = o.slope != 1 || o.intercept != 0;
  detail::Strips strips(rasters, bands, networks, o, 1, part, std::max(from, part.row), observer);
  strips.run(
      [&](int y, const float* p) {
        if (coarse.empty() && !calibrates) return sink(y, p);
        std::copy_n(p, part.width, row.data());
        for (auto& c : coarse) c->merge_maximum(y, part.column, part.width, row.data());
        if (calibrates)
          for (float& v : row)
            if (v >= 0) v = pixel_rows::calibrated(v, o.slope, o.intercept);
        sink(y, row.data());
      },
      report, "predict");
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

RTS_INLINE PredictReport predict(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, const std::vector<Network>& networks, const std::filesystem::path& output, const PredictOptions& o, Observer& observer) {
  const auto start = std::chrono::steady_clock::now();
  raster::GeoReference geo;
  Part part = o.part;
  {
    const raster::Raster r(rasters.front());
    geo = r.geo();
    if (part.width == 0) part = {0, 0, r.width(), r.height()};
  }
  geo.transform[0] += part.column * geo.transform[1] + part.row * geo.transform[2];
  geo.transform[3] += part.column * geo.transform[4] + part.row * geo.transform[5];
  const float nodata = o.byte_output ? 255.0f : -1.0f;
  raster::Writer writer(output, part.width, part.height, 1, geo, {.type = o.byte_output ? raster::Type::byte : raster::Type::float32, .nodata = nodata, .descriptions = {"probability"}, .metadata = o.metadata, .compress = o.compress, .block = 256});
  std::unique_ptr<raster::Writer> mask;
  if (o.threshold) mask = std::make_unique<raster::Writer>(o.mask, part.width, part.height, 1, geo, raster::WriteOptions{.type = raster::Type::byte, .nodata = 255, .descriptions = {"mask"}, .metadata = o.metadata, .compress = o.compress, .block = 256});
  const std::size_t wide = static_cast<std::size_t>(part.width);
  std::int64_t empty = 0;
  const auto write = [&](int first, int rows, const float* p) {  // rows of the output, probabilities or -1
    const std::size_t n = wide * static_cast<std::size_t>(rows);
    for (std::size_t i = 0; i < n; ++i) empty += p[i] < 0;
    std::vector<std::uint8_t> bytes(n);
    if (o.byte_output) {
      pixel_rows::to_bytes(p, n, bytes.data());
      writer.write(1, first, rows, bytes.data());
    } else writer.write(1, first, rows, p);
    if (!mask) return;
    const auto threshold = static_cast<float>(*o.threshold);
    for (std::size_t i = 0; i < n; ++i) bytes[i] = p[i] < 0 ? 255 : p[i] >= threshold;
    mask->write(1, first, rows, bytes.data());
  };
  std::unique_ptr<Spool> spool;
  PredictReport report;
  if (o.resumable) spool = std::make_unique<Spool>(output, signature(rasters, bands, o), part.width);
  const int done = spool ? std::min(spool->rows(), part.height) : 0;
  {
    std::vector<float> rows;
    for (int y = 0; y < done; y += 64) {
      const int n = std::min(64, done - y);
      rows.resize(wide * static_cast<std::size_t>(n));
      spool->read(y, n, rows.data());
      write(y, n, rows.data());
    }
    if (done > 0) observer.on_message("info", "goes on at row " + std::to_string(done) + " of " + std::to_string(part.height));
  }
  if (done < part.height) {
    Lane lane;
    auto block = std::make_shared<std::vector<float>>();
    int first = done;
    const auto hand_over = [&](int next) {
      if (next == first) return;
      lane.give([&, block, first, n = next - first] {
        if (spool) spool->append(block->data(), n);
        write(first, n, block->data());
      },
                1);
      block = std::make_shared<std::vector<float>>();
      first = next;
    };
    const std::size_t rows_at_once = std::clamp<std::size_t>((std::size_t{1} << 18) / wide, 8, 64);  // about a megabyte
    report = map_rows(rasters, bands, networks, o, [&](int y, const float* p) {
      block->insert(block->end(), p, p + part.width);
      if (block->size() >= rows_at_once * wide) hand_over(y - part.row + 1); }, observer, part.row + done);
    hand_over(part.height);
    lane.wait();
  }
  writer.commit();
  if (mask) mask->commit();
  if (spool) spool->remove();
  report.resumed_rows = done;
  report.nodata_pixels = empty;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace rts::inline RTS_ABI::inference
