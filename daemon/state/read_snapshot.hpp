// ReadSnapshot: several reads of one moment.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include "base/result.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

// What begins and ends a snapshot on a connection.
struct SnapshotStatements {
  explicit SnapshotStatements(Connection& connection)
      : begin(connection, "BEGIN"), end(connection, "ROLLBACK") {}
  Statement begin;
  Statement end;
};

// What is read while it lives is of one moment. Snapshots of a connection do not nest.
class ReadSnapshot {
 public:
  explicit ReadSnapshot(SnapshotStatements& statements)
      : statements_(&statements), begun_(statements.begin.run()) {}
  ReadSnapshot(const ReadSnapshot&) = delete;
  ReadSnapshot& operator=(const ReadSnapshot&) = delete;
  ~ReadSnapshot() {
    if (begun_) static_cast<void>(statements_->end.run());
  }
  // Fails when there is no snapshot: then nothing may be read.
  const base::Result<void>& begun() const { return begun_; }

 private:
  SnapshotStatements* statements_;
  base::Result<void> begun_;
};

}  // namespace paynamed::state
