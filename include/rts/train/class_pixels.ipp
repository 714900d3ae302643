#pragma once
#include <rts/train/class_pixels.hpp>

#include <rts/core/error.hpp>

namespace rts::inline RTS_ABI::train {

RTS_INLINE std::vector<std::int64_t> class_pixels(const Plan& plan, const data::Source& source) {
  std::vector<std::int64_t> pixels(static_cast<std::size_t>(plan.classes), 0);
  const data::Dataset& d = source.dataset();
  const auto reader = plan.classes > 2 ? source.reader() : nullptr;
  data::RawTile tile;
  for (const data::Sample& s : d.samples) {
    if (d.split_of(s) != data::SplitName::train) continue;
    if (!reader) {
      pixels[1] += s.positives;
      pixels[0] += s.valid - s.positives;
      continue;
    }
    reader->read(s, tile);
    for (std::size_t i = 0; i < tile.label.size(); ++i)
      if (tile.valid[i] && tile.label[i] < pixels.size()) ++pixels[tile.label[i]];
  }
  return pixels;
}

RTS_INLINE losses::PassNumbers weighted_numbers(const Plan& plan, const data::Source& source) {
  losses::PassNumbers n = plan.pass_numbers;
  for (const losses::PointNumbers& p : n.loss.points) {
    if (p.weights == losses::ClassWeights::none) continue;
    const std::vector<double> w = losses::class_weights_of(p.weights, class_pixels(plan, source), p.largest);
    RTS_CHECK(n.class_weights.empty() || n.class_weights == w, .code = "RTS-L58", .what = "terms of one loss with different class weights", .expected = "one kind of class weights in a sum", .found = "two kinds", .fix = "give all weighted terms the same .weights and .largest");
    n.class_weights = w;
  }
  return n;
}

}  // namespace rts::inline RTS_ABI::train
