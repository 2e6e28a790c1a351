// BulkState: how far a bulk registration is, in a file beside the rows, so that the same command goes on
// after a crash or a kill. Lines are only ever added; one that was cut off counts as not written.
//
// The file saves work alone. Each row's Idempotency-Key is a function of the rows' hash and the line, so that
// a row whose acceptance was not noted is answered with the run that it has already.
//
// Threads: one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace paynamed::ctl {

enum class BulkFate : std::uint8_t {
  kWaiting,   // not sent, or not known to be accepted
  kAccepted,  // its run is under way
  kLive,
  kUndone,   // its run was turned back
  kRefused,  // the daemon did not take it
};

// What the state is of; a file of other work is refused.
struct BulkWork {
  std::string url;     // of the daemon
  std::string domain;  // for names without one
  std::string hash;    // of the rows
  std::uint64_t lines = 0;
};

class BulkState {
 public:
  // Without a path nothing is kept. INVALID_ARGUMENT when the file is of other work or cannot be written.
  static base::Result<BulkState> open(const std::string& path, const BulkWork& work);
  BulkState(BulkState&&) noexcept;
  BulkState& operator=(BulkState&&) = delete;
  ~BulkState();

  // `line` is one of the work's.
  BulkFate fate_of(std::uint64_t line) const { return fates_.at(line); }
  // Of an accepted row as an earlier process noted it; empty when this one did not read any.
  std::string run_of(std::uint64_t line) const;
  // Of the events that are seen; empty before the first.
  const std::string& position() const { return position_; }
  std::uint64_t count(BulkFate fate) const;

  // Noted by the next flush().
  void accepted(std::uint64_t line, const std::string& run);
  void ended(std::uint64_t line, BulkFate fate);
  void seen(const std::string& position);
  // UNAVAILABLE when the file cannot be written any more.
  base::Result<void> flush();

 private:
  BulkState() = default;
  base::Result<void> read(const std::string& path, const BulkWork& work);
  void take(const std::string& line);
  void set(std::uint64_t line, BulkFate fate);

  int file_ = -1;
  std::string pending_;
  std::vector<BulkFate> fates_;  // by line
  std::map<std::uint64_t, std::string> runs_;
  std::string position_;
  std::uint64_t counts_[5] = {};
};

}  // namespace paynamed::ctl
