#pragma once
// Scores at any prevalence from one inference: three histograms of logits, objects per tile, bootstrap over tiles and regions.
// Takes a `ValidMask`; a `LossMask` does not compile.

#include <rts/core/kinds.hpp>
#include <rts/metrics/curve.hpp>
#include <rts/metrics/matching.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::metrics {

/// Histograms of logits: the three that any prevalence is made of.
struct Tally {
  Key key = Key::fixed;
  Counts positive;          ///< object pixels
  Counts near_background;   ///< background pixels of positive tiles, weight 1
  Counts far_background;    ///< pixels of negative tiles, weight w
  std::int64_t positive_tiles = 0, negative_tiles = 0;

  Tally() : positive(key_count), near_background(key_count), far_background(key_count) {}
  /// errors: RTS-V63 keys of two kinds
  void merge(const Tally& other);
  Curve curve(double weight) const { return {key, positive, near_background, far_background, weight}; }
};

/// What a tile is to an evaluation.
struct TileInfo {
  std::string name, region;
};

/// Size classes by an object's longer side, metres: below 50, 200, 1000, and above.
inline constexpr double size_edges[3] = {50, 200, 1000};
inline constexpr const char* size_names[4] = {"< 50 m", "50-200 m", "200-1000 m", "> 1000 m"};
int size_class(double metres);

/// How objects are made of scores.
struct ObjectSettings {
  double threshold = 0;     ///< logit
  double pixel_size = 1;    ///< metres
  double smallest = 0;      ///< metres along the longer side
  int connectivity = 8;
};

/// Counts that add up over tiles of one weight, at one IoU.
struct ObjectCounts {
  std::int64_t matched = 0, predictions = 0, truths = 0;  ///< one-to-one
  std::int64_t tp = 0, fp = 0, fn = 0;                    ///< guide's rules
  void add(const Matching& m);
};

/// Object figures at one prevalence and IoU. NaN where undefined.
struct ObjectFigures {
  double precision = 0, recall = 0, f1 = 0, f05 = 0;                          ///< one-to-one
  double guide_precision = 0, guide_recall = 0, guide_f1 = 0, guide_f05 = 0;  ///< merged and broken objects count once
  std::int64_t matched = 0, predictions = 0, truths = 0;                      ///< unweighted
};

/// Figures at one prevalence. NaN where undefined.
struct Figures {
  double ratio = 1;              ///< negatives per positive tile
  double weight = 1;             ///< w of negative tiles
  bool extrapolated = false;     ///< w > 1: more negatives than there are
  bool few_negatives = false;    ///< fewer than 300: not for verdicts or thresholds
  double positive_share = 0;     ///< of pixels: the PR-AUC of always-positive
  double pr_auc = 0, pr_auc_low = 0, pr_auc_high = 0;  ///< low and high bound what binning can change
  double roc_auc = 0;
  double iou = 0, precision = 0, recall = 0, f05 = 0;  ///< at the settings' threshold
  double obj_precision = 0, obj_recall = 0;            ///< IoU >= 0.3, one-to-one, at the threshold
  double best_f05 = 0, best_threshold = 0;             ///< probability with the highest F0.5
  double precision_at_half_recall = 0;                 ///< highest precision with recall >= 0.5
  double brier = 0, calibration_error = 0;
};

struct Interval {
  double low = 0, high = 0;  ///< 2.5 % and 97.5 %
};
/// Of a share k / n. source: Wilson 1927
Interval wilson(std::int64_t k, std::int64_t n);

/// Intervals of what is reported, from the same draws.
struct Intervals {
  Interval pr_auc, precision, recall, iou, obj_precision, obj_recall;
};

Intervals unknown_intervals();  ///< all NaN

/// Figures of one region alone.
struct RegionFigures {
  std::string region;
  Figures figures;
  ObjectFigures objects;  ///< IoU >= 0.3
  Interval pr_auc;        ///< over tiles
};

/// An object of a tile, as it is kept.
struct KeptObject {
  float confidence = 0;  ///< of a prediction: mean probability
  std::uint8_t size = 0;
  bool cut = false;      ///< touches the tile's border or a gap
  bool counted = true;   ///< not ignored
  std::uint8_t matched = 0;  ///< bit i: at match_ious[i]
};

/// A tile as it is kept for intervals, regions and contact sheets.
struct KeptTile {
  struct Entry {
    std::uint16_t key;  ///< coarse: 4,096 of them
    std::uint32_t positive, background;
  };
  std::string name, region;
  bool positive = false;
  std::vector<Entry> entries;
  std::vector<KeptObject> predictions, truths;
  ObjectCounts counts[3];
};

/// Which objects a question is about.
struct ObjectFilter {
  int size = -1;            ///< size class; -1: all
  bool whole_only = false;  ///< leave out what the tile's border or a gap cuts
  std::string region = {};  ///< empty: all
};

/// Accumulates tiles. Mergeable; the order of tiles does not matter.
class Evaluation {
 public:
  /// `keep_tiles`: remember each tile for intervals, regions and sizes.
  explicit Evaluation(bool keep_tiles = false, const ObjectSettings& objects = {}) : keep_tiles_(keep_tiles), settings_(objects) {}

  /// One tile: logits (1,1,H,W), labels (1,H,W), mask (1,H,W), all on the CPU.
  template <class Mask>
  void add(const Logits<tasks::Binary>& logits, const Labels<tasks::Binary>& labels, const Mask& mask, const TileInfo& info) {
    require_valid_mask<Mask>();
    if constexpr (std::is_same_v<Mask, ValidMask>) add_tile(logits.tensor(), labels.tensor(), mask.tensor(), info);
  }

  const Tally& tally() const { return tally_; }
  Tally& tally() { return tally_; }
  const ObjectSettings& settings() const { return settings_; }
  /// Tile and object counts, for checkpoints: what the tally does not hold.
  std::vector<std::int64_t> counters() const;
  void set_counters(const std::vector<std::int64_t>& c);
  /// w of negative tiles at a ratio; ratio <= 0: the data's own prevalence (w = 1).
  double weight_for(double ratio) const;
  Curve curve(double ratio) const { return tally_.curve(weight_for(ratio)); }
  Figures figures(double ratio) const;
  /// `iou`: index into match_ious. A filter needs kept tiles.
  ObjectFigures objects(double ratio, int iou, const ObjectFilter& filter = {}) const;
  /// Average precision over confidence at IoU >= 0.5, of kept tiles.
  double object_average_precision(double ratio) const;
  /// Each region's tiles alone at the data's own prevalence, with an interval over its tiles.
  std::vector<RegionFigures> by_region(int replicates, std::uint64_t seed) const;
  Intervals over_tiles(double ratio, int replicates, std::uint64_t seed) const;
  /// NaN when there are fewer than five regions.
  Intervals over_regions(double ratio, int replicates, std::uint64_t seed) const;
  const std::vector<KeptTile>& tiles() const { return tiles_; }

 private:
  void add_tile(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& valid, const TileInfo& info);
  void add_objects(const float* score, const std::uint8_t* label, const std::uint8_t* ok, int height, int width, bool positive, KeptTile* kept);
  Intervals bootstrap(double ratio, int replicates, std::uint64_t seed, bool regions) const;

  bool keep_tiles_;
  ObjectSettings settings_;
  Tally tally_;
  ObjectCounts near_[3], far_[3];  ///< of positive and of negative tiles
  std::vector<KeptTile> tiles_;
};

}  // namespace rts::inline RTS_ABI::metrics

#if RTS_HEADER_ONLY
#include <rts/metrics/evaluation.ipp>
#endif
