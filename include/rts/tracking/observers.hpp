#pragma once
// Observers: training_log.csv, events.jsonl, and the terminal.

#include <rts/core/observer.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

namespace rts::inline RTS_ABI::tracking {

/// One row an epoch. A resumed run keeps the rows of the epochs before `first_epoch` and drops later ones, so that the log
/// is that of an unbroken run. errors: RTS-F51.
class CsvLog : public Observer {
 public:
  CsvLog(std::filesystem::path path, int first_epoch);
  void on_epoch(const Record& record) override;

 private:
  std::filesystem::path path_;
  std::vector<std::string> lines_;
};

/// Every epoch and message as a line of JSON with the time.
class JsonLines : public Observer {
 public:
  explicit JsonLines(const std::filesystem::path& path);
  ~JsonLines() override;
  void on_epoch(const Record& record) override;
  void on_message(std::string_view kind, std::string_view text) override;

 private:
  std::FILE* file_;
};

/// Bars with rate and time left on a terminal, plain lines every ten seconds otherwise.
class Console : public Observer {
 public:
  explicit Console(bool quiet = false);
  void on_progress(const Progress& progress) override;
  void on_epoch(const Record& record) override;
  void on_message(std::string_view kind, std::string_view text) override;

 private:
  void clear_bar();
  bool terminal_, quiet_, bar_ = false;
  double last_ = -1e9, began_ = 0;
  std::string task_;
};

/// Reads training_log.csv back: column names and rows. Empty when there is none.
struct Log {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;
  std::vector<double> column(const std::string& name) const;
};
Log read_log(const std::filesystem::path& path);

}  // namespace rts::inline RTS_ABI::tracking

#if RTS_HEADER_ONLY
#include <rts/tracking/observers.ipp>
#endif
