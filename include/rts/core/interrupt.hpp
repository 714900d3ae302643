#pragma once
// Ctrl-C and SIGTERM as a flag that loops look at between steps.

#include <rts/core/config.hpp>

#include <atomic>
#include <csignal>

namespace rts::inline RTS_ABI {

inline std::atomic<int>& interrupt_signal() {
  static std::atomic<int> signal{0};
  return signal;
}
inline bool interrupted() { return interrupt_signal().load(std::memory_order_relaxed) != 0; }

/// From now on SIGINT and SIGTERM set the flag; a second one ends the program at once.
inline void watch_interrupts() {
  const auto handler = [](int number) {
    if (interrupt_signal().exchange(number) != 0) std::_Exit(128 + number);
  };
  std::signal(SIGINT, handler);
  std::signal(SIGTERM, handler);
}

}  // namespace rts::inline RTS_ABI
