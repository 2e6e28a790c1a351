// The state file on disk: who may use it, and that it is one of ours.
//
// Threads: value types; functions are pure but for the file system.
#pragma once

#include <string>

#include "base/result.hpp"

namespace paynamed::state {

// Holds the lock of a state file (flock on "<path>.lock") as long as it lives. The system drops the lock when
// the process ends, however it ends.
class FileLock {
 public:
  // FAILED_PRECONDITION, with the process id of the holder, when another daemon has the file.
  static base::Result<FileLock> take(const std::string& state_path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

// Makes the file if it is not there (mode 0600, its directory entry on disk), else checks that it is a
// regular file which is empty or begins like an SQLite file, and that nobody else may read it (a wider mode
// is narrowed). NOT_FOUND for a missing directory, PERMISSION_DENIED, FAILED_PRECONDITION for a file of
// another kind.
base::Result<void> prepare_file(const std::string& path);

}  // namespace paynamed::state
