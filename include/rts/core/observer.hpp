#pragma once
// What a running experiment tells the outside world. Observers live in `tracking/`; the engine knows only this.

#include <rts/core/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rts::inline RTS_ABI {

/// Named figures in a fixed order: one row of training_log.csv.
using Record = std::vector<std::pair<std::string, double>>;

struct Progress {
  std::string_view task;   ///< "train 3/40"
  std::int64_t done = 0;
  std::int64_t total = 0;
  double per_second = 0;   ///< tiles or rows
  std::string_view unit = "tiles";
  std::string detail = {};
};

/// Receives what happens, from one thread.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_progress(const Progress&) {}
  virtual void on_epoch(const Record&) {}
  /// Something worth a line: what was drawn, a warning, a file written. `kind`: "info", "warning".
  virtual void on_message(std::string_view /*kind*/, std::string_view /*text*/) {}
};

/// Several observers as one.
class Observers : public Observer {
 public:
  void add(Observer& o) { all_.push_back(&o); }
  void on_progress(const Progress& p) override {
    for (auto* o : all_) o->on_progress(p);
  }
  void on_epoch(const Record& r) override {
    for (auto* o : all_) o->on_epoch(r);
  }
  void on_message(std::string_view kind, std::string_view text) override {
    for (auto* o : all_) o->on_message(kind, text);
  }

 private:
  std::vector<Observer*> all_;
};

}  // namespace rts::inline RTS_ABI
