#include "state/run_queries.hpp"

#include <algorithm>

#include "state/rows.hpp"

namespace paynamed::state {
namespace {

#define PAYNAMED_RUN_COLUMNS                                                                   \
  "SELECT r.key, r.id, r.verb, n.name, r.state, r.reason, r.accepted, r.updated, r.finished, " \
  "r.correlation_id "

#define PAYNAMED_OPEN_RUN_QUERY                                                                        \
  PAYNAMED_RUN_COLUMNS                                                                                 \
  ", r.tenant, t.name, i.traceparent, i.input, s.pipeline FROM runs r JOIN names n ON n.key = r.name " \
  "JOIN tenants t ON t.key = r.tenant JOIN run_inputs i ON i.run = r.key JOIN snapshots s ON s.key = " \
  "i.snapshot "

RunRow run_row(const Statement& row) {
  RunRow run;
  run.key = row.integer(0);
  run.id = row.uuid(1);
  run.verb = static_cast<Verb>(row.integer(2));
  run.name = row.text(3);
  run.state = static_cast<RunState>(row.integer(4));
  run.reason = row.text(5);
  run.accepted = row.time(6);
  run.updated = row.time(7);
  run.finished = row.optional_time(8);
  run.correlation_id = row.text(9);
  return run;
}

}  // namespace

RunQueries::RunQueries(Connection& connection, SnapshotStatements& snapshots, TenantKeys& tenants)
    : snapshots_(&snapshots),
      tenants_(&tenants),
      find_key_use_(connection,
                    "SELECT r.id, k.request_hash FROM idempotency_keys k JOIN runs r ON r.key = k.run "
                    "WHERE k.tenant = ?1 AND k.key = ?2"),
      find_run_(connection, PAYNAMED_RUN_COLUMNS
                "FROM runs r JOIN names n ON n.key = r.name WHERE r.id = ?1 AND r.tenant = ?2"),
      run_key_(connection, "SELECT key FROM runs WHERE id = ?1 AND tenant = ?2"),
      runs_of_tenant_(
          connection, PAYNAMED_RUN_COLUMNS
          "FROM runs r INDEXED BY runs_of_tenant JOIN names n ON n.key = r.name WHERE r.tenant = ?1 AND "
          "r.key < ?2 AND (?3 IS NULL OR r.state = ?3) AND ?4 IS NOT NULL ORDER BY r.key DESC LIMIT ?5"),
      runs_of_name_(
          connection, PAYNAMED_RUN_COLUMNS
          "FROM names n JOIN runs r INDEXED BY runs_of_name ON r.name = n.key WHERE r.tenant = ?1 AND "
          "r.key < ?2 AND (?3 IS NULL OR r.state = ?3) AND n.name = ?4 ORDER BY r.key DESC LIMIT ?5"),
      runs_open_(
          connection, PAYNAMED_RUN_COLUMNS
          "FROM runs r INDEXED BY runs_open JOIN names n ON n.key = r.name WHERE r.finished IS NULL AND "
          "r.tenant = ?1 AND r.key < ?2 AND r.state = ?3 AND ?4 IS NOT NULL ORDER BY r.key DESC LIMIT ?5"),
      runs_compensated_(
          connection, PAYNAMED_RUN_COLUMNS
          "FROM runs r INDEXED BY runs_compensated JOIN names n ON n.key = r.name WHERE r.state = 4 AND "
          "r.tenant = ?1 AND r.key < ?2 AND r.state = ?3 AND ?4 IS NOT NULL ORDER BY r.key DESC LIMIT ?5"),
      journal_of_(connection,
                  "SELECT kind, step, attempt, time, payload FROM journal WHERE run = ? ORDER BY seq"),
      load_run_(connection, PAYNAMED_OPEN_RUN_QUERY "WHERE r.key = ?"),
      open_runs_(
          connection, PAYNAMED_OPEN_RUN_QUERY
          "WHERE r.key IN (SELECT key FROM runs INDEXED BY runs_open WHERE finished IS NULL AND key > ?1 "
          "ORDER BY key LIMIT ?2) ORDER BY r.key") {}

base::Result<std::optional<Store::KeyUse>> RunQueries::find_key_use(std::string_view tenant,
                                                                    std::string_view key) {
  const auto number = tenants_->key_of(tenant);
  if (!number) return base::fail(number.error());
  return at_most_one<Store::KeyUse>(find_key_use_, find_key_use_.first(*number, key),
                                    [](const Statement& row) {
                                      return Store::KeyUse{row.uuid(0), std::string{row.text(1)}};
                                    });
}

base::Result<std::optional<RunRow>> RunQueries::find_run(std::string_view tenant, base::Uuid id) {
  const auto key = tenants_->key_of(tenant);
  if (!key) return base::fail(key.error());
  return at_most_one<RunRow>(find_run_, find_run_.first(id, *key), run_row);
}

Statement& RunQueries::runs_query(bool by_name, std::optional<RunState> state) {
  if (by_name) return runs_of_name_;
  if (state && is_open(*state)) return runs_open_;
  if (state == RunState::kCompensated) return runs_compensated_;
  return runs_of_tenant_;
}

base::Result<std::vector<RunRow>> RunQueries::list_runs(std::string_view tenant, std::string_view name,
                                                        std::optional<RunState> state, base::Uuid before,
                                                        std::uint32_t limit) {
  const auto key = tenants_->key_of(tenant);
  if (!key) return base::fail(key.error());
  RunKey below = INT64_MAX;
  if (before != base::Uuid{}) {
    const auto row = run_key_.first(before, *key);
    if (!row) return base::fail(row.error());
    if (!*row) {
      return base::fail(
          base::invalid_argument("the list cannot go on: there is no run " + before.to_string()));
    }
    below = run_key_.integer(0);
    run_key_.reset();
  }
  Statement& query = runs_query(!name.empty(), state);
  return collect<RunRow>(query, query.first(*key, below, state, name, std::min(limit, kMaxRows)), run_row);
}

base::Result<std::vector<JournalEntry>> RunQueries::journal_of(RunKey run) {
  return collect<JournalEntry>(journal_of_, journal_of_.first(run), [](const Statement& row) {
    JournalEntry entry;
    entry.kind = static_cast<JournalEntry::Kind>(row.integer(0));
    entry.step = static_cast<std::uint32_t>(row.integer(1));
    entry.attempt = static_cast<std::uint32_t>(row.integer(2));
    entry.time = row.time(3);
    entry.payload = row.text(4);
    return entry;
  });
}

base::Result<std::vector<OpenRun>> RunQueries::open_runs_of(Statement& statement, base::Result<bool> row) {
  auto runs = collect<OpenRun>(statement, std::move(row), [](const Statement& columns) {
    OpenRun run;
    run.row = run_row(columns);
    run.tenant_key = columns.integer(10);
    run.tenant = columns.text(11);
    run.traceparent = columns.text(12);
    run.input = columns.text(13);
    run.pipeline = columns.text(14);
    return run;
  });
  if (!runs) return runs;
  for (OpenRun& run : *runs) {
    auto journal = journal_of(run.row.key);
    if (!journal) return base::fail(journal.error());
    run.journal = std::move(*journal);
  }
  return runs;
}

base::Result<std::optional<OpenRun>> RunQueries::load_run(RunKey run) {
  const ReadSnapshot snapshot(*snapshots_);
  if (!snapshot.begun()) return base::fail(snapshot.begun().error());
  auto runs = open_runs_of(load_run_, load_run_.first(run));
  if (!runs) return base::fail(runs.error());
  if (runs->empty()) return std::nullopt;
  return std::move(runs->front());
}

base::Result<std::vector<OpenRun>> RunQueries::open_runs(RunKey after, std::uint32_t limit) {
  const ReadSnapshot snapshot(*snapshots_);
  if (!snapshot.begun()) return base::fail(snapshot.begun().error());
  return open_runs_of(open_runs_, open_runs_.first(after, std::min(limit, kMaxRows)));
}

}  // namespace paynamed::state
