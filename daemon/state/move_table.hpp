// MoveTable: the rows of moves, as the writer changes them. Conditions are its caller's.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include "state/moves.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

// The columns of a MoveRow, in the order in which read_move() wants them.
#define PAYNAMED_MOVE_COLUMNS                                                                      \
  "m.key, m.id, m.domain, m.source, m.target, m.phase, m.pause, m.details, m.started, m.updated, " \
  "m.finished, m.last_run, m.revision"
MoveRow read_move(const Statement& row);

class MoveTable {
 public:
  explicit MoveTable(Connection& connection);

  base::Result<std::optional<MoveRow>> find(MoveKey move);
  base::Result<std::optional<MoveRow>> find_open(std::string_view domain);
  base::Result<MoveRow> insert(const NewMove& move);
  // The row as it is then; `phase` with a new last_run when it is another one.
  base::Result<MoveRow> update(const MoveRow& before, const MoveUpdate& update);
  base::Result<void> put_name(MoveKey move, const MoveNameUpdate& name);

 private:
  base::Result<RunKey> last_run();

  Connection* connection_;
  Statement find_;
  Statement find_open_;
  Statement insert_;
  Statement update_;
  Statement put_name_;
  Statement last_run_;
};

}  // namespace paynamed::state
