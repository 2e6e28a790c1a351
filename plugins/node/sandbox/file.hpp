// A file of POSIX that closes itself, and the few operations that durable files need.
//
// Threads: one thread at a time. Every function throws Error(kFailedPrecondition) with the path and the
// system's reason, unless it says otherwise.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "bytes.hpp"

namespace paynamed::sandbox {

class File {
 public:
  File() = default;
  File(int descriptor, std::filesystem::path path) : descriptor_(descriptor), path_(std::move(path)) {}
  File(File&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&&) = delete;
  ~File();

  static File open(const std::filesystem::path& path, int flags);
  // False if there is no such file.
  static bool exists(const std::filesystem::path& path);

  int descriptor() const { return descriptor_; }
  const std::filesystem::path& path() const { return path_; }

  std::uint64_t size() const;
  Bytes read_all() const;
  // At the file's own position, or at its end if it was opened with O_APPEND.
  void write_all(BytesView bytes) const;
  void sync() const;
  void truncate(std::uint64_t size) const;

 private:
  int descriptor_ = -1;
  std::filesystem::path path_;
};

// Makes a new or renamed entry of the directory of `path` durable.
void sync_directory_of(const std::filesystem::path& path);

// "opening /var/x: Permission denied"-like error from errno.
[[noreturn]] void throw_system_error(std::string_view doing, const std::filesystem::path& path);

}  // namespace paynamed::sandbox
