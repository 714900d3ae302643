#pragma once
#include <rts/raster/tiff_blocks.hpp>

#include <rts/core/instruction_set.hpp>

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace rts::inline RTS_ABI::raster {
namespace detail {

inline bool read_all(int file, void* to, std::size_t size, std::uint64_t at) {
  char* out = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t n = ::pread(file, out, size, static_cast<off_t>(at));
    if (n <= 0) return false;
    out += n, at += static_cast<std::uint64_t>(n), size -= static_cast<std::size_t>(n);
  }
  return true;
}

/// Pixels of three samples into three planes, in the caller's instruction set.
template <class T>
[[gnu::always_inline]] inline void three_planes(const T* __restrict__ from, std::size_t n, T* __restrict__ a, T* __restrict__ b, T* __restrict__ c) {
  for (std::size_t x = 0; x < n; ++x) a[x] = from[3 * x], b[x] = from[3 * x + 1], c[x] = from[3 * x + 2];
}
template <class T>
void three_planes_baseline(const T* from, std::size_t n, T* a, T* b, T* c) { three_planes(from, n, a, b, c); }
template <class T>
RTS_TARGET_AVX2 void three_planes_avx2(const T* from, std::size_t n, T* a, T* b, T* c) { three_planes(from, n, a, b, c); }
template <class T>
RTS_TARGET_AVX512 void three_planes_avx512(const T* from, std::size_t n, T* a, T* b, T* c) { three_planes(from, n, a, b, c); }

}  // namespace detail

RTS_INLINE std::unique_ptr<TiffBlocks> TiffBlocks::open(const std::filesystem::path& path) {
  std::unique_ptr<TiffBlocks> t(new TiffBlocks);
  t->file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (t->file_ < 0 || !t->parse()) return nullptr;
  return t;
}
RTS_INLINE TiffBlocks::~TiffBlocks() {
  if (file_ >= 0) ::close(file_);
  if (decompressor_) libdeflate_free_decompressor(static_cast<libdeflate_decompressor*>(decompressor_));
}

/// The first directory of a little-endian TIFF, classic or big.
RTS_INLINE bool TiffBlocks::parse() {
  unsigned char head[16] = {};
  if (!detail::read_all(file_, head, 16, 0) || head[0] != 'I' || head[1] != 'I') return false;
  const auto number = [](const unsigned char* p, std::size_t n) {
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < n; ++i) v |= static_cast<std::uint64_t>(p[i]) << (8 * i);
    return v;
  };
  const bool big = head[2] == 43;
  if (!big && head[2] != 42) return false;
  const std::uint64_t directory = big ? number(head + 8, 8) : number(head + 4, 4);
  const std::size_t count_size = big ? 8 : 2, entry = big ? 20 : 12, inner = big ? 8 : 4;
  unsigned char n_bytes[8] = {};
  if (!detail::read_all(file_, n_bytes, count_size, directory)) return false;
  const std::uint64_t n = number(n_bytes, count_size);
  if (n == 0 || n > 500) return false;
  std::vector<unsigned char> entries(n * entry);
  if (!detail::read_all(file_, entries.data(), entries.size(), directory + count_size)) return false;
  std::uint64_t bits = 8, format = 1, photometric_bits_differ = 0, rows_per_strip = 0;
  const auto values = [&](const unsigned char* e, std::vector<std::uint64_t>& out) {
    const std::uint64_t type = number(e + 2, 2), count = number(e + 4, inner);
    const std::size_t size = type == 3 ? 2 : type == 4 ? 4
                                         : type == 16  ? 8
                                         : type == 1   ? 1
                                                       : 0;
    if (size == 0 || count == 0 || count > (std::uint64_t{1} << 26)) return false;
    std::vector<unsigned char> bytes(count * size);
    const unsigned char* field = e + 4 + inner;
    if (bytes.size() <= inner) std::memcpy(bytes.data(), field, bytes.size());
    else if (!detail::read_all(file_, bytes.data(), bytes.size(), number(field, inner))) return false;
    out.resize(count);
    for (std::size_t i = 0; i < count; ++i) out[i] = number(bytes.data() + i * size, size);
    return true;
  };
  for (std::size_t i = 0; i < n; ++i) {
    const unsigned char* e = entries.data() + i * entry;
    std::vector<std::uint64_t> v;
    const std::uint64_t tag = number(e, 2);
    if (!(tag == 256 || tag == 257 || tag == 258 || tag == 259 || tag == 273 || tag == 277 || tag == 278 || tag == 279 || tag == 284 || tag == 317 || (tag >= 322 && tag <= 325) || tag == 339 || tag == 266)) continue;
    if (!values(e, v)) return false;
    switch (tag) {
      case 256: width_ = static_cast<int>(v[0]); break;
      case 257: height_ = static_cast<int>(v[0]); break;
      case 258:
        bits = v[0];
        for (const std::uint64_t b : v) photometric_bits_differ |= b != bits;
        break;
      case 259: compression_ = static_cast<int>(v[0]); break;
      case 266:
        if (v[0] != 1) return false;
        break;
      case 277: samples_ = static_cast<int>(v[0]); break;
      case 278: rows_per_strip = v[0]; break;
      case 273:
      case 324: offsets_ = v, tiled_ = tag == 324; break;
      case 279:
      case 325: sizes_ = v; break;
      case 284: planar_ = v[0] == 2; break;
      case 317: predictor_ = static_cast<int>(v[0]); break;
      case 322: block_width_ = static_cast<int>(v[0]); break;
      case 323: block_height_ = static_cast<int>(v[0]); break;
      case 339:
        format = v[0];
        for (const std::uint64_t f : v) photometric_bits_differ |= f != format;
        break;
      default: break;
    }
  }
  if (!tiled_) block_width_ = width_, block_height_ = static_cast<int>(std::min<std::uint64_t>(rows_per_strip ? rows_per_strip : static_cast<std::uint64_t>(height_), static_cast<std::uint64_t>(std::max(height_, 0))));
  if (bits == 8 && format == 1) type_ = PixelType::u8;
  else if (bits == 16 && format == 1) type_ = PixelType::u16;
  else if (bits == 32 && format == 3) type_ = PixelType::f32;
  else return false;
  if (photometric_bits_differ || width_ <= 0 || height_ <= 0 || block_width_ <= 0 || block_height_ <= 0 || samples_ <= 0 || samples_ > 1024) return false;
  if (!(compression_ == 1 || compression_ == 8 || compression_ == 32946) || !(predictor_ == 1 || (predictor_ == 2 && type_ != PixelType::f32))) return false;
  if (compression_ == 1) predictor_ = 1;
  const std::uint64_t across = static_cast<std::uint64_t>((width_ - 1) / block_width_ + 1), down = static_cast<std::uint64_t>((height_ - 1) / block_height_ + 1);
  const std::uint64_t blocks = across * down * static_cast<std::uint64_t>(planar_ ? samples_ : 1);
  const std::uint64_t bytes = static_cast<std::uint64_t>(block_width_) * static_cast<std::uint64_t>(block_height_) * static_cast<std::uint64_t>(planar_ ? 1 : samples_) * bytes_of(type_);
  if (offsets_.size() != blocks || sizes_.size() != blocks || bytes > (std::uint64_t{1} << 30)) return false;
  block_.resize(bytes);
  return true;
}

/// One block into `block_`, of which `rows` rows count.
RTS_INLINE bool TiffBlocks::decode(std::size_t block, std::size_t rows) {
  const std::uint64_t size = sizes_[block];
  const std::size_t want = block_.size() / static_cast<std::size_t>(block_height_) * (tiled_ ? static_cast<std::size_t>(block_height_) : rows);
  if (size == 0 || offsets_[block] == 0 || size > 2 * block_.size() + (1u << 20)) return false;  // sparse, or not to be believed
  if (compression_ == 1) return size >= want && detail::read_all(file_, block_.data(), want, offsets_[block]);
  raw_.resize(size);
  if (!detail::read_all(file_, raw_.data(), size, offsets_[block])) return false;
  if (!decompressor_) decompressor_ = libdeflate_alloc_decompressor();
  std::size_t got = 0;
  const auto result = libdeflate_zlib_decompress(static_cast<libdeflate_decompressor*>(decompressor_), raw_.data(), size, block_.data(), block_.size(), &got);
  if (result != LIBDEFLATE_SUCCESS || got < want) return false;
  if (predictor_ == 2) undo_predictor(tiled_ ? static_cast<std::size_t>(block_height_) : rows);
  return true;
}

RTS_INLINE void TiffBlocks::undo_predictor(std::size_t rows) {
  const std::size_t samples = planar_ ? 1 : static_cast<std::size_t>(samples_), row = static_cast<std::size_t>(block_width_) * samples;
  const auto undo = [&](auto* v) {
    using T = std::remove_pointer_t<decltype(v)>;
    for (std::size_t y = 0; y < rows; ++y, v += row) {
      if (samples == 3) {  // three sums in registers
        T a = v[0], b = v[1], c = v[2];
        for (std::size_t i = 3; i < row; i += 3) v[i] = a = static_cast<T>(a + v[i]), v[i + 1] = b = static_cast<T>(b + v[i + 1]), v[i + 2] = c = static_cast<T>(c + v[i + 2]);
      } else if (samples == 1) {
        T a = v[0];
        for (std::size_t i = 1; i < row; ++i) v[i] = a = static_cast<T>(a + v[i]);
      } else
        for (std::size_t i = samples; i < row; ++i) v[i] = static_cast<T>(v[i] + v[i - samples]);
    }
  };
  if (type_ == PixelType::u8) undo(reinterpret_cast<std::uint8_t*>(block_.data()));
  else undo(reinterpret_cast<std::uint16_t*>(block_.data()));
}

/// The part of a block that lies in the window, of one sample, into the window's plane.
template <class To>
void TiffBlocks::copy(int column, int row, int width, int height, int block_column, int block_row, std::size_t sample, To* out) const {
  const int y0 = std::max(row, block_row), y1 = std::min(row + height, block_row + block_height_), x0 = std::max(column, block_column), x1 = std::min(column + width, block_column + block_width_);
  const std::size_t step = planar_ ? 1 : static_cast<std::size_t>(samples_), n = static_cast<std::size_t>(x1 - x0);
  const auto from_type = [&](const auto* block) {
    using From = std::remove_cv_t<std::remove_pointer_t<decltype(block)>>;
    for (int y = y0; y < y1; ++y) {
      const From* from = block + (static_cast<std::size_t>(y - block_row) * static_cast<std::size_t>(block_width_) + static_cast<std::size_t>(x0 - block_column)) * step + sample;
      To* to = out + static_cast<std::size_t>(y - row) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x0 - column);
      if constexpr (std::is_same_v<From, To>) {
        if (step == 1) {
          std::memcpy(to, from, n * sizeof(To));
          continue;
        }
      }
      if (step == 3)
        for (std::size_t x = 0; x < n; ++x) to[x] = static_cast<To>(from[3 * x]);
      else
        for (std::size_t x = 0; x < n; ++x) to[x] = static_cast<To>(from[step * x]);
    }
  };
  if (type_ == PixelType::u8) from_type(reinterpret_cast<const std::uint8_t*>(block_.data()));
  else if constexpr (!std::is_same_v<To, std::uint8_t>) {
    if (type_ == PixelType::u16) from_type(reinterpret_cast<const std::uint16_t*>(block_.data()));
    else if constexpr (std::is_same_v<To, float>) from_type(reinterpret_cast<const float*>(block_.data()));
  }
}

RTS_INLINE bool TiffBlocks::read(int column, int row, int width, int height, const std::vector<int>& bands, void* out, PixelType type) {
  if (type < type_ || column < 0 || row < 0 || column + width > width_ || row + height > height_) return false;
  for (const int b : bands)
    if (b < 1 || b > samples_) return false;
  const std::size_t across = static_cast<std::size_t>((width_ - 1) / block_width_ + 1), down = static_cast<std::size_t>((height_ - 1) / block_height_ + 1), area = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  const auto place = [&](std::size_t b, int x, int y, std::size_t sample) {
    if (type == PixelType::u8) copy(column, row, width, height, x, y, sample, static_cast<std::uint8_t*>(out) + b * area);
    else if (type == PixelType::u16) copy(column, row, width, height, x, y, sample, static_cast<std::uint16_t*>(out) + b * area);
    else copy(column, row, width, height, x, y, sample, static_cast<float*>(out) + b * area);
  };
  for (int y = row / block_height_; y * block_height_ < row + height; ++y)
    for (int x = column / block_width_; x * block_width_ < column + width; ++x) {
      const std::size_t block = static_cast<std::size_t>(y) * across + static_cast<std::size_t>(x), rows = static_cast<std::size_t>(std::min(block_height_, height_ - y * block_height_));
      if (!planar_ && !decode(block, rows)) return false;
      if (!planar_ && samples_ == 3 && type == type_ && bands == std::vector<int>{1, 2, 3}) {
        const auto split = [&](auto unit) {
          using T = decltype(unit);
          const auto isa = kernels::active_isa();
          const auto one_row = isa == kernels::Isa::avx512 ? &detail::three_planes_avx512<T> : isa == kernels::Isa::avx2 ? &detail::three_planes_avx2<T>
                                                                                                                         : &detail::three_planes_baseline<T>;
          const int y0 = std::max(row, y * block_height_), y1 = std::min(row + height, (y + 1) * block_height_), x0 = std::max(column, x * block_width_), x1 = std::min(column + width, (x + 1) * block_width_);
          for (int r = y0; r < y1; ++r) {
            const T* from = reinterpret_cast<const T*>(block_.data()) + 3 * (static_cast<std::size_t>(r - y * block_height_) * static_cast<std::size_t>(block_width_) + static_cast<std::size_t>(x0 - x * block_width_));
            T* to = static_cast<T*>(out) + static_cast<std::size_t>(r - row) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x0 - column);
            one_row(from, static_cast<std::size_t>(x1 - x0), to, to + area, to + 2 * area);
          }
        };
        if (type == PixelType::u8) split(std::uint8_t{});
        else if (type == PixelType::u16) split(std::uint16_t{});
        else split(float{});
        continue;
      }
      for (std::size_t b = 0; b < bands.size(); ++b) {
        const auto sample = static_cast<std::size_t>(bands[b] - 1);
        if (planar_ && !decode(sample * across * down + block, rows)) return false;
        place(b, x * block_width_, y * block_height_, planar_ ? 0 : sample);
      }
    }
  return true;
}

}  // namespace rts::inline RTS_ABI::raster
