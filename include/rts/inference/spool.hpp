#pragma once
// Finished rows of a map beside its file, so that an interrupted map goes on where it stopped.

#include <rts/inference/predict.hpp>

#include <cstdio>

namespace rts::inline RTS_ABI::inference {

/// What a map is made of: files with their sizes and times, bands, options. Another signature begins anew.
std::string signature(const std::vector<std::filesystem::path>& rasters, const std::vector<InputBand>& bands, const PredictOptions& options);

/// MAP.rows: a header, then rows of fp32. A row that was cut short does not count.
class Spool {
 public:
  /// Opens what an earlier run left when its signature agrees; else begins anew. errors: RTS-G54 cannot be written
  Spool(const std::filesystem::path& map, const std::string& signature, int width);
  ~Spool();
  Spool(const Spool&) = delete;
  int rows() const { return rows_; }
  void read(int row, int rows, float* out);
  void append(const float* values, int rows);
  void remove();

 private:
  std::filesystem::path path_;
  std::size_t row_bytes_;
  std::FILE* file_ = nullptr;
  int rows_ = 0;
};

}  // namespace rts::inline RTS_ABI::inference

#if RTS_HEADER_ONLY
#include <rts/inference/spool.ipp>
#endif
