#pragma once
#include <rts/augment/objects.hpp>

#include <rts/core/d4_formula.hpp>

#include <algorithm>
#include <cstring>

namespace rts::inline RTS_ABI::augment {

RTS_INLINE void ObjectBank::add(const TileIn& t, Frame f, std::size_t bands) {
  const std::size_t area = static_cast<std::size_t>(f.height) * static_cast<std::size_t>(f.width), size = bytes_of(t.type);
  const auto at = [&](int y, int x) { return static_cast<std::size_t>(y) * static_cast<std::size_t>(f.width) + static_cast<std::size_t>(x); };
  std::vector<char> seen(area, 0);
  std::vector<std::pair<int, int>> members;
  for (int y = 0; y < f.height; ++y)
    for (int x = 0; x < f.width; ++x) {
      const auto object = [&](int r, int c) { return !seen[at(r, c)] && t.valid[at(r, c)] && t.label[at(r, c)] != 0 && t.label[at(r, c)] != 255; };
      if (!object(y, x)) continue;
      members.assign(1, {y, x});
      seen[at(y, x)] = 1;
      int top = y, bottom = y, left = x, right = x;
      for (std::size_t k = 0; k < members.size(); ++k) {
        const auto [r, c] = members[k];
        top = std::min(top, r), bottom = std::max(bottom, r), left = std::min(left, c), right = std::max(right, c);
        for (int dy = -1; dy <= 1; ++dy)
          for (int dx = -1; dx <= 1; ++dx) {
            const int r2 = r + dy, c2 = c + dx;
            if (r2 < 0 || c2 < 0 || r2 >= f.height || c2 >= f.width || !object(r2, c2)) continue;
            seen[at(r2, c2)] = 1;
            members.emplace_back(r2, c2);
          }
      }
      const int h = bottom - top + 1, w = right - left + 1;
      if (top == 0 || left == 0 || bottom == f.height - 1 || right == f.width - 1 || 2 * std::max(h, w) > std::min(f.height, f.width)) continue;
      Patch p{h, w, {}, std::vector<std::uint8_t>(static_cast<std::size_t>(h) * static_cast<std::size_t>(w), 0)};
      for (const auto& [r, c] : members) p.label[static_cast<std::size_t>(r - top) * static_cast<std::size_t>(w) + static_cast<std::size_t>(c - left)] = t.label[at(r, c)];
      for (std::size_t b = 0; b < bands; ++b)
        for (int r = top; r <= bottom; ++r) {
          const auto* from = static_cast<const std::byte*>(t.image) + (b * area + at(r, left)) * size;
          p.image.insert(p.image.end(), from, from + static_cast<std::size_t>(w) * size);
        }
      bytes_ += p.image.size() + p.label.size();
      patches_.push_back(std::move(p));
    }
}

RTS_INLINE void ObjectBank::paste(const PasteStep& step, PixelType type, Frame f, std::size_t bands, std::byte* image, std::uint8_t* label, const std::uint8_t* valid) const {
  if (patches_.empty()) return;
  Random random(step.seed, 0xC0B9u, 0);
  const std::size_t size = bytes_of(type), area = static_cast<std::size_t>(f.height) * static_cast<std::size_t>(f.width);
  for (int k = 0; k < step.objects; ++k) {
    const Patch& p = patches_[random.below(static_cast<std::uint32_t>(patches_.size()))];
    const D4 turn = D4::element(static_cast<int>(random.below(8)));
    const int h = turn.transpose ? p.width : p.height, w = turn.transpose ? p.height : p.width;
    if (h > f.height || w > f.width) continue;
    const int top = static_cast<int>(random.below(static_cast<std::uint32_t>(f.height - h + 1))), left = static_cast<int>(random.below(static_cast<std::uint32_t>(f.width - w + 1)));
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x) {
        int r = 0, c = 0;
        turn.source(y, x, h, w, r, c);
        const std::size_t from = static_cast<std::size_t>(r) * static_cast<std::size_t>(p.width) + static_cast<std::size_t>(c);
        const std::size_t to = static_cast<std::size_t>(top + y) * static_cast<std::size_t>(f.width) + static_cast<std::size_t>(left + x);
        if (p.label[from] == 0 || !valid[to]) continue;
        label[to] = p.label[from];
        for (std::size_t b = 0; b < bands; ++b) std::memcpy(image + (b * area + to) * size, p.image.data() + (b * p.label.size() + from) * size, size);
      }
  }
}

}  // namespace rts::inline RTS_ABI::augment
