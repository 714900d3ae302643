#pragma once
#include <rts/inference/predict.hpp>

#include <rts/core/interrupt.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <future>

namespace rts::inline RTS_ABI::inference {

RTS_INLINE std::vector<int> window_starts(int length, int window, int step) {
  std::vector<int> starts{0};
  while (starts.back() + window < length) starts.push_back(starts.back() + step);
  return starts;
}

RTS_INLINE std::vector<float> blend_ramp(int window, int step) {
  const int overlap = window - step;
  std::vector<float> w(static_cast<std::size_t>(window), 1.0f);
  for (int i = 0; i < overlap && i < window; ++i) {
    const float v = (static_cast<float>(i) + 0.5f) / static_cast<float>(overlap);
    w[static_cast<std::size_t>(i)] = std::min(w[static_cast<std::size_t>(i)], v);
    w[static_cast<std::size_t>(window - 1 - i)] = std::min(w[static_cast<std::size_t>(window - 1 - i)], v);
  }
  return w;
}

namespace detail {

/// Windows read ahead of the network: one strip's batch at a time.
struct ReadBatch {
  at::Tensor image;                  // (batch,bands,H,W), zero where no data
  std::vector<std::uint8_t> valid;   // batch x H x W
  std::vector<int> columns;          // of the windows that are there
  std::int64_t nan = 0;
};

class WindowReader {
 public:
  WindowReader(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, const PredictOptions& o) : bands_(bands), o_(o) {
    for (const auto& path : rasters) rasters_.emplace_back(path);
    width_ = rasters_.front().width();
    height_ = rasters_.front().height();
  }
  ReadBatch read(int row, const std::vector<int>& columns) const {
    const int h = o_.tile_height, w = o_.tile_width;
    const std::size_t area = static_cast<std::size_t>(h) * static_cast<std::size_t>(w);
    ReadBatch batch{at::zeros({o_.batch, static_cast<std::int64_t>(bands_.size()), h, w}), std::vector<std::uint8_t>(static_cast<std::size_t>(o_.batch) * area, 0), columns};
    std::vector<float> buffer(area);
    for (std::size_t k = 0; k < columns.size(); ++k) {
      const int rows = std::min(h, height_ - row), cols = std::min(w, width_ - columns[k]);
      std::uint8_t* valid = batch.valid.data() + k * area;
      for (int y = 0; y < rows; ++y) std::memset(valid + static_cast<std::size_t>(y) * static_cast<std::size_t>(w), 1, static_cast<std::size_t>(cols));
      float* image = batch.image.mutable_data_ptr<float>() + k * area * bands_.size();
      for (std::size_t b = 0; b < bands_.size(); ++b) {
        const InputBand& band = bands_[b];
        rasters_[static_cast<std::size_t>(band.file)].read(columns[k], row, cols, rows, {band.index}, buffer.data());
        const float none = band.nodata ? static_cast<float>(*band.nodata) : 0, scale = static_cast<float>(band.scale);
        for (int y = 0; y < rows; ++y)
          for (int x = 0; x < cols; ++x) {
            const std::size_t to = static_cast<std::size_t>(y) * static_cast<std::size_t>(w) + static_cast<std::size_t>(x);
            const float v = buffer[static_cast<std::size_t>(y) * static_cast<std::size_t>(cols) + static_cast<std::size_t>(x)];
            if (!std::isfinite(v)) {
              batch.nan += valid[to];
              valid[to] = 0;
            } else if (band.nodata && v == none) {
              valid[to] = 0;
            } else {
              image[b * area + to] = (band.match(v * scale) - band.mean) * band.factor;
            }
          }
      }
      for (std::size_t b = 0; b < bands_.size(); ++b)
        for (std::size_t i = 0; i < area; ++i)
          if (!valid[i]) image[b * area + i] = 0;
    }
    return batch;
  }
  int width() const { return width_; }
  int height() const { return height_; }
  const raster::Raster& first() const { return rasters_.front(); }

 private:
  std::vector<raster::Raster> rasters_;
  const std::vector<InputBand>& bands_;
  const PredictOptions& o_;
  int width_ = 0, height_ = 0;
};

}  // namespace detail

RTS_INLINE PredictReport predict(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, const Network& network, const std::filesystem::path& output, const PredictOptions& o, Observer& observer) {
  const auto start = std::chrono::steady_clock::now();
  const detail::WindowReader reader(rasters, bands, o);
  const int width = reader.width(), height = reader.height(), h = o.tile_height, w = o.tile_width;
  const raster::GeoReference geo = reader.first().geo();
  for (const auto& path : rasters) {
    const raster::Raster r(path);
    const raster::GeoReference g = r.geo();
    bool same = r.width() == width && r.height() == height && g.crs == geo.crs;
    for (int i = 0; i < 6; ++i) same = same && std::abs(g.transform[i] - geo.transform[i]) < 1e-6 * std::max(1.0, std::abs(geo.transform[i]));
    RTS_CHECK_DATA(same, .code = "RTS-I51", .what = "rasters of different size or place", .where = path.string(), .expected = std::to_string(width) + " x " + std::to_string(height) + " in the place of " + rasters.front().string(),
                   .found = std::to_string(r.width()) + " x " + std::to_string(r.height()), .fix = "align them with gdalwarp -te ... -ts ...");
  }
  const int step_y = std::max(1, static_cast<int>(std::lround(h * (1 - o.overlap)))), step_x = std::max(1, static_cast<int>(std::lround(w * (1 - o.overlap))));
  const std::vector<int> rows = window_starts(height, h, step_y), columns = window_starts(width, w, step_x);
  const std::vector<float> ramp_y = blend_ramp(h, step_y), ramp_x = blend_ramp(w, step_x);

  // The normaliser is separable: weight(y, x) = sum over rows of ramp_y x sum over columns of ramp_x.
  std::vector<float> norm_x(static_cast<std::size_t>(width), 0);
  for (const int c : columns)
    for (int x = 0; x < w && c + x < width; ++x) norm_x[static_cast<std::size_t>(c) + static_cast<std::size_t>(x)] += ramp_x[static_cast<std::size_t>(x)];

  const float nodata = o.byte_output ? 255.0f : -1.0f;
  raster::Writer writer(output, width, height, 1, geo, {.type = o.byte_output ? raster::Type::byte : raster::Type::float32, .nodata = nodata, .descriptions = {"probability"}, .metadata = o.metadata, .block = 256});
  // One strip: weighted sums of probability, a ring of h rows; and which pixels have data.
  std::vector<float> sums(static_cast<std::size_t>(h) * static_cast<std::size_t>(width), 0), norm_y(static_cast<std::size_t>(h), 0), line(static_cast<std::size_t>(width));
  std::vector<std::uint8_t> has_data(static_cast<std::size_t>(h) * static_cast<std::size_t>(width), 0);
  PredictReport report;
  const std::size_t area = static_cast<std::size_t>(h) * static_cast<std::size_t>(w);

  // Batches of windows along the strips, in order; the next one is read while the network runs.
  struct Task {
    int row;
    std::vector<int> columns;
  };
  std::vector<int> chunk_begins;
  for (std::size_t c = 0; c < columns.size(); c += static_cast<std::size_t>(o.batch)) chunk_begins.push_back(static_cast<int>(c));
  const auto task_at = [&](std::size_t i) {
    const std::size_t c = static_cast<std::size_t>(chunk_begins[i % chunk_begins.size()]), end = std::min(columns.size(), c + static_cast<std::size_t>(o.batch));
    return Task{rows[i / chunk_begins.size()], {columns.begin() + static_cast<std::ptrdiff_t>(c), columns.begin() + static_cast<std::ptrdiff_t>(end)}};
  };
  const std::size_t tasks = rows.size() * chunk_begins.size();
  const auto fetch = [&](std::size_t i) {
    const Task t = task_at(i);
    return reader.read(t.row, t.columns);
  };
  const auto flush = [&](int first, int last) {  // rows [first, last) are complete
    for (int y = first; y < last; ++y) {
      const std::size_t at = static_cast<std::size_t>(y % h) * static_cast<std::size_t>(width);
      for (int x = 0; x < width; ++x) {
        const std::size_t i = at + static_cast<std::size_t>(x);
        const float p = sums[i] / (norm_y[static_cast<std::size_t>(y % h)] * norm_x[static_cast<std::size_t>(x)]);
        line[static_cast<std::size_t>(x)] = !has_data[i] ? nodata : o.byte_output ? std::round(std::clamp(p, 0.0f, 1.0f) * 250.0f)
                                                                                  : std::clamp(p, 0.0f, 1.0f);
        report.nodata_pixels += !has_data[i];
      }
      writer.write(1, y, 1, line.data());
      std::fill_n(sums.begin() + static_cast<std::ptrdiff_t>(at), width, 0.0f);
      std::fill_n(has_data.begin() + static_cast<std::ptrdiff_t>(at), width, std::uint8_t{0});
      norm_y[static_cast<std::size_t>(y % h)] = 0;
    }
  };

  std::future<detail::ReadBatch> ahead = std::async(std::launch::async, fetch, std::size_t{0});
  for (std::size_t i = 0; i < tasks; ++i) {
    if (interrupted()) {
      ahead.wait();
      throw Error({.code = "RTS-I52", .what = "interrupted", .where = output.string(), .fix = "run the command again; no half-written map is left"}, ExitCode::interrupted);
    }
    const detail::ReadBatch batch = ahead.get();
    if (i + 1 < tasks) ahead = std::async(std::launch::async, fetch, i + 1);
    const int row = rows[i / chunk_begins.size()];
    if (i % chunk_begins.size() == 0)
      for (int y = 0; y < h && row + y < height; ++y) norm_y[static_cast<std::size_t>((row + y) % h)] += ramp_y[static_cast<std::size_t>(y)];
    report.nan_pixels += batch.nan;
    report.windows += static_cast<std::int64_t>(batch.columns.size());
    const bool any = std::find(batch.valid.begin(), batch.valid.end(), std::uint8_t{1}) != batch.valid.end();
    if (!any) {
      report.skipped_windows += static_cast<std::int64_t>(batch.columns.size());
    } else {
      const at::Tensor logits = network(batch.image);
      const float* z = logits.const_data_ptr<float>();
      for (std::size_t k = 0; k < batch.columns.size(); ++k)
        for (int y = 0; y < h && row + y < height; ++y) {
          const std::size_t base = static_cast<std::size_t>((row + y) % h) * static_cast<std::size_t>(width) + static_cast<std::size_t>(batch.columns[k]);
          const std::size_t from = k * area + static_cast<std::size_t>(y) * static_cast<std::size_t>(w);
          const int cols = std::min(w, width - batch.columns[k]);
          for (int x = 0; x < cols; ++x) {
            sums[base + static_cast<std::size_t>(x)] += ramp_y[static_cast<std::size_t>(y)] * ramp_x[static_cast<std::size_t>(x)] / (1 + std::exp(-z[from + static_cast<std::size_t>(x)]));
            has_data[base + static_cast<std::size_t>(x)] |= batch.valid[from + static_cast<std::size_t>(x)];
          }
        }
    }
    if (i % chunk_begins.size() + 1 == chunk_begins.size()) {
      const std::size_t strip = i / chunk_begins.size();
      flush(row, strip + 1 < rows.size() ? rows[strip + 1] : height);
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      observer.on_progress({.task = "predict", .done = static_cast<std::int64_t>(strip) + 1, .total = static_cast<std::int64_t>(rows.size()), .per_second = static_cast<double>(report.windows) / std::max(seconds, 1e-9), .unit = "windows"});
    }
  }
  writer.commit();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace rts::inline RTS_ABI::inference
