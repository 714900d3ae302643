#pragma once
// Sampler policies: how many negatives an epoch draws per positive, and what a batch holds.

#include <rts/samplers/concept.hpp>
#include <rts/core/reflect.hpp>

#include <boost/hana/adapt_struct.hpp>

namespace rts::inline RTS_ABI::samplers {

/// Epochs `first` to `last` (from 1, inclusive) draw `ratio` negatives per positive tile.
struct RatioRow {
  int first;
  int last;
  double ratio;
};

/// A curriculum's plateaus.
template <std::size_t N>
struct RatioTable {
  RatioRow rows[N];

  constexpr int last_epoch() const { return rows[N - 1].last; }
  constexpr bool gapless() const {
    if (rows[0].first != 1) return false;
    for (std::size_t i = 0; i < N; ++i) {
      if (rows[i].last < rows[i].first) return false;
      if (i > 0 && rows[i].first != rows[i - 1].last + 1) return false;
    }
    return true;
  }
  constexpr bool positive() const {
    for (const RatioRow& r : rows)
      if (!(r.ratio > 0)) return false;
    return true;
  }
  /// The same plateaus squeezed or stretched to another number of epochs (each at least one epoch long).
  constexpr RatioTable scaled_to(int epochs) const {
    RatioTable out = *this;
    int first = 1;
    for (std::size_t i = 0; i < N; ++i) {
      int last = static_cast<int>(static_cast<double>(rows[i].last) * epochs / last_epoch() + 0.5);
      const int most = epochs - static_cast<int>(N - 1 - i);
      if (last < first) last = first;
      if (last > most) last = most;
      if (i + 1 == N) last = epochs;
      out.rows[i] = {first, last, rows[i].ratio};
      first = last + 1;
    }
    return out;
  }
};
template <std::size_t N>
RatioTable(const RatioRow (&)[N]) -> RatioTable<N>;

/// The guide's curriculum for 300 epochs.
inline constexpr RatioTable<5> slump_ratios{{{1, 10, 1}, {11, 30, 5}, {31, 50, 10}, {51, 100, 15}, {101, 300, 20}}};

struct CurriculumOptions {
  double positive_fraction = 0.5;  ///< share of a batch that holds objects
  int ramp = 5;                    ///< epochs over which a new row's ratio is reached; 1 switches at once
};

/// Negatives per positive by epoch, in plateaus with a short linear ramp.
template <RatioTable Table, CurriculumOptions O = CurriculumOptions{}>
struct Curriculum : PolicyBase {
  using axis = axes::Sampler;
  static constexpr std::string_view name = "Curriculum";
  static constexpr CurriculumOptions options = O;
  static constexpr double positive_fraction = O.positive_fraction;
  static constexpr bool gapless = Table.gapless();
  static constexpr bool ratios_positive = Table.positive();
  static constexpr int last_epoch = Table.last_epoch();
  static constexpr auto table = Table;

  /// Negatives per positive in every epoch: in the k-th epoch of a new row old + (new - old) x min(k / ramp, 1).
  static std::vector<double> ratios(int epochs) {
    std::vector<double> out;
    double before = Table.rows[0].ratio;
    for (std::size_t i = 0; i < std::size(Table.rows); ++i) {
      const RatioRow& row = Table.rows[i];
      for (int e = row.first; e <= row.last && e <= epochs; ++e) {
        const int k = e - row.first + 1;
        out.push_back(i == 0 || k >= O.ramp ? row.ratio : before + (row.ratio - before) * k / O.ramp);
      }
      before = row.ratio;
    }
    return out;
  }

  static Description describe() {
    Description d{"sampler", "Curriculum", rts::detail::fields_of(O)};
    std::string rows = "[";
    for (const RatioRow& r : Table.rows)
      rows += (rows.size() > 1 ? ", " : "") + ("{epochs: " + std::to_string(r.first) + "-" + std::to_string(r.last) + ", ratio: \"1:") +
              number_text(r.ratio) + "\"}";
    d.fields.push_back({"rows", rows + "]"});
    return d;
  }
};

struct FixedRatioOptions {
  double ratio = 10;  ///< negatives per positive
  double positive_fraction = 0.5;
};

/// The same ratio in every epoch.
template <FixedRatioOptions O = FixedRatioOptions{}>
struct FixedRatio : PolicyBase {
  using axis = axes::Sampler;
  static constexpr std::string_view name = "FixedRatio";
  static constexpr FixedRatioOptions options = O;
  static constexpr double positive_fraction = O.positive_fraction;
  static constexpr bool gapless = true;
  static constexpr bool ratios_positive = O.ratio > 0;
  static constexpr int last_epoch = 0;  ///< 0: whatever the recipe's length
  static std::vector<double> ratios(int epochs) { return std::vector<double>(static_cast<std::size_t>(epochs), O.ratio); }
};

namespace detail {

/// Every epoch alike, with no curriculum: 1:1 where a ratio is asked for.
struct EvenEpochs : PolicyBase {
  static constexpr double positive_fraction = 0.5;
  static constexpr bool gapless = true, ratios_positive = true;
  static constexpr int last_epoch = 0;
  static std::vector<double> ratios(int epochs) { return std::vector<double>(static_cast<std::size_t>(epochs), 1.0); }
};

}  // namespace detail

struct BalancedOptions {
  double positive_fraction = 0.5;
};

/// As many negatives as positives in every epoch: the guide's balanced batches without a curriculum.
template <BalancedOptions O = BalancedOptions{}>
struct Balanced : detail::EvenEpochs {
  using axis = axes::Sampler;
  static constexpr std::string_view name = "Balanced";
  static constexpr BalancedOptions options = O;
  static constexpr double positive_fraction = O.positive_fraction;
};

struct StratifiedOptions {
  int per_group = 1;  ///< tiles of one region before the next region's turn
};

/// Every region in turn, round robin, whatever a tile holds: an epoch shows as many tiles as there are, rounded down to whole rounds. Each
/// region's tiles come shuffled and without replacement, then again.
template <StratifiedOptions O = StratifiedOptions{}>
struct Stratified : detail::EvenEpochs {
  using axis = axes::Sampler;
  static constexpr std::string_view name = "Stratified";
  static constexpr StratifiedOptions options = O;
  static constexpr bool valid_options = O.per_group > 0;
  static constexpr Drawing drawing = Drawing::stratified;
  static constexpr int per_group = O.per_group;
};

struct WeightedOptions {
  double positive = 1;   ///< weight of a tile with an object; without: 1
  double by_region = 1;  ///< a tile's weight is divided by its region's number of tiles to this power
};

/// Tiles drawn with replacement in proportion to weights; an epoch shows as many as there are.
template <WeightedOptions O = WeightedOptions{}>
struct Weighted : detail::EvenEpochs {
  using axis = axes::Sampler;
  static constexpr std::string_view name = "Weighted";
  static constexpr WeightedOptions options = O;
  static constexpr bool valid_options = O.positive > 0 && O.by_region >= 0 && O.by_region <= 1;
  static constexpr Drawing drawing = Drawing::weighted;
  static constexpr double positive_weight = O.positive, by_region = O.by_region;
};

struct HardOptions {
  double share = 0.5;  ///< of a batch's negatives that are hard ones
  double keep = 0.1;   ///< of the tiles looked at that count as hard
  int pool = 1000;     ///< negative training tiles looked at after each validation
};

/// A base's epochs, with a share of the negatives taken from those that the network last got most wrong: after each validation it looks at
/// `pool` negative training tiles, chosen anew, and keeps those where the mean of the highest 1 % of probabilities is largest. Until the
/// first validation all negatives are the base's.
template <class Base = Curriculum<slump_ratios>, HardOptions O = HardOptions{}>
struct HardNegatives : PolicyBase {
  using axis = axes::Sampler;
  static constexpr std::string_view name = "HardNegatives";
  static constexpr HardOptions options = O;
  static constexpr bool valid_options = Base::valid_options && !requires { Base::drawing; } && O.share > 0 && O.share <= 1 && O.keep > 0 && O.keep <= 1 && O.pool > 0;
  static constexpr HardOptions hard = O;
  static constexpr double positive_fraction = Base::positive_fraction;
  static constexpr bool gapless = Base::gapless, ratios_positive = Base::ratios_positive;
  static constexpr int last_epoch = Base::last_epoch;
  static std::vector<double> ratios(int epochs) { return Base::ratios(epochs); }
  static Description describe() { return {"sampler", "HardNegatives", rts::detail::fields_of(O), {rts::describe<Base>()}}; }
};

struct CoarseShareOptions {
  double share = 0.25;  ///< of an epoch's tiles
  int factor = 2;       ///< ground along a tile's edge, in tiles: 2 or 4
};

/// Multi-resolution training: a share of a base's tiles shows `factor` times as much ground along each edge, averaged to the tile's pixels,
/// so that objects larger than a tile are seen whole. Needs files of at least `factor` tiles along each edge.
template <class Base = Curriculum<slump_ratios>, CoarseShareOptions O = CoarseShareOptions{}>
struct MultiResolution : Base {
  static constexpr std::string_view name = "MultiResolution";
  static constexpr CoarseShareOptions coarse = O;
  static constexpr bool valid_options = Base::valid_options && O.share > 0 && O.share < 1 && (O.factor == 2 || O.factor == 4);
  static Description describe() { return {"sampler", "MultiResolution", rts::detail::fields_of(O), {rts::describe<Base>()}}; }
};

static_assert(Sampler<Curriculum<slump_ratios>> && Sampler<MultiResolution<>> && Sampler<FixedRatio<>> && Sampler<Balanced<>> && Sampler<Stratified<>> && Sampler<Weighted<>> && Sampler<HardNegatives<>>);

}  // namespace rts::inline RTS_ABI::samplers
BOOST_HANA_ADAPT_STRUCT(rts::samplers::CurriculumOptions, positive_fraction, ramp);
BOOST_HANA_ADAPT_STRUCT(rts::samplers::FixedRatioOptions, ratio, positive_fraction);
BOOST_HANA_ADAPT_STRUCT(rts::samplers::HardOptions, share, keep, pool);
BOOST_HANA_ADAPT_STRUCT(rts::samplers::BalancedOptions, positive_fraction);
BOOST_HANA_ADAPT_STRUCT(rts::samplers::CoarseShareOptions, share, factor);
BOOST_HANA_ADAPT_STRUCT(rts::samplers::StratifiedOptions, per_group);
BOOST_HANA_ADAPT_STRUCT(rts::samplers::WeightedOptions, positive, by_region);
