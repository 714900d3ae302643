#pragma once
// Scores at any prevalence from one inference: three histograms of logits, objects per tile, bootstrap over tiles and regions.
// Takes a `ValidMask`; a `LossMask` does not compile.

#include <rts/core/kinds.hpp>
#include <rts/metrics/objects.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::metrics {

/// Histograms of fp32 logits in 65,536 bins of 1/1024 over [-32, 32); scores in one bin count as ties.
struct Tally {
  static constexpr int bins = 65536;
  std::vector<std::int64_t> positive;          ///< object pixels
  std::vector<std::int64_t> near_background;   ///< background pixels of positive tiles, weight 1
  std::vector<std::int64_t> far_background;    ///< pixels of negative tiles, weight w
  std::int64_t positive_tiles = 0, negative_tiles = 0;

  Tally() : positive(bins), near_background(bins), far_background(bins) {}
  static int bin(float logit);
  void merge(const Tally& other);
};

/// What a tile is to an evaluation.
struct TileInfo {
  std::string name, region;
};

/// Figures at one prevalence. NaN where undefined.
struct Figures {
  double ratio = 1;              ///< negatives per positive tile
  double weight = 1;             ///< w of negative tiles
  bool extrapolated = false;     ///< w > 1: more negatives than there are
  bool few_negatives = false;    ///< fewer than 300: not for verdicts or thresholds
  double positive_share = 0;     ///< of pixels: the PR-AUC of always-positive
  double pr_auc = 0, pr_auc_low = 0, pr_auc_high = 0;  ///< low and high bound what binning can change
  double iou = 0, precision = 0, recall = 0, f05 = 0;  ///< at logit 0
  double obj_precision = 0, obj_recall = 0;            ///< IoU >= 0.3, one-to-one, at logit 0
  double best_f05 = 0, best_threshold = 0;             ///< probability with the highest F0.5
};

struct Interval {
  double low = 0, high = 0;  ///< 2.5 % and 97.5 %
};

/// Figures of one region alone.
struct RegionFigures {
  std::string region;
  Figures figures;
  Interval pr_auc;  ///< over tiles
};

/// Precision and recall at one threshold of a curve.
struct CurvePoint {
  double recall, precision, threshold;
};

/// Accumulates tiles. Mergeable; the order of tiles does not matter.
class Evaluation {
 public:
  /// `keep_tiles`: remember each tile for intervals and regions.
  explicit Evaluation(bool keep_tiles = false) : keep_tiles_(keep_tiles) {}

  /// One tile: logits (1,1,H,W), labels (1,H,W), mask (1,H,W), all on the CPU.
  template <class Mask>
  void add(const Logits<tasks::Binary>& logits, const Labels<tasks::Binary>& labels, const Mask& mask, const TileInfo& info) {
    require_valid_mask<Mask>();
    if constexpr (std::is_same_v<Mask, ValidMask>) add_tile(logits.tensor(), labels.tensor(), mask.tensor(), info);
  }

  const Tally& tally() const { return tally_; }
  Tally& tally() { return tally_; }
  /// Tile and object counts, for checkpoints: what the tally does not hold.
  std::vector<std::int64_t> counters() const;
  void set_counters(const std::vector<std::int64_t>& c);
  /// ratio <= 0: the data's own prevalence (w = 1).
  Figures figures(double ratio) const;
  /// Each region's tiles alone at the data's own prevalence, with an interval over its tiles.
  std::vector<RegionFigures> by_region(int replicates, std::uint64_t seed) const;
  Interval bootstrap_tiles(double ratio, int replicates, std::uint64_t seed) const;
  /// Over regions; NaN when there are fewer than five.
  Interval bootstrap_regions(double ratio, int replicates, std::uint64_t seed) const;
  std::vector<CurvePoint> curve(double ratio, int points) const;
  std::size_t tiles() const { return tiles_.size(); }

 private:
  void add_tile(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const TileInfo& info);
  double weight_for(double ratio) const;

  struct Entry {
    std::uint16_t bin;  ///< coarse: 4,096 bins
    std::uint32_t positive, background;
  };
  struct Tile {
    std::string region;
    bool positive = false;
    std::vector<Entry> entries;
    ObjectCounts objects;
  };
  Interval bootstrap(double ratio, int replicates, std::uint64_t seed, bool regions) const;

  bool keep_tiles_;
  Tally tally_;
  ObjectCounts near_, far_;  ///< of positive and of negative tiles
  std::vector<Tile> tiles_;
};

/// Average precision of weighted histograms, from high scores to low, ties grouped.
double average_precision(const std::vector<double>& positive, const std::vector<double>& background);

}  // namespace rts::inline RTS_ABI::metrics

#if RTS_HEADER_ONLY
#include <rts/metrics/evaluation.ipp>
#endif
