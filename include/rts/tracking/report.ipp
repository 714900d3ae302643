#pragma once
#include <rts/tracking/report.hpp>

#include <rts/core/atomic_file.hpp>
#include <rts/tracking/observers.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace rts::inline RTS_ABI::tracking {

RTS_INLINE bool draw(const Plot& plot, const std::filesystem::path& png) {
  static const bool installed = std::system("command -v gnuplot >/dev/null 2>&1") == 0;
  std::string data, curves;
  for (const Series& s : plot.series) {
    std::string block;
    for (std::size_t i = 0; i < s.x.size() && i < s.y.size(); ++i)
      if (std::isfinite(s.y[i])) block += fmt::format("{} {}\n", s.x[i], s.y[i]);
    if (block.empty()) continue;
    curves += fmt::format("{}'-' using 1:2 with linespoints pointtype 7 pointsize 0.4 linewidth 2 title \"{}\"", curves.empty() ? "" : ", ", s.title);
    data += block + "e\n";
  }
  if (!installed || curves.empty()) return false;
  std::FILE* pipe = ::popen("gnuplot 2>/dev/null", "w");
  if (!pipe) return false;
  fmt::print(pipe, "set terminal pngcairo size 720,420 noenhanced font 'sans,10'\nset output '{}'\nset title \"{}\"\nset xlabel \"{}\"\nset ylabel \"{}\"\nset grid\nset key outside right top\n", png.string(), plot.title, plot.x_label, plot.y_label);
  if (plot.unit_square) fmt::print(pipe, "set xrange [0:1]\nset yrange [0:1]\n");
  fmt::print(pipe, "plot {}\n{}", curves, data);
  return ::pclose(pipe) == 0 && std::filesystem::exists(png);
}

RTS_INLINE void draw_training(const std::filesystem::path& folder) {
  const Log log = read_log(folder / "training_log.csv");
  if (log.rows.empty()) return;
  std::filesystem::create_directories(folder / "plots");
  const auto epochs = log.column("epoch");
  const auto one = [&](const char* file, const char* title, const char* y, const std::vector<std::string>& names) {
    Plot p{title, "epoch", y, {}};
    for (const std::string& n : names) p.series.push_back({n, epochs, log.column(n)});
    draw(p, folder / "plots" / file);
  };
  one("loss.png", "Loss", "loss", {"train_loss", "val_loss"});
  one("pr_auc.png", "PR-AUC", "average precision", {"train_pr_auc", "val_balanced_pr_auc", "val_200_pr_auc", "val_500_pr_auc", "val_1000_pr_auc", "raw_val_realistic_pr_auc"});
  one("iou.png", "IoU at probability 0.5", "IoU", {"train_iou_rts", "val_balanced_iou", "val_200_iou_rts", "val_500_iou_rts"});
  one("learning_rate.png", "Learning rate", "rate", {"lr_decoder", "lr_encoder"});
}

namespace detail {

inline std::string base64(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto b = [&](std::size_t k) { return k < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[k])) : 0u; };
    const unsigned v = b(i) << 16 | b(i + 1) << 8 | b(i + 2);
    out += {alphabet[v >> 18], alphabet[v >> 12 & 63], i + 1 < bytes.size() ? alphabet[v >> 6 & 63] : '=', i + 2 < bytes.size() ? alphabet[v & 63] : '='};
  }
  return out;
}

inline std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '<' ? "&lt;" : c == '>' ? "&gt;"
                                                   : c == '&'   ? "&amp;"
                                                                : std::string(1, c);
  return out;
}

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string json_cell(const nlohmann::json& v) { return v.is_number() ? fmt::format("{:.3f}", v.get<double>()) : v.is_string() ? escaped(v.get<std::string>())
                                                                                                                                      : std::string("-"); }
inline nlohmann::json read_json(const std::filesystem::path& path) {
  std::ifstream in(path);
  return in ? nlohmann::json::parse(in, nullptr, false) : nlohmann::json();
}

/// Objects of evaluation.json: both countings at each prevalence and IoU, then by size.
inline std::string objects_html(const nlohmann::json& json) {
  if (!json.is_object() || !json.contains("objects")) return "";
  std::string html = "<h2>Objects</h2><p>One-to-one counts each object in one pair at most; by the guide's rules a prediction over several truths, or several predictions in one truth, is one hit.</p><table><tr><th>prevalence</th><th>IoU</th><th>precision</th><th>recall</th><th>F1</th><th>F0.5</th><th>guide precision</th><th>guide recall</th><th>guide F1</th><th>matched</th><th>found</th><th>true</th></tr>";
  for (const auto& [prevalence, table] : json["objects"].items())
    for (const auto& r : table["by_iou"]) {
      html += "<tr><td>" + escaped(prevalence) + "</td>";
      for (const char* key : {"iou", "precision", "recall", "f1", "f05", "guide_precision", "guide_recall", "guide_f1"}) html += "<td>" + json_cell(r[key]) + "</td>";
      html += fmt::format("<td>{}</td><td>{}</td><td>{}</td></tr>", r["matched"].get<std::int64_t>(), r["predictions"].get<std::int64_t>(), r["truths"].get<std::int64_t>());
    }
  html += "</table><table><tr><th>longer side</th><th>true</th><th>found</th><th>precision</th><th>recall</th></tr>";
  for (const auto& r : json["sizes"]) html += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", json_cell(r["class"]), r["truths"].get<std::int64_t>(), r["predictions"].get<std::int64_t>(), json_cell(r["precision"]), json_cell(r["recall"]));
  return html + "</table>";
}

/// threshold_calibration.json as a table.
inline std::string calibration_html(const nlohmann::json& json) {
  if (!json.is_object() || !json.contains("thresholds")) return "";
  std::string html = fmt::format("<h2>Calibration, on validation</h2><p>{}, {} (slope {}, intercept {}): negative log-likelihood {:.5f} to {:.5f} a pixel, calibration error {:.5f} to {:.5f}.</p><table><tr><th>prevalence</th><th>probability</th><th>precision</th><th>recall</th><th></th></tr>", escaped(json.value("objective", "")), escaped(json.value("calibration", "")), json_cell(json["slope"]), json_cell(json["intercept"]), json.value("nll_before", 0.0), json.value("nll_after", 0.0), json.value("calibration_error_before", 0.0), json.value("calibration_error_after", 0.0));
  for (const auto& [ratio, t] : json["thresholds"].items())
    html += "<tr><td>" + (ratio == "data" ? "data's own" : "1:" + escaped(ratio)) + "</td><td>" + json_cell(t["threshold"]) + "</td><td>" + json_cell(t.value("precision", nlohmann::json())) + "</td><td>" + json_cell(t.value("recall", nlohmann::json())) + "</td><td>" + escaped(t.value("note", "")) + (t.value("extrapolated", false) ? fmt::format(" extrapolated x{:.1f}", t.value("weight", 1.0)) : "") + "</td></tr>";
  return html + "</table>";
}

/// evaluation.json as tables: one row a subject and prevalence.
inline std::string figures_html(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) return "";
  const auto json = nlohmann::json::parse(in, nullptr, false);
  if (json.is_discarded() || !json.contains("rows")) return "";
  std::string html = fmt::format("<h2>Figures on {}</h2><p>{} positive and {} negative tiles of {}. {}</p><table><tr><th>what</th><th>prevalence</th><th>PR-AUC</th><th>95 % over tiles</th><th>over regions</th><th>IoU</th><th>precision</th><th>recall</th><th>F0.5</th><th>object precision</th><th>object recall</th></tr>",
                                 escaped(json.value("split", "")), json.value("positive_tiles", 0), json.value("negative_tiles", 0), escaped(json.value("tile_ground", "")), escaped(json.value("note", "")));
  const auto cell = [](const nlohmann::json& v) { return v.is_number() ? fmt::format("{:.3f}", v.get<double>()) : std::string("-"); };
  for (const auto& r : json["rows"]) {
    const auto range = [&](const char* key) { return r.contains(key) && r[key].is_array() && r[key][0].is_number() ? cell(r[key][0]) + " to " + cell(r[key][1]) : std::string("-"); };
    html += fmt::format("<tr><td>{}</td><td>{}</td><td><b>{}</b></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", escaped(r.value("what", "")), escaped(r.value("prevalence", "")),
                        cell(r["pr_auc"]), range("interval_tiles"), range("interval_regions"), cell(r["iou"]), cell(r["precision"]), cell(r["recall"]), cell(r["f05"]), cell(r["obj_precision"]), cell(r["obj_recall"]));
  }
  return html + "</table>";
}

}  // namespace detail

RTS_INLINE Page::Page(const std::string& title)
    : html_("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + detail::escaped(title) +
            "</title><style>body{font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#222}table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #ccc;padding:.25em .6em;text-align:right}"
            "td:first-child,th:first-child{text-align:left}img{max-width:100%}.note{background:#fff3cd;padding:.6em 1em}figure{margin:1em 0}pre{background:#f6f6f6;padding:1em;overflow:auto}</style></head><body><h1>" +
            detail::escaped(title) + "</h1>") {}
RTS_INLINE void Page::heading(const std::string& text) { html_ += "<h2>" + detail::escaped(text) + "</h2>"; }
RTS_INLINE void Page::paragraph(const std::string& text) { html_ += "<p>" + detail::escaped(text) + "</p>"; }
RTS_INLINE void Page::note(const std::string& text) { html_ += "<p class=\"note\">" + detail::escaped(text) + "</p>"; }
RTS_INLINE void Page::preformatted(const std::string& text) { html_ += "<pre>" + detail::escaped(text) + "</pre>"; }
RTS_INLINE void Page::table(const std::vector<std::vector<std::string>>& rows) {
  html_ += "<table>";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    html_ += "<tr>";
    for (const std::string& cell : rows[i]) html_ += (i == 0 ? "<th>" : "<td>") + detail::escaped(cell) + (i == 0 ? "</th>" : "</td>");
    html_ += "</tr>";
  }
  html_ += "</table>";
}
RTS_INLINE void Page::picture(const std::filesystem::path& png, const std::string& caption) {
  if (std::filesystem::exists(png)) html_ += "<figure><img alt=\"" + detail::escaped(caption) + "\" src=\"data:image/png;base64," + detail::base64(png) + "\"><figcaption>" + detail::escaped(caption) + "</figcaption></figure>";
}
RTS_INLINE void Page::write(const std::filesystem::path& path) const { write_text(path, html_ + "</body></html>\n"); }

RTS_INLINE std::filesystem::path write_report(const std::filesystem::path& folder, const std::string& title, const std::vector<std::string>& shortened) {
  Page page(title);
  if (!shortened.empty()) {
    std::string text = "This run departs from its recipe:";
    for (const std::string& s : shortened) text += " " + s;
    page.note(text);
  }
  page.html(detail::figures_html(folder / "evaluation.json"));
  page.html(detail::objects_html(detail::read_json(folder / "evaluation.json")));
  page.html(detail::calibration_html(detail::read_json(folder / "threshold_calibration.json")));
  for (const char* sub : {"maps", "plots"}) {
    if (!std::filesystem::exists(folder / sub)) continue;
    std::vector<std::filesystem::path> pictures;
    for (const auto& e : std::filesystem::directory_iterator(folder / sub))
      if (e.path().extension() == ".png") pictures.push_back(e.path());
    std::sort(pictures.begin(), pictures.end());
    if (!pictures.empty()) page.heading(std::string(sub) == "maps" ? "Maps and tiles" : "Curves");
    if (const std::string legend = detail::file_text(folder / sub / "legend.txt"); !legend.empty()) page.paragraph(legend);
    for (const auto& p : pictures) page.picture(p, p.stem().string());
  }
  page.heading("Recipe");
  page.preformatted(detail::file_text(folder / "config.yaml"));
  page.heading("Environment");
  page.preformatted(detail::file_text(folder / "environment_frozen.txt"));
  const auto path = folder / "report.html";
  page.write(path);
  return path;
}

}  // namespace rts::inline RTS_ABI::tracking
