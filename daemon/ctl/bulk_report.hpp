// What a bulk registration shows: its progress, the file of those that failed, and what came of it.
//
// Threads: one thread at a time.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include "ctl/bulk_rows.hpp"
#include "ctl/commands.hpp"

namespace paynamed::ctl {

struct BulkCounts {
  std::uint64_t rows = 0;
  std::uint64_t accepted = 0;  // and not yet ended
  std::uint64_t live = 0;
  std::uint64_t undone = 0;
  std::uint64_t refused = 0;
  std::uint64_t paused = 0;  // of the accepted

  std::uint64_t done() const { return live + undone + refused; }
};

class BulkProgress {
 public:
  // `goal` is what a name is in the end.
  explicit BulkProgress(Context& context, std::string goal = "live");
  // A bar on a terminal; elsewhere a line every five seconds on standard error. `held` says why nothing is
  // sent now; empty when nothing holds.
  void show(const BulkCounts& counts, const std::string& held);
  // Before other text is written.
  void clear();

 private:
  std::string line_of(const BulkCounts& counts, const std::string& held) const;

  Context& context_;
  const std::string goal_;
  const base::MonotonicTime started_;
  base::MonotonicTime next_;
  std::uint64_t at_start_ = 0;  // done by an earlier process
  bool begun_ = false;
  std::string drawn_;
};

// CSV with the columns of the rows and line, run, state, reason; it can be corrected and given to --from
// again. The file is made with the first row.
class BulkFailures {
 public:
  explicit BulkFailures(std::string path) : path_(std::move(path)) {}
  void add(const BulkRow& row, const std::string& run, const std::string& state, const std::string& reason);
  std::uint64_t count() const { return count_; }
  // Empty when nothing was written.
  std::string written_to() const { return count_ > 0 && file_.good() ? path_ : std::string{}; }
  // UNAVAILABLE when it could not be written.
  base::Result<void> close();

 private:
  const std::string path_;
  std::ofstream file_;
  std::uint64_t count_ = 0;
};

// The summary, and what the command ends with.
Exit tell_summary(Context& context, const BulkCounts& counts, const std::string& failures,
                  const std::string& state);

}  // namespace paynamed::ctl
