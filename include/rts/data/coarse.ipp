#pragma once
#include <rts/data/coarse.hpp>

#include <algorithm>
#include <type_traits>

namespace rts::inline RTS_ABI::data {

RTS_INLINE void read_coarse(Reader& reader, const Dataset& d, const Sample& sample, int factor, RawTile& part, RawTile& out) {
  const int h = d.tile_height, w = d.tile_width, f = factor, small_h = h / f, small_w = w / f;
  const FileInfo& info = d.info[sample.file];
  const int row = std::clamp(sample.row - h * (f - 1) / 2, 0, info.height - f * h), column = std::clamp(sample.column - w * (f - 1) / 2, 0, info.width - f * w);
  const std::size_t area = static_cast<std::size_t>(h) * static_cast<std::size_t>(w);
  out.type = d.pixels;
  out.image.resize(area * d.bands.size() * bytes_of(d.pixels));
  out.label.resize(area);
  out.valid.resize(area);
  for (int j = 0; j < f; ++j)
    for (int i = 0; i < f; ++i) {
      Sample window = sample;
      window.row = row + j * h, window.column = column + i * w;
      reader.read(window, part);
      for (int y = 0; y < small_h; ++y)
        for (int x = 0; x < small_w; ++x) {
          const std::size_t to = static_cast<std::size_t>(j * small_h + y) * static_cast<std::size_t>(w) + static_cast<std::size_t>(i * small_w + x), from = static_cast<std::size_t>(y * f) * static_cast<std::size_t>(w) + static_cast<std::size_t>(x * f);
          int counts[256] = {}, best = 0;
          bool valid = true;
          for (int k = 0; k < f * f; ++k) {
            const std::size_t at = from + static_cast<std::size_t>(k / f * w + k % f);
            valid = valid && part.valid[at];
            const int label = part.label[at];
            ++counts[label];
            if (counts[label] > counts[best] || (counts[label] == counts[best] && label > best)) best = label;
          }
          out.valid[to] = valid;
          out.label[to] = valid ? static_cast<std::uint8_t>(best) : 255;
          for (std::size_t b = 0; b < d.bands.size(); ++b)
            part.visit(b, [&]<class T>(const T* v) {
              double sum = 0;
              for (int k = 0; k < f * f; ++k) sum += v[from + static_cast<std::size_t>(k / f * w + k % f)];
              const double mean = sum / (f * f) + (std::is_integral_v<T> ? 0.5 : 0);
              out.pixels<T>(b)[to] = valid ? static_cast<T>(mean) : T{0};
            });
        }
    }
}

RTS_INLINE void check_coarse(const Source& source, int factor) {
  const Dataset& d = source.dataset();
  RTS_CHECK_DATA(source.reads_anywhere(), .code = "RTS-D74", .what = "coarse samples from packed tiles", .where = d.root.string(), .expected = "a dataset whose files can be read anywhere", .found = "single windows", .fix = "train with --data, or without samplers::MultiResolution");
  RTS_CHECK_DATA(d.tile_height % factor == 0 && d.tile_width % factor == 0, .code = "RTS-D74", .what = "a tile that coarse samples cannot fill", .where = d.root.string(), .expected = "edges that are multiples of " + std::to_string(factor), .found = std::to_string(d.tile_height) + " x " + std::to_string(d.tile_width), .fix = "another data::Tile, or factor 2");
  for (const Sample& s : d.samples) {
    const FileInfo& i = d.info[s.file];
    RTS_CHECK_DATA(i.width >= factor * d.tile_width && i.height >= factor * d.tile_height, .code = "RTS-D74", .what = "a file smaller than a coarse sample", .where = d.files[s.file].name, .expected = "at least " + std::to_string(factor * d.tile_height) + " x " + std::to_string(factor * d.tile_width) + " pixels",
                   .found = std::to_string(i.height) + " x " + std::to_string(i.width), .fix = "cut larger files, use a smaller data::Tile, or train without samplers::MultiResolution");
  }
}

}  // namespace rts::inline RTS_ABI::data
