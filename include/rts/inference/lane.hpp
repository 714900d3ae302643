#pragma once
// A thread that works through what it is given, in order. Errors come out where its owner waits.

#include <rts/core/config.hpp>

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace rts::inline RTS_ABI::inference {

class Lane {
 public:
  Lane() : thread_([this](const std::stop_token& stop) { run(stop); }) {}
  ~Lane() {
    {
      const std::lock_guard lock(mutex_);
      thread_.request_stop();
    }
    wake_.notify_all();
  }
  Lane(const Lane&) = delete;

  /// Waits while more than `most` pieces of work are open.
  void give(std::function<void()> work, std::size_t most = 2) {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return open_ <= most || error_; });
    rethrow();
    ++open_;
    queue_.push_back(std::move(work));
    wake_.notify_all();
  }
  /// Until all is done; rethrows the first error.
  void wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return open_ == 0; });
    rethrow();
  }

 private:
  void rethrow() {
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }
  void run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return stop.stop_requested() || !queue_.empty(); });
      if (stop.stop_requested()) return;
      const std::function<void()> work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      std::exception_ptr error;
      try {
        work();
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      if (error && !error_) error_ = error;
      --open_;
      done_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<std::function<void()>> queue_;
  std::size_t open_ = 0;
  std::exception_ptr error_;
  std::jthread thread_;
};

}  // namespace rts::inline RTS_ABI::inference
