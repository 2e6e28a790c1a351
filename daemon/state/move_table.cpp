#include "state/move_table.hpp"

namespace paynamed::state {
namespace {

base::Result<std::optional<MoveRow>> at_most_one(Statement& statement, base::Result<bool> row) {
  if (!row) return base::fail(row.error());
  if (!*row) return std::nullopt;
  std::optional<MoveRow> found = read_move(statement);
  statement.reset();
  return found;
}

}  // namespace

MoveRow read_move(const Statement& row) {
  MoveRow move;
  move.key = row.integer(0);
  move.id = row.uuid(1);
  move.domain = row.text(2);
  move.from = row.text(3);
  move.to = row.text(4);
  move.phase = static_cast<MovePhase>(row.integer(5));
  move.pause = row.text(6);
  move.details = row.text(7);
  move.started = row.time(8);
  move.updated = row.time(9);
  move.finished = row.optional_time(10);
  move.last_run = row.integer(11);
  move.revision = row.count(12);
  return move;
}

MoveTable::MoveTable(Connection& connection)
    : connection_(&connection),
      find_(connection, "SELECT " PAYNAMED_MOVE_COLUMNS " FROM domain_moves m WHERE m.key = ?"),
      find_open_(connection, "SELECT " PAYNAMED_MOVE_COLUMNS
                             " FROM domain_moves m WHERE m.domain = ? AND m.finished IS NULL"),
      insert_(connection,
              "INSERT INTO domain_moves(key, id, domain, source, target, phase, pause, details, started, "
              "updated, finished, last_run, revision) VALUES (NULL, ?1, ?2, ?3, ?4, 0, '', ?5, ?6, ?6, NULL, "
              "?7, 1)"),
      update_(connection,
              "UPDATE domain_moves SET phase = ?2, pause = ?3, details = ?4, updated = ?5, finished = ?6, "
              "last_run = ?7, revision = revision + 1 WHERE key = ?1"),
      put_name_(connection,
                "INSERT INTO domain_move_names(move, name, state, value, reason) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET state = excluded.state, value = excluded.value, "
                "reason = excluded.reason"),
      last_run_(connection, "SELECT coalesce(max(key), 0) FROM runs") {}

base::Result<std::optional<MoveRow>> MoveTable::find(MoveKey move) {
  return at_most_one(find_, find_.first(move));
}

base::Result<std::optional<MoveRow>> MoveTable::find_open(std::string_view domain) {
  return at_most_one(find_open_, find_open_.first(domain));
}

base::Result<MoveRow> MoveTable::insert(const NewMove& move) {
  const auto run = last_run();
  if (!run) return base::fail(run.error());
  if (auto done = insert_.run(move.id, move.domain, move.from, move.to, move.details, move.time, *run); !done)
    return base::fail(done.error());
  const auto row = find(sqlite3_last_insert_rowid(connection_->raw()));
  if (!row) return base::fail(row.error());
  return **row;
}

base::Result<MoveRow> MoveTable::update(const MoveRow& before, const MoveUpdate& update) {
  RunKey run = before.last_run;
  if (update.phase != before.phase) {
    const auto now = last_run();
    if (!now) return base::fail(now.error());
    run = *now;
  }
  const auto finished = is_over(update.phase) ? std::optional{update.time} : std::nullopt;
  if (auto done =
          update_.run(before.key, update.phase, update.pause, update.details, update.time, finished, run);
      !done) {
    return base::fail(done.error());
  }
  const auto row = find(before.key);
  if (!row) return base::fail(row.error());
  return **row;
}

base::Result<void> MoveTable::put_name(MoveKey move, const MoveNameUpdate& name) {
  return put_name_.run(move, name.name, name.state, name.value, name.reason);
}

base::Result<RunKey> MoveTable::last_run() {
  const auto row = last_run_.first();
  if (!row) return base::fail(row.error());
  const RunKey key = last_run_.integer(0);
  last_run_.reset();
  return key;
}

}  // namespace paynamed::state
