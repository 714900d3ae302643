// Orders beside the ratio of negatives: regions in turn, weights, shards.
#include <rts/core/error.hpp>
#include <rts/samplers/order.hpp>

#include <algorithm>
#include <map>
#include <set>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;
using namespace rts::samplers;

namespace {

/// Regions of 10, 40 and 150 tiles; every tenth holds an object.
std::vector<Candidate> tiles() {
  std::vector<Candidate> out;
  for (std::uint32_t i = 0; i < 200; ++i) out.push_back({1000 + i, i < 10 ? 0u : i < 50 ? 1u
                                                                                        : 2u,
                                                         i % 10 == 0});
  return out;
}
std::uint32_t group_of(std::uint32_t sample) { return sample < 1010 ? 0 : sample < 1050 ? 1
                                                                                        : 2; }

}  // namespace

TEST_CASE("stratified: one of each region in turn, each region's tiles without replacement") {
  const Order order = stratified_order(tiles(), {"a", "b", "c"}, 1, 1, 42);
  CHECK(order.samples.size() == 198);  // 66 rounds
  for (std::size_t i = 0; i < order.samples.size(); ++i) CHECK(group_of(order.samples[i]) == i % 3);
  std::map<std::uint32_t, int> seen;
  for (const std::uint32_t s : order.samples) ++seen[s];
  for (const auto& [s, n] : seen) CHECK((group_of(s) == 2 ? n == 1 : group_of(s) == 1 ? n >= 1 && n <= 2
                                                                                      : n >= 6 && n <= 7));
  CHECK(order.drawn.groups == 3);
  CHECK(order.drawn.text().find("3 regions") != std::string::npos);
  // Epochs carry on: region c's first 132 draws hold no tile twice.
  const Order next = stratified_order(tiles(), {"a", "b", "c"}, 1, 2, 42);
  std::set<std::uint32_t> both;
  for (const Order* o : {&order, &next})
    for (const std::uint32_t s : o->samples)
      if (group_of(s) == 2) CHECK(both.insert(s).second);
  CHECK(stratified_order(tiles(), {"a", "b", "c"}, 1, 2, 42).samples == next.samples);
  const Order pairs = stratified_order(tiles(), {"a", "b", "c"}, 2, 1, 42);
  for (std::size_t i = 0; i < pairs.samples.size(); ++i) CHECK(group_of(pairs.samples[i]) == i / 2 % 3);
}

TEST_CASE("an empty region is named") {
  try {
    stratified_order(tiles(), {"a", "b", "c", "quiet bay"}, 1, 1, 42);
    CHECK(false);
  } catch (const Error& e) {
    CHECK(std::string(e.what()).find("RTS-S53") != std::string::npos);
    CHECK(std::string(e.what()).find("quiet bay") != std::string::npos);
  }
}

TEST_CASE("weighted: shares follow the weights") {
  std::map<std::uint32_t, double> by_group;
  double positives = 0, n = 0;
  for (int epoch = 1; epoch <= 200; ++epoch) {
    const Order o = weighted_order(tiles(), 3, 1, epoch, 7);
    CHECK(o.samples.size() == 200);
    for (const std::uint32_t s : o.samples) by_group[group_of(s)] += 1, positives += (s - 1000) % 10 == 0, n += 1;
  }
  for (const auto& [g, count] : by_group) CHECK(count / n == doctest::Approx(1.0 / 3).epsilon(0.02));
  CHECK(positives / n == doctest::Approx(3.0 / 12).epsilon(0.02));  // 1 of 10 at weight 3
}

TEST_CASE("hard negatives take their share of every batch") {
  std::vector<std::uint32_t> positives, negatives, hard;
  for (std::uint32_t i = 0; i < 20; ++i) positives.push_back(i);
  for (std::uint32_t i = 100; i < 300; ++i) negatives.push_back(i);
  for (std::uint32_t i = 900; i < 907; ++i) hard.push_back(i);
  const std::vector<double> ratios(5, 3.0);
  const Order plain = epoch_order(positives, negatives, ratios, 2, 8, 0.5, 42);
  Order order = plain;
  put_hard(order, hard, 0.5, 2, 8, 0.5, 42);
  std::map<std::uint32_t, int> seen;
  for (std::size_t i = 0; i < order.samples.size(); ++i) {
    CHECK((order.samples[i] >= 900) == (i % 8 >= 6));
    if (i % 8 < 6) CHECK(order.samples[i] == plain.samples[i]);
    else ++seen[order.samples[i]];
  }
  for (const auto& [sample, n] : seen) CHECK((n >= 4 && n <= 5));  // 30 draws of 7
  CHECK(order.drawn.hard == 30);
  CHECK(order.drawn.text().find("30 of them hard") != std::string::npos);
  put_hard(order = plain, {}, 0.5, 2, 8, 0.5, 42);
  CHECK(order.samples == plain.samples);
  CHECK(choose(negatives, 50, 1, 42).size() == 50);
  CHECK(choose(negatives, 50, 1, 42) != choose(negatives, 50, 2, 42));
}

TEST_CASE("shards are disjoint, equally long, and batches of the whole") {
  std::vector<std::uint32_t> order(103);
  for (std::uint32_t i = 0; i < 103; ++i) order[i] = i;
  std::set<std::uint32_t> all;
  for (int rank = 0; rank < 3; ++rank) {
    const auto mine = shard(order, 8, rank, 3);
    CHECK(mine.size() == 32);
    for (std::size_t i = 0; i < mine.size(); ++i) {
      CHECK(all.insert(mine[i]).second);
      CHECK(mine[i] == (i / 8 * 3 + static_cast<std::size_t>(rank)) * 8 + i % 8);
    }
  }
}
