#pragma once
#include <rts/metrics/objects.hpp>

#include <rts/core/error.hpp>
#include <rts/metrics/hull.hpp>

#include <algorithm>
#include <bit>
#include <memory>

namespace rts::inline RTS_ABI::metrics {
namespace detail {

/// Components of one mask while its rows come in. Labels are given to runs and joined by union-find; the smaller one stays.
class Layer {
 public:
  Layer(int width, const ObjectOptions& o) : reach_(o.connectivity == 8 ? 1 : 0), extent_(o.extent), width_(width) {}

  const std::vector<Run>& runs() const { return runs_; }
  const std::vector<std::uint32_t>& labels() const { return labels_; }
  std::size_t label_count() const { return parent_.size(); }
  std::uint32_t root(std::uint32_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }

  void add_row(int y, const std::uint64_t* bits, const float* scores, const std::uint64_t* gaps) {
    std::swap(runs_, above_);
    std::swap(labels_, above_labels_);
    runs_of(bits, width_, runs_);
    labels_.resize(runs_.size());
    std::size_t k = 0;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const Run r = runs_[i];
      while (k < above_.size() && above_[k].last + reach_ <= r.first) ++k;
      std::uint32_t label = none;
      for (std::size_t j = k; j < above_.size() && above_[j].first < r.last + reach_; ++j) {
        const std::uint32_t other = root(above_labels_[j]);
        label = label == none ? other : label == other ? label
                                                       : join(label, other);
      }
      if (label == none) label = start(r, y);
      labels_[i] = label;
      count(sums_[label], r, y, scores);
    }
    if (extent_) outline_row(y);
    if (gaps) mark_gaps(gaps);
  }
  void mark_gaps(const std::uint64_t* gaps) {
    // A run lies at a gap where a neighbour in its own row, or in the one it is compared with, is not valid.
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const int first = std::max(0, runs_[i].first - 1), last = std::min(width_, runs_[i].last + 1);
      for (int w = first / 64; w <= (last - 1) / 64; ++w) {
        std::uint64_t mask = ~std::uint64_t{0};
        if (w == first / 64) mask &= ~std::uint64_t{0} << (first & 63);
        if (w == (last - 1) / 64 && (last & 63)) mask &= ~std::uint64_t{0} >> (64 - (last & 63));
        if (gaps[w] & mask) sums_[root(labels_[i])].at_gap = true;
      }
    }
  }
  /// The row that came last, against a later row's gaps.
  void close_row_at_border() {
    for (const std::uint32_t l : labels_) sums_[root(l)].at_border = true;
  }

  /// Gives joined labels one number each, in order. `number` maps old labels.
  void compact(std::vector<std::uint32_t>& number) {
    number.assign(parent_.size(), none);
    std::uint32_t n = 0;
    for (std::uint32_t i = 0; i < parent_.size(); ++i)
      if (parent_[i] == i) number[i] = n++;
    for (std::uint32_t i = 0; i < parent_.size(); ++i)
      if (parent_[i] != i) number[i] = number[root(i)];
    for (std::uint32_t i = 0; i < parent_.size(); ++i)
      if (parent_[i] == i) {
        sums_[number[i]] = sums_[i];
        if (extent_ && number[i] != i) hulls_[number[i]] = std::move(hulls_[i]);
      }
    sums_.resize(n);
    if (extent_) hulls_.resize(n);
    parent_.resize(n);
    for (std::uint32_t i = 0; i < n; ++i) parent_[i] = i;
    for (std::uint32_t& l : labels_) l = number[l];
    if (extent_) close_hulls();
  }
  /// Components that the row that came last does not touch are complete: their outlines become a number.
  void close_hulls() {
    std::vector<char> open(hulls_.size(), 0);
    for (const std::uint32_t l : labels_) open[l] = 1;
    for (std::size_t i = 0; i < hulls_.size(); ++i)
      if (hulls_[i] && !open[i]) {
        sums_[i].longer_side = static_cast<float>(hulls_[i]->longer_side());
        hulls_[i].reset();
      }
  }

  /// Ends the layer, after compact.
  std::vector<Object> objects() {
    labels_.clear();
    if (extent_) close_hulls();
    hulls_.clear();
    std::vector<Object> out(sums_.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const Sums& s = sums_[i];
      const double n = static_cast<double>(s.area);
      out[i] = {s.area, s.left, s.top, s.right, s.bottom, s.x / n, s.y / n, s.score / n, s.highest, s.longer_side, s.at_border, s.at_gap};
    }
    sums_ = std::vector<Sums>();
    return out;
  }

 private:
  static constexpr std::uint32_t none = ~0u;
  struct Sums {
    std::int64_t area = 0;
    double x = 0, y = 0, score = 0;
    std::int32_t left = 0, top = 0, right = 0, bottom = 0;
    float highest = 0, longer_side = 0;
    bool at_border = false, at_gap = false;
  };

  std::uint32_t start(Run r, int y) {
    const auto label = static_cast<std::uint32_t>(parent_.size());
    RTS_CHECK(label != none, .code = "RTS-V62", .what = "more objects than 32-bit labels can number", .expected = "at most 4,294,967,294", .fix = "raise the threshold, or count the raster in parts");
    parent_.push_back(label);
    sums_.push_back({});
    sums_[label].left = r.first, sums_[label].right = r.last, sums_[label].top = y, sums_[label].at_border = y == 0;
    if (extent_) hulls_.push_back(std::make_unique<Hull>());
    return label;
  }
  std::uint32_t join(std::uint32_t a, std::uint32_t b) {
    if (a > b) std::swap(a, b);
    parent_[b] = a;
    Sums &to = sums_[a], &from = sums_[b];
    to.area += from.area, to.x += from.x, to.y += from.y, to.score += from.score;
    to.left = std::min(to.left, from.left), to.top = std::min(to.top, from.top), to.right = std::max(to.right, from.right), to.bottom = std::max(to.bottom, from.bottom);
    to.highest = std::max(to.highest, from.highest);
    to.at_border |= from.at_border, to.at_gap |= from.at_gap;
    if (extent_) hulls_[a]->merge(*hulls_[b]), hulls_[b].reset();
    return a;
  }
  void count(Sums& s, Run r, int y, const float* scores) {
    const std::int64_t n = r.last - r.first;
    s.area += n;
    s.x += 0.5 * static_cast<double>(n) * (r.first + r.last - 1);
    s.y += static_cast<double>(n) * y;
    s.left = std::min(s.left, r.first), s.right = std::max(s.right, r.last), s.bottom = y + 1;
    s.at_border |= r.first == 0 || r.last == width_;
    if (!scores) return;
    double sum = 0;
    float highest = scores[r.first];
    for (std::int32_t x = r.first; x < r.last; ++x) sum += scores[x], highest = std::max(highest, scores[x]);
    s.highest = s.score == 0 && s.area == n ? highest : std::max(s.highest, highest);
    s.score += sum;
  }
  /// Leftmost and rightmost pixel of each component in the row, once it is known what belongs together.
  void outline_row(int y) {
    for (std::size_t i = 0; i < runs_.size(); ++i) hulls_[labels_[i] = root(labels_[i])]->left(runs_[i].first, y);
    for (std::size_t i = runs_.size(); i-- > 0;) hulls_[labels_[i]]->right(runs_[i].last, y);
  }

  int reach_;
  bool extent_;
  int width_;
  std::vector<Run> runs_, above_;
  std::vector<std::uint32_t> labels_, above_labels_, parent_;
  std::vector<Sums> sums_;
  std::vector<std::unique_ptr<Hull>> hulls_;  ///< of components that may grow
};

}  // namespace detail

struct ObjectStream::Impl {
  int width, row = 0;
  detail::Layer prediction, truth;
  std::vector<Overlap> overlaps;
  std::vector<std::uint32_t> recent;  ///< by prediction label: its latest entry among the overlaps
  std::size_t compacted = 0;          ///< labels and overlaps left by the last clean-up
  std::vector<std::uint64_t> gaps, gaps_above;

  Impl(int w, const ObjectOptions& o) : width(w), prediction(w, o), truth(w, o) {}

  void overlap() {
    const auto &p = prediction.runs(), &t = truth.runs();
    for (std::size_t i = 0, j = 0; i < p.size() && j < t.size();) {
      const std::int32_t first = std::max(p[i].first, t[j].first), last = std::min(p[i].last, t[j].last);
      if (first < last) {
        const std::uint32_t a = prediction.labels()[i], b = truth.labels()[j];
        if (recent.size() <= a) recent.resize(std::max<std::size_t>(2 * recent.size(), a + 1), ~0u);
        std::uint32_t& r = recent[a];
        if (r != ~0u && overlaps[r].prediction == a && overlaps[r].truth == b) overlaps[r].pixels += last - first;
        else {
          r = static_cast<std::uint32_t>(overlaps.size());
          overlaps.push_back({a, b, last - first});
        }
      }
      (p[i].last < t[j].last ? i : j) += 1;
    }
  }
  /// Joined labels and overlaps of the same pair become one.
  void compact() {
    std::vector<std::uint32_t> p, t;
    prediction.compact(p);
    truth.compact(t);
    for (Overlap& o : overlaps) o.prediction = p[o.prediction], o.truth = t[o.truth];
    std::sort(overlaps.begin(), overlaps.end(), [](const Overlap& a, const Overlap& b) { return a.prediction != b.prediction ? a.prediction < b.prediction : a.truth < b.truth; });
    std::size_t n = 0;
    for (std::size_t i = 0; i < overlaps.size(); ++i) {
      if (n > 0 && overlaps[n - 1].prediction == overlaps[i].prediction && overlaps[n - 1].truth == overlaps[i].truth) overlaps[n - 1].pixels += overlaps[i].pixels;
      else overlaps[n++] = overlaps[i];
    }
    overlaps.resize(n);
    recent.assign(recent.size(), ~0u);
    compacted = held();
  }
  std::size_t held() const { return prediction.label_count() + truth.label_count() + overlaps.size(); }
};

RTS_INLINE ObjectStream::ObjectStream(int width, const ObjectOptions& o) : impl_(std::make_unique<Impl>(width, o)) {
  RTS_CHECK(o.connectivity == 4 || o.connectivity == 8, .code = "RTS-V61", .what = "a connectivity that is not defined", .expected = "4 or 8", .found = std::to_string(o.connectivity), .fix = "use 8, as the operating point does");
}
RTS_INLINE ObjectStream::~ObjectStream() = default;

RTS_INLINE void ObjectStream::add_row(const std::uint64_t* prediction, const std::uint64_t* truth, const float* scores, const std::uint64_t* valid) {
  Impl& m = *impl_;
  const std::uint64_t* gaps = nullptr;
  if (valid) {
    const std::size_t words = static_cast<std::size_t>(m.width + 63) / 64;
    m.gaps.resize(words);
    m.gaps_above.resize(words);
    std::swap(m.gaps, m.gaps_above);
    for (std::size_t w = 0; w < words; ++w) m.gaps[w] = ~valid[w];
    // The rows above, which are complete now, against this row's gaps; this row against its own and the ones above.
    m.prediction.mark_gaps(m.gaps.data());
    m.truth.mark_gaps(m.gaps.data());
    gaps = m.gaps.data();
  }
  m.prediction.add_row(m.row, prediction, scores, gaps);
  m.truth.add_row(m.row, truth, nullptr, gaps);
  if (valid && m.row > 0) {
    m.prediction.mark_gaps(m.gaps_above.data());
    m.truth.mark_gaps(m.gaps_above.data());
  }
  m.overlap();
  ++m.row;
  if (m.held() > 2 * m.compacted + (std::size_t{1} << 16)) m.compact();
}

RTS_INLINE ObjectTables ObjectStream::finish() {
  Impl& m = *impl_;
  m.prediction.close_row_at_border();
  m.truth.close_row_at_border();
  m.compact();
  return {m.prediction.objects(), m.truth.objects(), std::move(m.overlaps)};
}

RTS_INLINE ObjectTables find_objects(const std::uint8_t* prediction, const std::uint8_t* truth, int height, int width, const float* scores, const ObjectOptions& options) {
  ObjectStream stream(width, options);
  std::vector<std::uint64_t> p(static_cast<std::size_t>(width + 63) / 64), t(p.size());
  for (int y = 0; y < height; ++y) {
    const std::size_t at = static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
    nonzero_bits(prediction + at, width, p.data());
    nonzero_bits(truth + at, width, t.data());
    stream.add_row(p.data(), t.data(), scores ? scores + at : nullptr);
  }
  return stream.finish();
}

RTS_INLINE Components connected_components(const std::uint8_t* mask, int height, int width, int connectivity) {
  detail::Layer layer(width, {connectivity, false});
  std::vector<std::uint64_t> bits(static_cast<std::size_t>(width + 63) / 64);
  std::vector<std::pair<std::size_t, Run>> runs;
  std::vector<std::uint32_t> labels, number;
  for (int y = 0; y < height; ++y) {
    const std::size_t at = static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
    nonzero_bits(mask + at, width, bits.data());
    layer.add_row(y, bits.data(), nullptr, nullptr);
    for (const Run& r : layer.runs()) runs.emplace_back(at, r);
    labels.insert(labels.end(), layer.labels().begin(), layer.labels().end());
  }
  layer.compact(number);
  Components c;
  c.label.assign(static_cast<std::size_t>(height) * static_cast<std::size_t>(width), 0);
  c.area.assign(layer.label_count() + 1, 0);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto& [at, r] = runs[i];
    const std::uint32_t n = number[labels[i]] + 1;
    c.area[n] += r.last - r.first;
    std::fill(c.label.begin() + static_cast<std::ptrdiff_t>(at) + r.first, c.label.begin() + static_cast<std::ptrdiff_t>(at) + r.last, n);
  }
  return c;
}

}  // namespace rts::inline RTS_ABI::metrics
