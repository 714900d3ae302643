#pragma once
#include <rts/inference/map_objects.hpp>

#include <rts/raster/outlines.hpp>

#include <algorithm>
#include <cmath>

namespace rts::inline RTS_ABI::inference {
namespace detail {

/// A map as `predict` writes it: probabilities of any window.
class MapReader {
 public:
  explicit MapReader(const std::filesystem::path& path) : raster_(path), byte_(raster_.type() == "Byte"), nodata_(raster_.nodata(1)) {}
  const raster::Raster& raster() const { return raster_; }
  void read(int column, int row, int width, int height, std::vector<float>& out) const {
    out.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    raster_.read(column, row, width, height, {1}, out.data());
    for (float& v : out) v = !std::isfinite(v) || (nodata_ && v == static_cast<float>(*nodata_)) ? -1.0f : byte_ ? v / 250
                                                                                                                 : v;
  }

 private:
  raster::Raster raster_;
  bool byte_;
  std::optional<double> nodata_;
};

}  // namespace detail

RTS_INLINE MapObjects write_objects(const std::filesystem::path& path, const std::filesystem::path& stem, const MapObjectOptions& o, Observer& observer) {
  const detail::MapReader map(path);
  const int width = map.raster().width(), height = map.raster().height();
  const raster::GeoReference geo = map.raster().geo();
  metrics::ObjectStream stream(width, {o.connectivity, true});
  const std::size_t words = static_cast<std::size_t>(width + 63) / 64, wide = static_cast<std::size_t>(width);
  std::vector<std::uint64_t> bits(words), none(words, 0), valid(words);
  std::vector<float> rows;
  const auto threshold = static_cast<float>(o.threshold);
  for (int y = 0; y < height; y += 64) {
    const int n = std::min(64, height - y);
    map.read(0, y, width, n, rows);
    for (int k = 0; k < n; ++k) {
      const float* p = rows.data() + static_cast<std::size_t>(k) * wide;
      metrics::at_least_bits(p, threshold, width, bits.data());
      metrics::at_least_bits(p, 0.0f, width, valid.data());
      stream.add_row(bits.data(), none.data(), p, valid.data());
    }
  }
  const metrics::ObjectTables tables = stream.finish();
  MapObjects result;
  raster::OutlineWriter out(stem, geo, width, height);
  std::vector<std::uint8_t> mask;
  std::int64_t done = 0;
  for (const metrics::Object& object : tables.predictions) {
    observer.on_progress({.task = "polygons", .done = ++done, .total = static_cast<std::int64_t>(tables.predictions.size()), .unit = "objects"});
    const double side = object.longer_side * geo.pixel_width();
    if (side < o.smallest) {
      ++result.dropped;
      continue;
    }
    // Its pixels: the component of the crop that touches all four sides and has its area.
    const int w = object.right - object.left, h = object.bottom - object.top;
    map.read(object.left, object.top, w, h, rows);
    mask.resize(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) mask[i] = rows[i] >= threshold;
    if (const metrics::Components c = metrics::connected_components(mask.data(), h, w, o.connectivity); c.count() > 1) {
      std::vector<std::array<int, 4>> box(c.count() + 1, {w, h, 0, 0});
      for (int y = 0; y < h; ++y)
        for (int x = 0; x < w; ++x) {
          auto& b = box[c.label[static_cast<std::size_t>(y * w + x)]];
          b = {std::min(b[0], x), std::min(b[1], y), std::max(b[2], x + 1), std::max(b[3], y + 1)};
        }
      std::uint32_t mine = 0;
      for (std::uint32_t k = 1; k < box.size(); ++k)
        if (box[k] == std::array<int, 4>{0, 0, w, h} && c.area[k] == object.area) mine = k;
      for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = mine ? c.label[i] == mine : mask[i];
    }
    result.area += out.add(mask.data(), object.left, object.top, w, h, o.simplify,
                           {{"id", result.objects + 1}, {"mean_probability", object.confidence}, {"max_probability", static_cast<double>(object.highest)}, {"longer_side_m", side}, {"at_edge", std::int64_t{object.at_border || object.at_gap}}, {"region", o.region}, {"recipe", o.fingerprint}, {"threshold", o.threshold}});
    ++result.objects;
  }
  out.commit();
  return result;
}

}  // namespace rts::inline RTS_ABI::inference
