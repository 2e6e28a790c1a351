// The ledger: an append-only file, one change a line, durable before anybody is told. It plays the part of a
// node's database, so it survives what a node's database survives.
//
// Threads: one thread at a time.
#pragma once

#include <filesystem>
#include <functional>

#include "changes.hpp"
#include "file.hpp"

namespace paynamed::sandbox {

class Ledger {
 public:
  // Opens or creates the file and locks it. Throws Error(kFailedPrecondition) if another process or instance
  // has it.
  explicit Ledger(const std::filesystem::path& path);

  // Gives all changes in order. An incomplete last line is what a crash leaves of a change that nobody was
  // told: it is cut off, and the number of its bytes is returned. Throws Error(kDataLoss) naming the line if
  // a complete one cannot be read.
  std::size_t replay(const std::function<void(Change&&)>& apply);

  // Returns once the change is on the disk. On Error(kUnavailable) nothing was written; on Error(kDataLoss)
  // the outcome is unknown, and every later append fails until the ledger is opened again.
  void append(const Change& change);

 private:
  File file_;
  std::uint64_t size_ = 0;
  bool broken_ = false;
};

}  // namespace paynamed::sandbox
