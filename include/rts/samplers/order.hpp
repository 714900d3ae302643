#pragma once
// Orders: which windows an epoch shows, in which sequence. Pure functions of (seed, epoch): nothing to save.

#include <rts/core/config.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace rts::inline RTS_ABI::samplers {

/// What an epoch drew.
struct Drawn {
  double wanted_ratio = 0;      ///< negatives per positive by the schedule
  double effective_ratio = 0;   ///< after the pool's limit
  std::size_t positives = 0;    ///< distinct positive windows
  std::size_t negatives = 0;    ///< distinct negative windows
  std::size_t positive_draws = 0;
  bool pool_exhausted = false;  ///< fewer negatives than wanted: all were taken
  std::size_t hard = 0;         ///< of the negatives drawn, hard ones
  std::size_t groups = 0;       ///< stratified and weighted: regions that were shown
  std::string text() const;
};

struct Order {
  std::vector<std::uint32_t> samples;  ///< batch after batch
  Drawn drawn;
};

/// Order of epoch `epoch` (from 1) for ratios[epoch - 1] negatives per positive.
/// Negatives come without replacement from a shuffled pool that carries on over epochs; every batch holds
/// round(positive_fraction x batch) positives, in shuffled order, repeated until the epoch's negatives are used up.
/// A remainder of negatives that does not fill a batch is left to the next epoch's shuffle (drop last).
/// errors: RTS-S51 no positive or no negative window, RTS-S52 fewer negatives than one batch needs.
Order epoch_order(const std::vector<std::uint32_t>& positives, const std::vector<std::uint32_t>& negatives, const std::vector<double>& ratios,
                  int epoch, int batch, double positive_fraction, std::uint64_t seed);

/// A tile as the orders below see it.
struct Candidate {
  std::uint32_t sample = 0;
  std::uint32_t group = 0;  ///< number of its region
  bool positive = false;
};

/// Groups in turn, `per_group` tiles each. Names are for the error. errors: RTS-S53 a group without a tile.
Order stratified_order(const std::vector<Candidate>& tiles, const std::vector<std::string>& groups, int per_group, int epoch, std::uint64_t seed);

/// With replacement, in proportion to weights. errors: RTS-S54 no tile, or a weight that is not positive.
Order weighted_order(const std::vector<Candidate>& tiles, double positive_weight, double by_region, int epoch, std::uint64_t seed);

/// Puts hard negatives in place of the last round(share x negatives) negatives of every batch of an `epoch_order`. `hard` comes shuffled and
/// without replacement, then again.
void put_hard(Order& order, const std::vector<std::uint32_t>& hard, double share, int epoch, int batch, double positive_fraction, std::uint64_t seed);

/// `count` items chosen for an epoch without replacement.
std::vector<std::uint32_t> choose(const std::vector<std::uint32_t>& items, std::size_t count, int epoch, std::uint64_t seed);

/// What rank `rank` of `world` processes shows of an order: every world-th batch, as many for each; whole batches only.
std::vector<std::uint32_t> shard(const std::vector<std::uint32_t>& order, int batch, int rank, int world);

}  // namespace rts::inline RTS_ABI::samplers

#if RTS_HEADER_ONLY
#include <rts/samplers/order.ipp>
#endif
