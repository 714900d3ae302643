#pragma once
#include <rts/tracking/observers.hpp>

#include <rts/core/atomic_file.hpp>
#include <rts/core/description.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <sstream>

namespace rts::inline RTS_ABI::tracking {

RTS_INLINE CsvLog::CsvLog(std::filesystem::path path, int first_epoch) : path_(std::move(path)) {
  std::ifstream in(path_);
  std::string line;
  for (int n = 0; first_epoch > 1 && std::getline(in, line); ++n)
    if (n == 0 || std::atoi(line.c_str()) < first_epoch) lines_.push_back(line);
}

RTS_INLINE void CsvLog::on_epoch(const Record& record) {
  std::string header, row;
  for (const auto& [name, value] : record) {
    header += (header.empty() ? "" : ",") + name;
    row += (row.empty() ? "" : ",") + (std::isfinite(value) ? number_text(value) : "nan");
  }
  // Epochs without validation have fewer columns: they take the first part of the widest header.
  if (lines_.empty() || header.size() > lines_.front().size()) {
    if (lines_.empty()) lines_.push_back(header);
    else lines_.front() = header;
  }
  lines_.push_back(row);
  std::string text;
  for (const std::string& l : lines_) text += l + "\n";
  write_text(path_, text);
}

RTS_INLINE JsonLines::JsonLines(const std::filesystem::path& path) : file_(std::fopen(path.c_str(), "a")) {
  RTS_CHECK(file_, .code = "RTS-F51", .what = "cannot write the log", .where = path.string(), .found = std::strerror(errno), .fix = "choose a folder that can be written with --out");
}
RTS_INLINE JsonLines::~JsonLines() { std::fclose(file_); }
RTS_INLINE void JsonLines::on_epoch(const Record& record) {
  nlohmann::ordered_json line{{"time", std::time(nullptr)}, {"event", "epoch"}};
  for (const auto& [name, value] : record)
    if (std::isfinite(value)) line[name] = value;
    else line[name] = nullptr;
  fmt::print(file_, "{}\n", line.dump());
  std::fflush(file_);
}
RTS_INLINE void JsonLines::on_message(std::string_view kind, std::string_view text) {
  const nlohmann::ordered_json line{{"time", std::time(nullptr)}, {"event", kind}, {"text", text}};
  fmt::print(file_, "{}\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  std::fflush(file_);
}

RTS_INLINE Console::Console(bool quiet) : terminal_(::isatty(1) != 0), quiet_(quiet) {}

RTS_INLINE void Console::clear_bar() {
  if (bar_) fmt::print("\r\033[K");
  bar_ = false;
}

RTS_INLINE void Console::on_progress(const Progress& p) {
  if (quiet_) return;
  const double now = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  const bool new_task = task_ != p.task, finished = p.done >= p.total;
  if (new_task) {
    task_ = std::string(p.task);
    began_ = now;
  }
  if (terminal_ ? (!finished && now - last_ < 0.1) : (now - last_ < 10)) return;
  last_ = now;
  const double share = p.total > 0 ? static_cast<double>(p.done) / static_cast<double>(p.total) : 1;
  std::string text = fmt::format("{:<14} {:>3.0f} % {}/{}", p.task, 100 * share, p.done, p.total);
  if (p.per_second > 0) text += fmt::format("  {:.1f} {}/s", p.per_second, p.unit);
  if (share > 0 && share < 1 && now - began_ > 1) {
    const auto left = static_cast<long>((now - began_) * (1 - share) / share);
    text += fmt::format("  {}:{:02} left", left / 60, left % 60);
  }
  if (!p.detail.empty()) text += "  " + p.detail;
  if (terminal_) {
    const int full = static_cast<int>(20 * share);
    fmt::print("\r\033[K[{}{}] {}", std::string(static_cast<std::size_t>(full), '#'), std::string(static_cast<std::size_t>(20 - full), '.'), text);
    bar_ = true;
    if (finished) clear_bar();
  } else {
    fmt::print("{}\n", text);
  }
  std::fflush(stdout);
}

RTS_INLINE void Console::on_epoch(const Record& record) {
  clear_bar();
  const auto value = [&](std::string_view name) {
    for (const auto& [key, v] : record)
      if (key == name) return v;
    return std::nan("");
  };
  std::string text = fmt::format("epoch {:>3}  loss {:.5f}  IoU {:.3f}", value("epoch"), value("train_loss"), value("train_iou_rts"));
  if (std::isfinite(value("val_loss"))) text += fmt::format("  |  val loss {:.5f}  balanced PR-AUC {:.3f}  realistic PR-AUC {:.3f}", value("val_loss"), value("val_balanced_pr_auc"), value("val_realistic_pr_auc"));
  fmt::print("{}  ({:.0f} s)\n", text, value("seconds"));
  std::fflush(stdout);
}

RTS_INLINE void Console::on_message(std::string_view kind, std::string_view text) {
  if (quiet_ && kind == "info") return;
  clear_bar();
  fmt::print("{}{}\n", kind == "warning" ? "warning: " : "", text);
  std::fflush(stdout);
}

RTS_INLINE std::vector<double> Log::column(const std::string& name) const {
  std::vector<double> out;
  for (std::size_t c = 0; c < columns.size(); ++c)
    if (columns[c] == name)
      for (const auto& r : rows) out.push_back(c < r.size() ? r[c] : std::nan(""));
  return out;
}

RTS_INLINE Log read_log(const std::filesystem::path& path) {
  Log log;
  std::ifstream in(path);
  std::string line, cell;
  for (int n = 0; std::getline(in, line); ++n) {
    std::stringstream cells(line);
    if (n > 0) log.rows.emplace_back();
    while (std::getline(cells, cell, ',')) {
      if (n == 0) log.columns.push_back(cell);
      else log.rows.back().push_back(cell == "nan" ? std::nan("") : std::atof(cell.c_str()));
    }
  }
  return log;
}

}  // namespace rts::inline RTS_ABI::tracking
