#pragma once
// The eight symmetries of the square (dihedral group D4) as index maps: flips and quarter turns without resampling.

#include <rts/core/config.hpp>

namespace rts::inline RTS_ABI {

/// `transpose` first, then `flip_rows` (top to bottom), then `flip_columns`.
struct D4 {
  bool transpose = false;
  bool flip_rows = false;
  bool flip_columns = false;

  friend constexpr bool operator==(const D4&, const D4&) = default;

  /// Source position of output pixel (row, column) in an output of height x width.
  RTS_HD constexpr void source(int row, int column, int height, int width, int& source_row, int& source_column) const {
    const int r = flip_rows ? height - 1 - row : row;
    const int c = flip_columns ? width - 1 - column : column;
    source_row = transpose ? c : r;
    source_column = transpose ? r : c;
  }

  /// First *this*, then `next`.
  RTS_HD constexpr D4 then(D4 next) const {
    D4 out;
    out.transpose = transpose != next.transpose;
    out.flip_rows = (next.transpose ? flip_columns : flip_rows) != next.flip_rows;
    out.flip_columns = (next.transpose ? flip_rows : flip_columns) != next.flip_columns;
    return out;
  }

  RTS_HD constexpr D4 inverse() const {
    return transpose ? D4{true, flip_columns, flip_rows} : *this;
  }

  /// Number `index` in 0..7 of the group.
  RTS_HD static constexpr D4 element(int index) { return {(index & 4) != 0, (index & 2) != 0, (index & 1) != 0}; }
  /// Counter-clockwise quarter turns, 0..3.
  RTS_HD static constexpr D4 quarter_turns(int k) {
    switch (k & 3) {
      case 1: return {true, true, false};
      case 2: return {false, true, true};
      case 3: return {true, false, true};
      default: return {};
    }
  }
};

namespace detail {
constexpr bool d4_is_a_group() {
  for (int i = 0; i < 8; ++i) {
    const D4 a = D4::element(i);
    if (!(a.then(a.inverse()) == D4{})) return false;
    for (int j = 0; j < 8; ++j) {
      const D4 b = D4::element(j), both = a.then(b);
      for (int p = 0; p < 9; ++p) {
        int r = 0, c = 0, r2 = 0, c2 = 0, r3 = 0, c3 = 0;
        b.source(p / 3, p % 3, 3, 3, r, c);
        a.source(r, c, 3, 3, r2, c2);
        both.source(p / 3, p % 3, 3, 3, r3, c3);
        if (r2 != r3 || c2 != c3) return false;
      }
    }
  }
  return D4::quarter_turns(1).then(D4::quarter_turns(3)) == D4{};
}
static_assert(d4_is_a_group());
}  // namespace detail

}  // namespace rts::inline RTS_ABI
