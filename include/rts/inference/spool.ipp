#pragma once
#include <rts/inference/spool.hpp>

#include <rts/core/description.hpp>

#include <cstring>

namespace rts::inline RTS_ABI::inference {

inline constexpr std::size_t spool_header = 64;

RTS_INLINE std::string signature(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, const PredictOptions& o) {
  std::string text;
  const auto add = [&](const auto& v) { text += std::to_string(v) + ";"; };
  for (const auto& r : rasters) {
    std::error_code error;
    text += r.string() + ";";
    add(std::filesystem::file_size(r, error));
    const auto time = std::filesystem::last_write_time(r, error);
    if (!error) add(time.time_since_epoch().count());
  }
  for (const InputBand& b : bands) {
    text += b.name + ";";
    add(b.file), add(b.index), add(b.scale), add(b.mean), add(b.factor), add(b.match.identity());
  }
  for (const double v : {double(o.tile_height), double(o.tile_width), o.overlap, double(o.halo), double(static_cast<int>(o.views)), o.slope, o.intercept, double(o.batch), double(o.part.column), double(o.part.row), double(o.part.width), double(o.part.height), o.first ? o.first->threshold : -1.0}) add(v);
  for (const double s : o.scales) add(s);
  if (o.first) text += o.first->raster.string();
  for (const auto& [key, value] : o.metadata) text += key + "=" + value + ";";
  return hex16(fnv1a(text));
}

RTS_INLINE Spool::Spool(const std::filesystem::path& map, const std::string& wanted, int width) : path_(map.string() + ".rows"), row_bytes_(static_cast<std::size_t>(width) * sizeof(float)) {
  char header[spool_header] = {}, found[spool_header] = {};
  std::snprintf(header, sizeof header, "rts rows 1 %s %d", wanted.c_str(), width);
  file_ = std::fopen(path_.c_str(), "r+b");
  if (file_ && std::fread(found, 1, spool_header, file_) == spool_header && std::memcmp(header, found, spool_header) == 0) {
    std::fseek(file_, 0, SEEK_END);
    rows_ = static_cast<int>((static_cast<std::size_t>(::ftello(file_)) - spool_header) / row_bytes_);
    return;
  }
  if (file_) std::fclose(file_);
  file_ = std::fopen(path_.c_str(), "w+b");
  RTS_CHECK(file_ && std::fwrite(header, 1, spool_header, file_) == spool_header, .code = "RTS-G54", .what = "cannot create the file of finished rows", .where = path_.string(), .fix = "free disk space or choose a folder that can be written");
}
RTS_INLINE Spool::~Spool() {
  if (file_) std::fclose(file_);
}
RTS_INLINE void Spool::read(int row, int rows, float* out) {
  ::fseeko(file_, static_cast<off_t>(spool_header + static_cast<std::size_t>(row) * row_bytes_), SEEK_SET);
  const std::size_t wanted = row_bytes_ * static_cast<std::size_t>(rows);
  RTS_CHECK(std::fread(out, 1, wanted, file_) == wanted, .code = "RTS-G52", .what = "cannot read finished rows", .where = path_.string(), .fix = "remove the file: the map begins anew");
}
RTS_INLINE void Spool::append(const float* values, int rows) {
  ::fseeko(file_, static_cast<off_t>(spool_header + static_cast<std::size_t>(rows_) * row_bytes_), SEEK_SET);
  const std::size_t n = row_bytes_ * static_cast<std::size_t>(rows);
  RTS_CHECK(std::fwrite(values, 1, n, file_) == n && std::fflush(file_) == 0, .code = "RTS-G54", .what = "cannot write finished rows", .where = path_.string(), .found = "the disk is full", .fix = "free disk space and run the command again: it goes on where it stopped");
  rows_ += rows;
}
RTS_INLINE void Spool::remove() {
  if (file_) std::fclose(file_);
  file_ = nullptr;
  std::error_code error;
  std::filesystem::remove(path_, error);
}

}  // namespace rts::inline RTS_ABI::inference
