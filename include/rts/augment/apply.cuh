#pragma once
// The CUDA form of `apply`: a batch of stored tiles to network input in one kernel. A block makes 64 x 16 pixels of one tile; the nodes
// of an elastic field that they need are made in shared memory, so nothing but stored pixels and draws travels to the device.

#include <rts/augment/device_draw.hpp>

namespace rts::kernels::device {

using namespace rts::augment;

constexpr int patch_columns = 64, patch_rows = 16, augment_threads = 256;
constexpr int most_columns = patch_columns + 3, most_rows = patch_rows + 3;  // nodes of a patch, one pixel apart at the least
constexpr int most_white_columns = most_columns + 2 * FieldShape::max_reach, most_white_rows = most_rows + 2 * FieldShape::max_reach;

struct FieldMemory {
  float white[most_white_rows * most_white_columns];
  float line[most_rows * most_white_columns];
  float nodes[2][most_rows * most_columns];
};

/// The nodes around a patch, as `Displacement::prepare` makes them.
__device__ inline void make_nodes(const DeviceDraw& d, int x0, int y0, FieldMemory& m) {
  const FieldShape& f = d.field;
  const int first_column = x0 / f.step, first_row = y0 / f.step;
  const int columns = min((x0 + patch_columns - 1) / f.step - first_column + 4, f.columns - first_column), rows = min((y0 + patch_rows - 1) / f.step - first_row + 4, f.rows - first_row);
  const int wide = columns + 2 * f.reach, high = rows + 2 * f.reach, pitch = f.columns + 2 * f.reach;
  const auto count = static_cast<std::uint32_t>(pitch) * static_cast<std::uint32_t>(f.rows + 2 * f.reach);
  for (int field = 0; field < 2; ++field) {
    for (int i = static_cast<int>(threadIdx.x); i < wide * high; i += augment_threads) {
      const auto at = static_cast<std::uint32_t>(field) * count + static_cast<std::uint32_t>(first_row + i / wide) * static_cast<std::uint32_t>(pitch) + static_cast<std::uint32_t>(first_column + i % wide);
      m.white[i] = white_value(white_block(d.elastic_seed, at & ~3u).v[at & 3u]);
    }
    __syncthreads();
    for (int i = static_cast<int>(threadIdx.x); i < rows * wide; i += augment_threads) {
      float sum = 0;
      for (int k = 0; k <= 2 * f.reach; ++k) sum += f.taps[k] * f.gain * m.white[(i / wide + k) * wide + i % wide];
      m.line[i] = sum;
    }
    __syncthreads();
    for (int i = static_cast<int>(threadIdx.x); i < rows * columns; i += augment_threads) {
      float sum = 0;
      for (int k = 0; k <= 2 * f.reach; ++k) sum += f.taps[k] * m.line[i / columns * wide + i % columns + k];
      m.nodes[field][i / columns * most_columns + i % columns] = sum;
    }
    __syncthreads();
  }
}

__device__ inline void displacement_at(const FieldShape& f, const FieldMemory& m, int x, int y, int x0, int y0, float& u, float& v) {
  float wx[4], wy[4];
  spline_weights(static_cast<float>(x % f.step) / static_cast<float>(f.step), wx);
  spline_weights(static_cast<float>(y % f.step) / static_cast<float>(f.step), wy);
  const int column = x / f.step - x0 / f.step, row = y / f.step - y0 / f.step;
  u = v = 0;
  for (int j = 0; j < 4; ++j)
    for (int i = 0; i < 4; ++i) {
      const int at = (row + j) * most_columns + column + i;
      u += wy[j] * wx[i] * m.nodes[0][at];
      v += wy[j] * wx[i] * m.nodes[1][at];
    }
}

template <class T>
__device__ inline float bilinear(const T* p, int width, float right, float lower) {
  return mix(mix(static_cast<float>(p[0]), static_cast<float>(p[1]), right), mix(static_cast<float>(p[width]), static_cast<float>(p[width + 1]), right), lower);
}

/// A band's noise in stored values.
__device__ inline float noise_of(const DeviceBatch& b, const PhotometricStep& s, int band, std::uint32_t place) {
  return noise_at(noise_key(s.seed, static_cast<std::uint32_t>(band)), place) * (s.values[0] / (b.factor[band] * b.scale[band]));
}

/// Red, green and blue of a pixel through all runs.
__device__ inline void colour_steps(const DeviceBatch& b, const DeviceDraw& d, int x, int y, std::uint32_t place, float colour[3]) {
  for (int r = 0; r < d.runs; ++r) {
    const DeviceRun& run = d.run[r];
    const float red = colour[0], green = colour[1], blue = colour[2];
    for (int i = 0; i < 3; ++i) colour[i] = run.matrix[i][0] * red + run.matrix[i][1] * green + run.matrix[i][2] * blue + run.matrix[i][3];
    if (!run.has_step) continue;
    const PhotometricStep& s = run.step;
    const bool shaded = s.kind == Photometric::shadow && in_shadow(s, (static_cast<float>(x) + 0.5f) / static_cast<float>(b.frame.width), (static_cast<float>(y) + 0.5f) / static_cast<float>(b.frame.height));
    for (int i = 0; i < 3; ++i) {
      if (s.kind == Photometric::gamma) {
        const float share = colour[i] / b.white[i];
        colour[i] = b.white[i] * powf(share < 0 ? 0.0f : share > 1 ? 1.0f
                                                                   : share,
                                      s.values[0]);
      } else if (s.kind == Photometric::noise) colour[i] += noise_of(b, s, b.colours[i], place);
      else if (shaded) colour[i] *= s.values[0];
    }
  }
}

/// Whether a pixel lies in one of the draw's holes.
__device__ inline bool in_hole(const DeviceDraw& d, Frame f, int x, int y) {
  for (int k = 0; k < d.holes; ++k) {
    const float* hole = d.hole[k];
    const int top = static_cast<int>(hole[0] * static_cast<float>(f.height)), left = static_cast<int>(hole[1] * static_cast<float>(f.width));
    if (y >= top && x >= left && y < top + static_cast<int>(hole[2] * static_cast<float>(f.height)) && x < left + static_cast<int>(hole[3] * static_cast<float>(f.width))) return true;
  }
  return false;
}

template <class T>
__device__ inline void one_pixel(const DeviceBatch& b, const DeviceDraw& d, int image, int x, int y, float u, float v) {
  const int w = b.frame.width, h = b.frame.height;
  const auto area = static_cast<std::int64_t>(h) * w;
  const std::int64_t place = static_cast<std::int64_t>(y) * w + x;
  float sx = static_cast<float>(d.map.xx * x + d.map.xy * y + d.map.x0), sy = static_cast<float>(d.map.yx * x + d.map.yy * y + d.map.y0);
  if (d.elastic) {
    sx += d.turn[0] * u + d.turn[1] * v;
    sy += d.turn[2] * u + d.turn[3] * v;
  }
  const bool outside = sx < 0 || sy < 0 || sx > static_cast<float>(w - 1) || sy > static_cast<float>(h - 1);
  sx = fold(sx, static_cast<float>(w)), sy = fold(sy, static_cast<float>(h));
  const int ix = min(static_cast<int>(sx), w - 2), iy = min(static_cast<int>(sy), h - 2);
  const float right = sx - static_cast<float>(ix), lower = sy - static_cast<float>(iy);
  const std::uint8_t* ok = b.valid + image * area + static_cast<std::int64_t>(iy) * w + ix;
  // A right weight of 0 or 1 leaves one column of sources, and likewise below.
  bool valid = !(outside && d.border == Border::constant);
  if (right != 1 && lower != 1) valid = valid && ok[0];
  if (right != 0 && lower != 1) valid = valid && ok[1];
  if (right != 1 && lower != 0) valid = valid && ok[w];
  if (right != 0 && lower != 0) valid = valid && ok[w + 1];
  const std::int64_t nearest = static_cast<std::int64_t>(static_cast<int>(sy + 0.5f)) * w + static_cast<int>(sx + 0.5f);
  b.valid_out[image * area + place] = valid;
  b.label_out[image * area + place] = valid ? b.label[image * area + nearest] : 255;

  const bool seen = valid && !in_hole(d, b.frame, x, y);
  const T* source = static_cast<const T*>(b.image) + static_cast<std::int64_t>(image) * b.bands * area + static_cast<std::int64_t>(iy) * w + ix;
  const auto put = [&](int band, float stored) {
    const float value = seen ? (stored * b.scale[band] - b.mean[band]) * b.factor[band] : 0.0f;
    const std::int64_t at = image * b.image_stride + band * b.band_stride + y * b.row_stride + x * b.column_stride;
    if (b.bf16) {
      const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
      static_cast<std::uint16_t*>(b.out)[at] = static_cast<std::uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
    } else static_cast<float*>(b.out)[at] = value;
  };
  const bool colours = b.colours[0] >= 0;
  if (colours) {
    float colour[3];
    for (int i = 0; i < 3; ++i) colour[i] = bilinear(source + b.colours[i] * area, w, right, lower);
    colour_steps(b, d, x, y, static_cast<std::uint32_t>(place), colour);
    for (int i = 0; i < 3; ++i) put(b.colours[i], colour[i]);
  }
  for (int band = 0; band < b.bands; ++band) {
    if (colours && (band == b.colours[0] || band == b.colours[1] || band == b.colours[2])) continue;
    float value = bilinear(source + band * area, w, right, lower);
    for (int r = 0; r < d.runs; ++r)
      if (d.run[r].has_step && d.run[r].step.kind == Photometric::noise) value += noise_of(b, d.run[r].step, band, static_cast<std::uint32_t>(place));
    put(band, value);
  }
}

/// Blocks take patches in turn; any grid gives the same values.
template <class T>
__global__ void __launch_bounds__(augment_threads) augment_batch(const __grid_constant__ DeviceBatch b) {
  __shared__ FieldMemory memory;
  const int across = (b.frame.width + patch_columns - 1) / patch_columns, down = (b.frame.height + patch_rows - 1) / patch_rows, patches = across * down;
  for (int p = static_cast<int>(blockIdx.x); p < b.images * patches; p += static_cast<int>(gridDim.x)) {
    const int image = p / patches, x0 = p % patches % across * patch_columns, y0 = p % patches / across * patch_rows;
    const DeviceDraw& d = b.draws[image];
    if (d.elastic) make_nodes(d, x0, y0, memory);
    for (int i = static_cast<int>(threadIdx.x); i < patch_columns * patch_rows; i += augment_threads) {
      const int x = x0 + i % patch_columns, y = y0 + i / patch_columns;
      if (x >= b.frame.width || y >= b.frame.height) continue;
      float u = 0, v = 0;
      if (d.elastic) displacement_at(d.field, memory, x, y, x0, y0, u, v);
      one_pixel<T>(b, d, image, x, y, u, v);
    }
    __syncthreads();
  }
}

}  // namespace rts::kernels::device
