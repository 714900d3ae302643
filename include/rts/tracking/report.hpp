#pragma once
// Plots by gnuplot and one HTML page that opens from disk: everything a run has to show.

#include <filesystem>
#include <string>
#include <vector>

#include <rts/core/config.hpp>

namespace rts::inline RTS_ABI::tracking {

struct Series {
  std::string title;
  std::vector<double> x, y;
};

struct Plot {
  std::string title, x_label, y_label;
  std::vector<Series> series;
  bool unit_square = false;   ///< both axes from 0 to 1
};

/// Draws to a PNG file. False when gnuplot is not installed or there is nothing to draw.
bool draw(const Plot& plot, const std::filesystem::path& png);

/// Training curves from training_log.csv into plots/: losses, PR-AUC, IoU, learning rates.
void draw_training(const std::filesystem::path& run_folder);

/// One HTML page that opens from disk: pictures are embedded.
class Page {
 public:
  explicit Page(const std::string& title);
  void heading(const std::string& text);
  void paragraph(const std::string& text);
  void note(const std::string& text);  ///< set off, for what a reader must see
  /// First row: heads.
  void table(const std::vector<std::vector<std::string>>& rows);
  void picture(const std::filesystem::path& png, const std::string& caption);
  void preformatted(const std::string& text);
  void html(const std::string& text) { html_ += text; }
  void write(const std::filesystem::path& path) const;

 private:
  std::string html_;
};

/// report.html of a run: recipe, figures (evaluation.json), curves, pictures found in plots/ and maps/, all embedded.
/// `shortened`: overrides that departed from the recipe, shown at the top.
std::filesystem::path write_report(const std::filesystem::path& run_folder, const std::string& title, const std::vector<std::string>& shortened);

}  // namespace rts::inline RTS_ABI::tracking

#if RTS_HEADER_ONLY
#include <rts/tracking/report.ipp>
#endif
