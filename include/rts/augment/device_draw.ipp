#pragma once
#include <rts/augment/device_draw.hpp>

#include <rts/augment/fused.hpp>
#include <rts/core/error.hpp>

#include <span>

namespace rts::inline RTS_ABI::augment {

RTS_INLINE bool fits_device(const Draw& d) {
  for (int i = 0; i < d.count; ++i)
    if (reads_neighbours(d.steps[i].kind)) return false;
  return true;
}

RTS_INLINE DeviceDraw device_draw(const Draw& d, const TileIn& in, Frame frame, const BandSet& bands) {
  RTS_CHECK(fits_device(d), .code = "RTS-A53", .what = "a filter that reads neighbours cannot run in the CUDA chain", .expected = "steps of one pixel", .found = "blur, median or CLAHE", .fix = "augment on the CPU");
  DeviceDraw out;
  out.map = d.map;
  out.border = d.border;
  std::copy_n(d.turn, 4, out.turn);
  if (d.elastic.alpha != 0) {
    out.elastic = true;
    out.elastic_seed = d.elastic.seed;
    out.field = field_shape(d.elastic, frame);
  }
  const std::span<const PhotometricStep> steps(d.steps, static_cast<std::size_t>(d.count));
  float mean[3] = {};
  for (const PhotometricStep& s : steps) {
    if (s.kind == Photometric::contrast && bands.has_colours()) mean_colour(in, frame, bands, mean);
    if (s.kind == Photometric::cut_out) std::copy_n(s.values, 4, out.hole[out.holes++]);
  }
  std::vector<PointRun> runs;
  point_runs(steps, mean, bands, runs);
  for (const PointRun& r : runs) {
    DeviceRun& to = out.run[out.runs++];
    for (int i = 0; i < 3; ++i) {
      std::copy_n(r.map.matrix[i], 3, to.matrix[i]);
      to.matrix[i][3] = r.map.offset[i];
    }
    to.has_step = r.then != nullptr;
    if (r.then) to.step = *r.then;
  }
  return out;
}

RTS_INLINE void set_bands(DeviceBatch& batch, const BandSet& bands) {
  RTS_CHECK(bands.bands.size() <= DeviceBatch::max_bands, .code = "RTS-A51", .what = "a tile that augmentation cannot take", .expected = "at most 64 bands", .found = std::to_string(bands.bands.size()), .fix = "use fewer bands");
  batch.bands = static_cast<int>(bands.bands.size());
  for (std::size_t b = 0; b < bands.bands.size(); ++b) batch.scale[b] = bands.bands[b].scale, batch.mean[b] = bands.bands[b].mean, batch.factor[b] = bands.bands[b].factor;
  for (std::size_t i = 0; i < 3; ++i) batch.colours[i] = bands.has_colours() ? bands.colours[i] : -1, batch.white[i] = bands.white[i];
}

}  // namespace rts::inline RTS_ABI::augment
