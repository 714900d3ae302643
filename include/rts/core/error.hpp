#pragma once
// Coded run-time errors: what is wrong, where, what was expected and found, what to do.

#include <rts/core/config.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace rts::inline RTS_ABI {

/// Exit codes of an experiment's program.
enum class ExitCode { done = 0,
                      failed = 1,
                      usage = 2,
                      bad_data = 3,
                      interrupted = 4 };

/// Everything a user needs to understand and mend a failure. Fields that do not apply stay empty.
struct Problem {
  std::string_view code = {};  ///< "RTS-D03"; listed in docs/errors.md
  std::string what = {};       ///< one sentence
  std::string where = {};      ///< file, tile, tensor, option
  std::string expected = {};
  std::string found = {};
  std::string fix = {};
};

/// A failure with a code. `what()` is the whole text, ready to print.
class Error : public std::runtime_error {
 public:
  explicit Error(const Problem& problem, ExitCode exit_code = ExitCode::failed)
      : std::runtime_error(format(problem)), code_(problem.code), exit_code_(exit_code) {}

  const std::string& code() const noexcept { return code_; }
  ExitCode exit_code() const noexcept { return exit_code_; }

 private:
  static std::string format(const Problem& p) {
    std::string text = "[";
    text.append(p.code).append("] ").append(p.what);
    const auto line = [&text](const char* label, const std::string& value) {
      if (!value.empty()) text.append("\n  ").append(label).append(value);
    };
    line("where:    ", p.where);
    line("expected: ", p.expected);
    line("found:    ", p.found);
    line("fix:      ", p.fix);
    return text;
  }

  std::string code_;
  ExitCode exit_code_;
};

/// Wrong command line or option (exit code 2).
struct UsageError : Error {
  explicit UsageError(const Problem& p) : Error(p, ExitCode::usage) {}
};

/// Input that cannot be used as it is (exit code 3).
struct DataError : Error {
  explicit DataError(const Problem& p) : Error(p, ExitCode::bad_data) {}
};

}  // namespace rts::inline RTS_ABI

/// Throws `rts::Error` with the given `rts::Problem` fields when `condition` is false:
/// `RTS_CHECK(x > 0, .code = CODE, .what = WHAT, .fix = ADVICE);`
#define RTS_CHECK(condition, ...)                                      \
  do {                                                                 \
    if (!(condition)) throw ::rts::Error(::rts::Problem{__VA_ARGS__}); \
  } while (false)

/// As RTS_CHECK, for input data: throws `rts::DataError` (exit code 3).
#define RTS_CHECK_DATA(condition, ...)                                     \
  do {                                                                     \
    if (!(condition)) throw ::rts::DataError(::rts::Problem{__VA_ARGS__}); \
  } while (false)

/// As RTS_CHECK, for options: throws `rts::UsageError` (exit code 2).
#define RTS_CHECK_USAGE(condition, ...)                                     \
  do {                                                                      \
    if (!(condition)) throw ::rts::UsageError(::rts::Problem{__VA_ARGS__}); \
  } while (false)
