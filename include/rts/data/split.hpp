#pragma once
// Regions, splits and the proof that nothing leaks between them. Works on footprints; reads no pixel.

#include <rts/data/dataset.hpp>

namespace rts::inline RTS_ABI::data {

/// Region of each file: files that overlap, share a scene, or lie closer than `min_distance` metres are one region
/// (transitively). With `column`, files of one given region are joined too. Names are "r01", "r02", ... by first file.
std::vector<std::string> derive_regions(const Dataset& d, double min_distance, bool join_given_regions);

struct SplitShares {
  double train = 0.7, val = 0.15, test = 0.15;
};

/// What a split aims at, per region: positive tiles and positive pixels.
struct RegionWeight {
  std::string name;
  double positive_tiles = 0, positive_pixels = 0;
};

/// Assigns regions to train, val, test so that the shares of positive tiles and pixels are met as well as possible:
/// all assignments are tried with 15 regions or fewer, otherwise a seeded greedy search with swaps.
/// errors: RTS-D81 fewer than three regions (two when the test share is 0).
std::vector<SplitName> assign_splits(const std::vector<RegionWeight>& regions, const SplitShares& shares, std::uint64_t seed);

/// `folds` groups of regions of about equal weight; fold k tests on group k, validates on group k + 1.
std::vector<int> assign_folds(const std::vector<RegionWeight>& regions, int folds, std::uint64_t seed);

struct Leak {
  std::string first, second;             ///< files
  SplitName first_split, second_split;
  std::string reason;                    ///< "overlaps by 250 m", "1200 m apart", "same region r03"
};

/// Every pair of files in different splits that overlap, lie closer than `min_distance` metres, or share a region.
std::vector<Leak> find_leaks(const Dataset& d, double min_distance);

/// errors: RTS-D82 with the number of leaking pairs by kind and the first of them by name.
void prove_no_leak(const Dataset& d, double min_distance);

}  // namespace rts::inline RTS_ABI::data

#if RTS_HEADER_ONLY
#include <rts/data/split.ipp>
#endif
