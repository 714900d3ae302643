#pragma once
// Files that appear whole or not at all: written under a temporary name, flushed to disk, then renamed.

#include <rts/core/error.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <unistd.h>

namespace rts::inline RTS_ABI {

/// Writes one file atomically. Without `commit()` the temporary file is removed.
/// errors: the given code when the folder cannot be written or the disk is full.
class AtomicFile {
 public:
  AtomicFile(std::filesystem::path path, std::string_view code) : path_(std::move(path)), temporary_(path_.string() + ".part"), code_(code) {
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file_ < 0) fail("cannot create the file");
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile() {
    if (file_ >= 0) ::close(file_);
    if (!committed_) ::unlink(temporary_.c_str());
  }

  void write(const void* data, std::size_t size) {
    const char* at = static_cast<const char*>(data);
    while (size > 0) {
      const ssize_t done = ::write(file_, at, size);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) fail("cannot write the file");
      at += done;
      size -= static_cast<std::size_t>(done);
    }
  }
  void write(std::string_view text) { write(text.data(), text.size()); }

  /// Flushes and renames: from here on the file is there.
  void commit() {
    if (::fsync(file_) != 0) fail("cannot flush the file");
    if (::close(file_) != 0) {
      file_ = -1;
      fail("cannot close the file");
    }
    file_ = -1;
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot rename the finished file");
    committed_ = true;
  }

  const std::string& temporary() const { return temporary_; }

 private:
  [[noreturn]] void fail(const char* what) {
    const int error = errno;
    if (file_ >= 0) ::close(file_);
    file_ = -1;
    ::unlink(temporary_.c_str());
    throw Error({.code = code_, .what = what, .where = path_.string(), .found = std::strerror(error), .fix = "free disk space or choose a folder that can be written; what was there before is unchanged"});
  }

  std::filesystem::path path_;
  std::string temporary_;
  std::string_view code_;
  int file_ = -1;
  bool committed_ = false;
};

/// Writes a whole text file atomically.
inline void write_text(const std::filesystem::path& path, std::string_view text, std::string_view code = "RTS-F51") {
  AtomicFile file(path, code);
  file.write(text);
  file.commit();
}

}  // namespace rts::inline RTS_ABI
