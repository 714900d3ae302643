// Objects and their matching: every rule by hand, 2,000 random scenes against an independent brute-force matcher, streams in little memory.
#include <rts/core/error.hpp>
#include <rts/core/instruction_set.hpp>
#include <rts/core/philox_formula.hpp>
#include <rts/metrics/matching.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <sys/resource.h>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;
using namespace rts::metrics;

namespace {

struct Scene {
  int h = 0, w = 0;
  std::vector<std::uint8_t> p, t;
};
/// Rows of text: P prediction, T truth, B both.
Scene drawn(const std::vector<std::string>& rows) {
  Scene s{static_cast<int>(rows.size()), static_cast<int>(rows[0].size()), {}, {}};
  for (const std::string& r : rows)
    for (const char c : r) s.p.push_back(c == 'P' || c == 'B'), s.t.push_back(c == 'T' || c == 'B');
  return s;
}
Matching matched(const Scene& s, double iou, const MatchOptions& more = {}) {
  MatchOptions o = more;
  o.iou = iou;
  return match(find_objects(s.p.data(), s.t.data(), s.h, s.w), o);
}

// --- the brute-force matcher: flood fill, pixel sets, all assignments -------------------------------------------------
using Pixels = std::set<int>;
std::vector<Pixels> components(const std::vector<std::uint8_t>& mask, int h, int w, bool eight) {
  std::vector<char> seen(mask.size(), 0);
  std::vector<Pixels> out;
  for (int i = 0; i < h * w; ++i) {
    if (!mask[static_cast<std::size_t>(i)] || seen[static_cast<std::size_t>(i)]) continue;
    Pixels c;
    std::vector<int> todo{i};
    seen[static_cast<std::size_t>(i)] = 1;
    while (!todo.empty()) {
      const int at = todo.back();
      todo.pop_back();
      c.insert(at);
      for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) {
          const int y = at / w + dy, x = at % w + dx;
          if ((!eight && dx && dy) || y < 0 || x < 0 || y >= h || x >= w) continue;
          const auto k = static_cast<std::size_t>(y * w + x);
          if (mask[k] && !seen[k]) seen[k] = 1, todo.push_back(y * w + x);
        }
    }
    out.push_back(c);
  }
  return out;
}
int shared(const Pixels& a, const Pixels& b) {
  int n = 0;
  for (const int i : a) n += static_cast<int>(b.count(i));
  return n;
}
/// The largest number of pairs, by trying every truth for every prediction.
int best_assignment(const std::vector<std::vector<char>>& good, std::size_t p, std::set<std::size_t>& used) {
  if (p == good.size()) return 0;
  int best = best_assignment(good, p + 1, used);
  for (std::size_t t = 0; t < good[p].size(); ++t)
    if (good[p][t] && !used.count(t)) {
      used.insert(t);
      best = std::max(best, 1 + best_assignment(good, p + 1, used));
      used.erase(t);
    }
  return best;
}
struct Brute {
  int matched, tp, fp, fn;
};
Brute brute(const Scene& s, double iou) {
  const auto p = components(s.p, s.h, s.w, true), t = components(s.t, s.h, s.w, true);
  std::vector<char> free_p(p.size(), 1), free_t(t.size(), 1);
  const auto assignment = [&] {
    std::vector<std::vector<char>> good(p.size(), std::vector<char>(t.size(), 0));
    for (std::size_t i = 0; i < p.size(); ++i)
      for (std::size_t j = 0; j < t.size(); ++j) {
        const double both = shared(p[i], t[j]);
        good[i][j] = free_p[i] && free_t[j] && both / (static_cast<double>(p[i].size() + t[j].size()) - both) >= iou;
      }
    std::set<std::size_t> used;
    return best_assignment(good, 0, used);
  };
  Brute b{assignment(), 0, 0, 0};
  // Ties: half or more of either.
  const auto covers = [&](std::size_t i, std::size_t j) { return 2 * shared(p[i], t[j]) >= static_cast<int>(t[j].size()); };
  const auto inside = [&](std::size_t i, std::size_t j) { return 2 * shared(p[i], t[j]) >= static_cast<int>(p[i].size()); };
  const auto tied = [&](std::size_t i, std::size_t j) { return covers(i, j) || inside(i, j); };
  /// One object over several of the other side, none of which is tied to another one: 1 TP and all but one of them `extra`.
  const auto group = [&](const std::vector<Pixels>& ones, const std::vector<Pixels>& others, std::vector<char>& free_ones, std::vector<char>& free_others, const auto& tie, const auto& holds, int& extra) {
    for (std::size_t i = 0; i < ones.size(); ++i) {
      std::vector<std::size_t> mine;
      bool rule = free_ones[i];
      Pixels all;
      for (std::size_t j = 0; j < others.size(); ++j)
        if (tie(i, j)) {
          mine.push_back(j);
          rule = rule && holds(i, j);
          for (std::size_t k = 0; k < ones.size(); ++k) rule = rule && (k == i || !tie(k, j));
          all.insert(others[j].begin(), others[j].end());
        }
      const double both = shared(ones[i], all);
      if (mine.size() < 2 || !rule || both / (static_cast<double>(ones[i].size() + all.size()) - both) < iou) continue;
      free_ones[i] = 0;
      for (const auto j : mine) free_others[j] = 0;
      ++b.tp, extra += static_cast<int>(mine.size()) - 1;
    }
  };
  group(p, t, free_p, free_t, tied, covers, b.fn);
  group(t, p, free_t, free_p, [&](std::size_t j, std::size_t i) { return tied(i, j); }, [&](std::size_t j, std::size_t i) { return inside(i, j); }, b.fp);
  const int rest = assignment();
  b.tp += rest;
  b.fp += static_cast<int>(std::count(free_p.begin(), free_p.end(), 1)) - rest;
  b.fn += static_cast<int>(std::count(free_t.begin(), free_t.end(), 1)) - rest;
  return b;
}

Scene random_scene(std::uint64_t seed) {
  Random r(seed, 1, 0);
  Scene s{8 + static_cast<int>(r.below(20)), 8 + static_cast<int>(r.below(80)), {}, {}};
  s.p.assign(static_cast<std::size_t>(s.h * s.w), 0), s.t = s.p;
  const auto blob = [&](std::vector<std::uint8_t>& m, int y, int x, int h, int w) {
    for (int i = std::max(0, y); i < std::min(s.h, y + h); ++i)
      for (int j = std::max(0, x); j < std::min(s.w, x + w); ++j) m[static_cast<std::size_t>(i * s.w + j)] = 1;
  };
  const auto n = 1 + r.below(6);
  for (std::uint32_t k = 0; k < n; ++k) {
    const int y = static_cast<int>(r.below(static_cast<std::uint32_t>(s.h))), x = static_cast<int>(r.below(static_cast<std::uint32_t>(s.w))), h = 1 + static_cast<int>(r.below(7)), w = 1 + static_cast<int>(r.below(9));
    const int dy = static_cast<int>(r.below(5)) - 2, dx = static_cast<int>(r.below(5)) - 2;
    if (r.chance(0.85)) blob(s.t, y, x, h, w);
    if (r.chance(0.85)) blob(s.p, y + dy, x + dx, h + static_cast<int>(r.below(4)) - 1, w + static_cast<int>(r.below(5)) - 2);
    if (r.chance(0.6)) blob(s.p, y + h / 2, x, 1, w), blob(s.t, y + h / 2, x, r.chance(0.5) ? 0 : 1, w);
    for (int j = 0; r.chance(0.4) && j < s.w; ++j) (r.chance(0.5) ? s.p : s.t)[static_cast<std::size_t>(std::min(s.h - 1, y) * s.w + j)] = r.chance(0.4);
  }
  return s;
}

}  // namespace

TEST_CASE("one to one, by hand") {
  const Scene exact = drawn({"BB..", "BB..", "....", "...."});
  for (const double iou : match_ious) CHECK(matched(exact, iou).matched == 1);
  const Scene half = drawn({"BBTT", "BBTT"});  // IoU 0.5
  CHECK(matched(half, 0.5).matched == 1);
  const Scene third = drawn({"PBT", "PBT"});  // IoU 1/3
  CHECK(matched(third, 0.5).matched == 0);
  CHECK(matched(third, 0.3).matched == 1);
  // Taking the best pair first would leave the second prediction alone: the largest number of pairs is wanted.
  const Scene chain = drawn({"PPBBBTBBBBBBPBBBTTTTT"});  // IoU 0.25, 0.43 and 0.2 from left to right
  CHECK(matched(chain, 0.1).matched == 2);
  CHECK(matched(chain, 0.3).matched == 1);
  const Scene empty = drawn({"....", "...."});
  CHECK(matched(empty, 0.3).predictions == 0);
  CHECK(matched(drawn({"P..", "..T"}), 0.1).fp == 1);
  CHECK(matched(drawn({"P..", "..T"}), 0.1).fn == 1);
}
TEST_CASE("guide's rules, by hand") {
  // One prediction over three truths: 1 TP, 2 FN.
  const Matching merged = matched(drawn({"BBPBBPBB", "BBPBBPBB"}), 0.5);
  CHECK(merged.tp == 1);
  CHECK(merged.fn == 2);
  CHECK(merged.fp == 0);
  CHECK(merged.matched == 0);  // one to one: no single truth has IoU 0.5
  // Three fragments in one truth: 1 TP, 2 FP.
  const Matching broken = matched(drawn({"BBTBBTBB", "BBTBBTBB"}), 0.5);
  CHECK(broken.tp == 1);
  CHECK(broken.fp == 2);
  CHECK(broken.fn == 0);
  // Too little IoU with the union: as one to one.
  const Matching wide = matched(drawn({"BPPPPPPPPPPPPPPPPPPB"}), 0.3);
  CHECK(wide.tp == 0);
  CHECK(wide.fp == 1);
  CHECK(wide.fn == 2);
  // N to M: two predictions and two truths tied to each other fall back to one to one.
  const Scene many = drawn({"BBBBTTTT.", "PPPPBBBB.", "........."});
  CHECK(matched(many, 0.1).tp == brute(many, 0.1).tp);
}
TEST_CASE("smallest object, ignored areas, borders and gaps") {
  // A truth below the minimum is ignored, and so is a prediction that lies on it; a prediction below the minimum is dropped.
  const Scene s = drawn({"BB.......P", ".........P", "....BBBB..", "....BBBB..", "....BBBB..", "..........", "..........", "PPPP......"});
  const Matching all = matched(s, 0.3), large = matched(s, 0.3, {.smallest = 3});
  CHECK(all.predictions == 4);
  CHECK(all.truths == 2);
  CHECK(large.truths == 1);
  CHECK(large.ignored_truths == 1);
  CHECK(large.predictions == 2);
  CHECK(matched(s, 0.3, {.whole_only = true}).predictions == 1);
  // At a pixel without data.
  ObjectStream stream(8, {});
  const std::uint64_t row = 0b00011000, valid[4] = {0xFF, 0xFF, 0b11011111, 0xFF}, none = 0;
  for (const auto& v : valid) stream.add_row(&v == valid + 1 ? &row : &none, &none, nullptr, &v);
  const ObjectTables t = stream.finish();
  CHECK(t.predictions[0].at_gap);
  CHECK(!t.predictions[0].at_border);
  CHECK_THROWS_WITH_AS(ObjectStream(8, {.connectivity = 6}), doctest::Contains("RTS-V61"), Error);
}
TEST_CASE("what an object knows of itself") {
  const Scene s = drawn({".....", ".PPP.", ".P.P.", ".PPP.", "....."});
  std::vector<float> score(25, 0.5f);
  score[7] = 0.9f;
  const ObjectTables t = find_objects(s.p.data(), s.t.data(), 5, 5, score.data());
  REQUIRE(t.predictions.size() == 1);
  const Object& o = t.predictions[0];
  CHECK(o.area == 8);
  CHECK(o.left == 1);
  CHECK(o.right == 4);
  CHECK(o.x == doctest::Approx(2));
  CHECK(o.y == doctest::Approx(2));
  CHECK(o.confidence == doctest::Approx((7 * 0.5 + 0.9) / 8));
  CHECK(o.highest == doctest::Approx(0.9));
  CHECK(o.longer_side == doctest::Approx(3));
  // A rectangle turned by 45 degrees: its longer side, within a pixel's outline.
  std::vector<std::uint8_t> m(200 * 200, 0), n(m.size(), 0);
  for (int y = 0; y < 200; ++y)
    for (int x = 0; x < 200; ++x) m[static_cast<std::size_t>(y * 200 + x)] = std::abs((x - 100) + (y - 100)) <= 80 && std::abs((x - 100) - (y - 100)) <= 20;
  CHECK(find_objects(m.data(), n.data(), 200, 200).predictions[0].longer_side == doctest::Approx(160 / std::sqrt(2.0)).epsilon(0.02));
}
TEST_CASE("2,000 random scenes equal a brute-force matcher, with every instruction set") {
  int objects = 0, groups = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const Scene s = random_scene(seed);
    kernels::active_isa() = static_cast<kernels::Isa>(std::min<int>(static_cast<int>(seed % 3), static_cast<int>(kernels::best_isa())));
    const auto p = components(s.p, s.h, s.w, true);
    const ObjectTables t = find_objects(s.p.data(), s.t.data(), s.h, s.w);
    REQUIRE(t.predictions.size() == p.size());
    for (std::size_t i = 0; i < p.size(); ++i) REQUIRE(t.predictions[i].area == static_cast<std::int64_t>(p[i].size()));
    CHECK(find_objects(s.p.data(), s.t.data(), s.h, s.w, nullptr, {.connectivity = 4}).truths.size() == components(s.t, s.h, s.w, false).size());
    for (const double iou : match_ious) {
      const Brute b = brute(s, iou);
      const Matching m = match(t, {.iou = iou});
      CAPTURE(seed);
      CAPTURE(iou);
      CHECK(m.matched == b.matched);
      CHECK(m.tp == b.tp);
      CHECK(m.fp == b.fp);
      CHECK(m.fn == b.fn);
      groups += m.tp != m.matched;
    }
    objects += static_cast<int>(p.size());
  }
  kernels::active_isa() = kernels::best_isa();
  CHECK(objects > 4000);
  CHECK(groups > 100);  // the guide's rules were put to work
}
TEST_CASE("components as a picture") {
  const Scene s = random_scene(7);
  const Components c = connected_components(s.p.data(), s.h, s.w);
  const auto wanted = components(s.p, s.h, s.w, true);
  REQUIRE(c.count() == wanted.size());
  for (std::size_t k = 0; k < wanted.size(); ++k)
    for (const int i : wanted[k]) REQUIRE(c.label[static_cast<std::size_t>(i)] == k + 1);
}
TEST_CASE("40,000 x 40,000 pixels stream in less than 300 MB") {
  constexpr int n = 40000;
  ObjectStream stream(n, {});
  std::vector<std::uint64_t> p(n / 64), t(n / 64);
  // Stripes of blobs, 8 x 8 pixels in a grid of 64: 390,625 objects in either mask, shifted by one pixel.
  for (int y = 0; y < n; ++y) {
    const bool on = y % 64 < 8;
    for (auto& w : p) w = on ? 0xFF : 0;
    for (auto& w : t) w = on ? 0x1FE : 0;
    stream.add_row(p.data(), t.data());
  }
  const ObjectTables tables = stream.finish();
  CHECK(tables.predictions.size() == 390625);
  CHECK(tables.truths.size() == 390625);
  CHECK(match(tables, {.iou = 0.5}).matched == 390625);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  MESSAGE("peak memory " << usage.ru_maxrss / 1024 << " MB");
  CHECK(usage.ru_maxrss < 300 * 1024);
}
TEST_CASE("average precision over confidence") {
  CHECK(object_average_precision({{0.9, 1, true}, {0.8, 1, false}, {0.7, 1, true}}, 2) == doctest::Approx(0.5 + 0.5 * 2 / 3));
  CHECK(object_average_precision({{0.9, 1, true}, {0.9, 1, false}}, 1) == doctest::Approx(0.5));
  CHECK(object_average_precision({{0.9, 200, false}, {0.8, 1, true}}, 1) == doctest::Approx(1.0 / 201));
  CHECK(std::isnan(object_average_precision({}, 0)));
}
