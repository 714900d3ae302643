#pragma once
// What indexing a dataset finds beside its tables: moments of every file, statistics of the training split.

#include <rts/data/dataset.hpp>
#include <rts/data/statistics.hpp>

namespace rts::inline RTS_ABI::data {

/// Moments of a file's valid pixels, band by band, over the windows that count for statistics.
struct FileMoments {
  std::vector<Moments> bands;
  std::int64_t windows = 0;
};

/// Moments of one band of a tile, in the band's unit.
Moments moments_of(const RawTile& tile, std::size_t band, double scale);

/// Statistics over the files of the training split, or over all files when none has a split.
Statistics training_statistics(const Dataset& d, const std::vector<FileMoments>& files);

/// A source whose windows are known.
class IndexedSource : public Source {
 public:
  const Dataset& dataset() const override { return dataset_; }
  const Statistics& statistics() const { return statistics_; }
  const std::vector<FileMoments>& moments() const { return moments_; }
  /// Files left out because they could not be used.
  const std::vector<std::string>& skipped() const { return skipped_; }
  int classes() const { return classes_; }

 protected:
  Dataset dataset_;
  Statistics statistics_;
  std::vector<FileMoments> moments_;
  std::vector<std::string> skipped_;
  int classes_ = 2;
};

}  // namespace rts::inline RTS_ABI::data

#if RTS_HEADER_ONLY
#include <rts/data/index.ipp>
#endif
