// Curves from histograms against sorting every score, at any prevalence; classes against classes; intervals.
#include <rts/core/error.hpp>
#include <rts/core/instruction_set.hpp>
#include <rts/core/philox_formula.hpp>
#include <rts/metrics/confusion.hpp>
#include <rts/metrics/curve.hpp>
#include <rts/metrics/evaluation.hpp>

#include <ATen/ATen.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#undef CHECK
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

using namespace rts;
using namespace rts::metrics;

namespace {

constexpr double exact = 1e-12;  // relative: 16-bit scores lose nothing

struct Scores {
  std::vector<float> score;
  std::vector<std::uint8_t> label, valid;
};
Scores made(std::size_t n, std::uint64_t seed) {
  Scores s;
  Random r(seed, 1, 0);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint8_t y = r.chance(0.05) ? 1 : r.chance(0.02) ? 255
                                                               : 0;
    double sum = 0;
    for (int k = 0; k < 6; ++k) sum += r.uniform(-1, 1);
    s.score.push_back(static_cast<float>(sum * 1.6 - 3 + 4 * (y == 1)));
    s.label.push_back(y);
    s.valid.push_back(r.chance(0.9));
  }
  return s;
}

/// Everything by sorting, ties grouped; background counts `weight`.
struct Sorted {
  double ap = 0, auc = 0, precision_at_half = 0, recall_at_half = 0, best_f = 0, best_iou = 0;
};
Sorted sorted(const std::vector<double>& score, const Scores& s, double weight) {
  std::map<double, std::pair<double, double>, std::greater<>> groups;
  double positives = 0, negatives = 0;
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (!s.valid[i] || s.label[i] > 1) continue;
    auto& g = groups[score[i]];
    (s.label[i] ? g.first : g.second) += s.label[i] ? 1 : weight;
    (s.label[i] ? positives : negatives) += s.label[i] ? 1 : weight;
  }
  Sorted r;
  double tp = 0, fp = 0;
  for (const auto& [v, g] : groups) {
    r.auc += g.first * (negatives - fp - 0.5 * g.second) / (positives * negatives);
    tp += g.first, fp += g.second;
    const double p = tp / (tp + fp), c = tp / positives;
    r.ap += g.first / positives * p;
    if (c >= 0.5) r.precision_at_half = std::max(r.precision_at_half, p);
    if (p >= 0.5) r.recall_at_half = std::max(r.recall_at_half, c);
    if (p + c > 0) r.best_f = std::max(r.best_f, 1.25 * p * c / (0.25 * p + c));
    r.best_iou = std::max(r.best_iou, tp / (positives + fp));
  }
  return r;
}
void compare(const Curve& c, const Sorted& s) {
  CHECK(c.average_precision() == doctest::Approx(s.ap).epsilon(exact));
  CHECK(c.roc_auc() == doctest::Approx(s.auc).epsilon(exact));
  CHECK(c.precision_at_recall(0.5).value == doctest::Approx(s.precision_at_half).epsilon(exact));
  CHECK(c.recall_at_precision(0.5).value == doctest::Approx(s.recall_at_half).epsilon(exact));
  CHECK(c.best_f(0.5).value == doctest::Approx(s.best_f).epsilon(exact));
  CHECK(c.best_iou().value == doctest::Approx(s.best_iou).epsilon(exact));
}
std::uint16_t bf16(float v) { return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(v) >> 16); }

}  // namespace

TEST_CASE("16-bit scores are exact, at any weight") {
  const Scores s = made(20000, 1);
  std::vector<std::uint16_t> b, h, whole;
  std::vector<double> of_b, of_h, of_whole;
  for (const float v : s.score) {
    b.push_back(bf16(v));
    of_b.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(b.back()) << 16));
    const at::Half half(v);
    h.push_back(half.x);
    of_h.push_back(static_cast<float>(half));
    whole.push_back(static_cast<std::uint16_t>(std::clamp(v * 1000 + 20000, 0.0f, 65535.0f)));
    of_whole.push_back(whole.back());
  }
  for (const double weight : {1.0, 7.5, 1000.0})
    for (const Key key : {Key::bf16, Key::fp16, Key::whole_number}) {
      const auto& bits = key == Key::bf16 ? b : key == Key::fp16 ? h
                                                                 : whole;
      const auto& values = key == Key::bf16 ? of_b : key == Key::fp16 ? of_h
                                                                      : of_whole;
      Counts p(key_count), n(key_count);
      count_bits(bits.data(), key, s.label.data(), s.valid.data(), bits.size(), p, n);
      for (std::size_t i = 0; i < bits.size(); i += 97) CHECK(score_of(key_of_bits(bits[i], key), key) == values[i]);
      compare(Curve(key, p, Counts(key_count), n, weight), sorted(values, s, weight));
    }
}
TEST_CASE("fp32 scores: bounds hold, a second pass narrows them") {
  const Scores s = made(50000, 2);
  const std::vector<double> values(s.score.begin(), s.score.end());
  for (const auto isa : {kernels::Isa::baseline, kernels::Isa::avx2, kernels::Isa::avx512}) {
    if (isa > kernels::best_isa()) continue;
    kernels::active_isa() = isa;
    Counts p(key_count), n(key_count);
    count_scores(s.score.data(), s.label.data(), s.valid.data(), s.score.size(), p, n);
    const Curve c(Key::fixed, p, n);
    const double truth = sorted(values, s, 1).ap;
    const Bounds b = c.average_precision_bounds();
    CHECK(b.low <= truth);
    CHECK(b.high >= truth);
    CHECK(std::abs(c.roc_auc() - sorted(values, s, 1).auc) <= c.roc_auc_bounds().high - c.roc_auc());
    Refinement r;
    int passes = 0;
    Bounds fine = b;
    while (r.choose(c, 1e-7) && passes < 4) {
      r.count(s.score.data(), s.label.data(), s.valid.data(), s.score.size(), false);
      fine = r.average_precision_bounds(p, n, {}, 1);
      ++passes;
    }
    CHECK(passes >= 1);
    CHECK(fine.low <= truth);
    CHECK(fine.high >= truth);
    CHECK(fine.high - fine.low < 0.1 * (b.high - b.low));
  }
  kernels::active_isa() = kernels::best_isa();
}
TEST_CASE("scores beyond the keys, NaN, nothing at all") {
  CHECK(key_of(-1e9f) == 0);
  CHECK(key_of(1e9f) == 65535);
  CHECK(key_of(std::nanf("")) == 0);
  const Curve none(Key::fixed, Counts(key_count), Counts(key_count));
  CHECK(std::isnan(none.average_precision()));
  CHECK(std::isnan(none.roc_auc()));
  CHECK(none.best_f(1).key == -1);
  Tally a, b;
  b.key = Key::bf16;
  CHECK_THROWS_WITH_AS(a.merge(b), doctest::Contains("RTS-V63"), Error);
  CHECK(sizeof(std::int64_t) * 2 * key_count <= 1100000);  // a histogram of two classes
}
TEST_CASE("calibration figures against their definitions") {
  const Scores s = made(20000, 3);
  Counts p(key_count), n(key_count);
  count_scores(s.score.data(), s.label.data(), s.valid.data(), s.score.size(), p, n);
  const Curve c(Key::fixed, p, n);
  double brier = 0, nll = 0, pixels = 0;
  std::vector<std::array<double, 3>> bins(15, {0, 0, 0});
  for (std::size_t i = 0; i < s.score.size(); ++i) {
    if (!s.valid[i] || s.label[i] > 1) continue;
    const double z = 0.7 * s.score[i] + 0.3, q = 1 / (1 + std::exp(-z)), y = s.label[i];
    brier += (q - y) * (q - y), nll -= y * std::log(q) + (1 - y) * std::log(1 - q), pixels += 1;
    auto& b = bins[static_cast<std::size_t>(std::min(14.0, q * 15))];
    b[0] += q, b[1] += y, b[2] += 1;
  }
  double error = 0;
  for (const auto& b : bins)
    if (b[2] > 0) error += std::abs(b[0] - b[1]) / pixels;
  constexpr double binned = 2e-3;  // scores stand for the middles of their bins
  CHECK(c.brier(0.7, 0.3) == doctest::Approx(brier / pixels).epsilon(binned));
  CHECK(c.nll(0.7, 0.3) == doctest::Approx(nll / pixels).epsilon(binned));
  CHECK(c.calibration_error(0.7, 0.3) == doctest::Approx(error).epsilon(0.02));
}
TEST_CASE("classes against classes") {
  const std::vector<std::uint8_t> truth{0, 0, 1, 1, 2, 255, 2, 1}, guess{0, 1, 1, 1, 0, 1, 2, 0}, valid{1, 1, 1, 1, 1, 1, 1, 0};
  Confusion a(4), b(4);
  a.add(truth.data(), guess.data(), valid.data(), 4);
  b.add(truth.data() + 4, guess.data() + 4, valid.data() + 4, 4);
  a.merge(b);
  CHECK(a.count(1, 1) == 2);
  CHECK(a.count(2, 0) == 1);
  CHECK(a.iou(0) == doctest::Approx(1.0 / 3));
  CHECK(a.dice(1) == doctest::Approx(0.8));
  CHECK(a.recall(2) == doctest::Approx(0.5));
  CHECK(a.precision(1) == doctest::Approx(2.0 / 3));
  CHECK(std::isnan(a.iou(3)));
  CHECK(a.mean_iou() == doctest::Approx((1.0 / 3 + 2.0 / 3 + 0.5) / 3));
  CHECK(a.pixel_accuracy() == doctest::Approx(4.0 / 6));
  const std::uint8_t outside = 9, zero = 0;
  CHECK_THROWS_WITH_AS(a.add(&zero, &outside, nullptr, 1), doctest::Contains("RTS-V64"), Error);
}
TEST_CASE("intervals and sizes") {
  const Interval w = wilson(8, 10);
  CHECK(w.low == doctest::Approx(0.4902).epsilon(1e-3));
  CHECK(w.high == doctest::Approx(0.9433).epsilon(1e-3));
  CHECK(size_class(49.9) == 0);
  CHECK(size_class(50) == 1);
  CHECK(size_class(1000) == 3);
}
TEST_CASE("an evaluation weighs tiles, not pixels") {
  Evaluation e(true, {.threshold = 0, .pixel_size = 10});
  const auto tile = [&](bool positive, float wrong, const char* region) {
    at::Tensor z = at::full({1, 1, 20, 20}, -4.0f), y = at::zeros({1, 20, 20}, at::kByte);
    if (positive) y.narrow(1, 4, 6).narrow(2, 4, 6).fill_(1), z.narrow(2, 4, 6).narrow(3, 4, 6).fill_(3.0f);
    if (wrong > 0) z.narrow(2, 14, 2).narrow(3, 14, 3).fill_(wrong);
    e.add(Logits<tasks::Binary>(z), Labels<tasks::Binary>(y), ValidMask(at::ones({1, 20, 20}, at::kByte)), {"tile", region});
  };
  for (int i = 0; i < 4; ++i) tile(true, i == 0 ? 2.0f : 0.0f, i % 2 ? "a" : "b");
  for (int i = 0; i < 8; ++i) tile(false, i < 2 ? 5.0f : 0.0f, "c");
  const ObjectFigures own = e.objects(0, 1), rare = e.objects(200, 1);
  CHECK(own.precision == doctest::Approx(4.0 / 7));
  CHECK(rare.precision == doctest::Approx(4.0 / (5 + 100 * 2)));  // w = 200 x 4 / 8
  CHECK(rare.recall == 1);
  CHECK(e.figures(200).extrapolated);
  CHECK(e.figures(200).weight == doctest::Approx(100));
  CHECK(e.figures(0).few_negatives);
  // 6 pixels of 10 m: an outline of 60 m, class 50 to 200 m; the false ones are smaller.
  CHECK(e.objects(0, 1, {.size = 1}).truths == 4);
  CHECK(e.objects(0, 1, {.size = 1}).precision == 1);
  CHECK(e.objects(0, 1, {.size = 0}).predictions == 3);
  CHECK(e.objects(0, 1, {.size = 0}).precision == 0);
  CHECK(e.objects(0, 1, {.region = "a"}).truths == 2);
  CHECK(e.object_average_precision(0) < 1);
  CHECK(e.by_region(20, 1).size() == 3);
  Evaluation copy(false, e.settings());
  copy.tally() = e.tally();
  copy.set_counters(e.counters());
  CHECK(copy.figures(200).obj_precision == rare.precision);
  // The smallest object: everything below 80 m is left out.
  Evaluation large(true, {.threshold = 0, .pixel_size = 10, .smallest = 80});
  CHECK(std::isnan(large.objects(0, 1).precision));
}
