#pragma once
// Which predicted objects are which true ones: one-to-one, and by the guide's rules for merged and broken objects.

#include <rts/metrics/objects.hpp>

#include <array>

namespace rts::inline RTS_ABI::metrics {

/// IoU from which a pair matches: shape, approximate (the default), something is there.
inline constexpr std::array<double, 3> match_ious{0.5, 0.3, 0.1};

struct MatchOptions {
  double iou = 0.3;
  double smallest = 0;      ///< pixels along the longer side: smaller truths become areas to ignore, smaller predictions are dropped
  bool whole_only = false;  ///< leave out what touches the border or a gap, on either side
};

/// What became of an object.
enum class Fate : std::uint8_t { unmatched,
                                 matched,
                                 ignored };  ///< too small, cut by the border where asked for, or mostly on truths that are ignored

struct Matching {
  std::int64_t matched = 0, predictions = 0, truths = 0;  ///< one-to-one; of objects that are not ignored
  std::int64_t tp = 0, fp = 0, fn = 0;                    ///< guide's rules
  std::vector<Fate> prediction, truth;                    ///< one-to-one
  std::int64_t ignored_truths = 0;
};

/// One-to-one: the largest number of pairs with IoU >= `iou`, each object in one pair at most.
/// Guide: prediction p covers truth g if |p and g| >= 0.5 |g|. A prediction that covers N >= 2 truths, none of which is tied to another
/// prediction, is 1 TP and N - 1 FN when its IoU with their union is >= `iou`; mirrored, M >= 2 predictions that lie by half or more in
/// one truth are 1 TP and M - 1 FP. All other objects are matched one-to-one.
Matching match(const ObjectTables& objects, const MatchOptions& options);

/// A prediction with its score, for precision over confidence.
struct ScoredObject {
  double confidence = 0, weight = 1;
  bool matched = false;
};
/// Average precision over confidence: step-wise, ties grouped; `truths`: weighted number of true objects. NaN without any.
double object_average_precision(std::vector<ScoredObject> predictions, double truths);

}  // namespace rts::inline RTS_ABI::metrics

#if RTS_HEADER_ONLY
#include <rts/metrics/matching.ipp>
#endif
