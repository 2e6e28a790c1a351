#include "state/move_queries.hpp"

#include <algorithm>
#include <iterator>

#include "state/move_table.hpp"
#include "state/rows.hpp"

namespace paynamed::state {
namespace {

MovingName moving_name(const Statement& row) {
  MovingName name;
  name.tenant = row.text(0);
  name.name = row.text(1);
  name.value = row.text(2);
  name.ttl_seconds = static_cast<std::uint32_t>(row.integer(3));
  name.dns_instance = row.text(4);
  name.busy = row.integer(5) != 0;
  if (!row.is_null(6)) name.state = static_cast<MoveNameState>(row.integer(6));
  name.moved_value = row.text(7);
  name.updated = row.time(8);
  return name;
}

MoveNameRow move_name_row(const Statement& row) {
  MoveNameRow name;
  name.name = row.text(0);
  name.state = static_cast<MoveNameState>(row.integer(1));
  name.value = row.text(2);
  name.reason = row.text(3);
  name.busy = row.integer(4) != 0;
  name.current = row.text(5);
  return name;
}

}  // namespace

MoveQueries::MoveQueries(Connection& connection)
    : open_(connection,
            "SELECT " PAYNAMED_MOVE_COLUMNS " FROM domain_moves m WHERE m.finished IS NULL ORDER BY m.key"),
      of_domain_(connection, "SELECT " PAYNAMED_MOVE_COLUMNS
                             " FROM domain_moves m WHERE m.domain = ? ORDER BY m.key DESC LIMIT ?"),
      of_name_(
          connection,
          "SELECT m.source, m.target, m.phase, n.state FROM domain_moves m LEFT JOIN domain_move_names n "
          "ON n.move = m.key AND n.name = ?2 WHERE m.domain = ?1 AND m.finished IS NULL"),
      last_finished_(connection,
                     "SELECT source, target FROM domain_moves WHERE domain = ? AND phase = 6 "
                     "ORDER BY key DESC LIMIT 1"),
      moving_names_(connection,
                    "SELECT t.name, n.name, n.value, n.ttl, n.dns_instance, n.open_run IS NOT NULL, m.state, "
                    "coalesce(m.value, ''), n.updated FROM names n JOIN tenants t ON t.key = n.tenant "
                    "LEFT JOIN domain_move_names m ON m.move = ?1 AND m.name = n.name "
                    "WHERE n.name > ?3 AND n.state IN (1, 2, 3) AND "
                    "substr(n.name, instr(n.name, '@') + 1) = ?2 ORDER BY n.name LIMIT ?4"),
      names_in_state_(connection,
                      "SELECT m.name, m.state, m.value, m.reason, n.open_run IS NOT NULL, "
                      "coalesce(n.value, '') FROM domain_move_names m LEFT JOIN names n ON n.name = m.name "
                      "WHERE m.move = ?1 AND m.state = ?2 AND m.name > ?3 ORDER BY m.name LIMIT ?4"),
      count_names_(connection,
                   "SELECT coalesce(sum(names), 0), coalesce(sum(names) FILTER (WHERE instance = ?2), 0) "
                   "FROM domain_uses WHERE domain = ?1"),
      count_states_(connection,
                    "SELECT state, count(*) FROM domain_move_names WHERE move = ? GROUP BY state"),
      count_earlier_runs_(connection,
                          "SELECT count(*) FROM runs r INDEXED BY runs_open JOIN names n ON n.key = r.name "
                          "WHERE r.finished IS NULL AND r.key <= ?2 AND "
                          "substr(n.name, instr(n.name, '@') + 1) = ?1") {}

base::Result<std::vector<MoveRow>> MoveQueries::open_moves() {
  return collect<MoveRow>(open_, open_.first(), read_move);
}

base::Result<std::vector<MoveRow>> MoveQueries::moves_of(std::string_view domain, std::uint32_t limit) {
  return collect<MoveRow>(of_domain_, of_domain_.first(domain, std::min(limit, kMaxRows)), read_move);
}

base::Result<std::optional<MoveOfName>> MoveQueries::move_of_name(std::string_view domain,
                                                                  std::string_view name) {
  const auto row = of_name_.first(domain, name);
  if (!row) return base::fail(row.error());
  if (!*row) return std::nullopt;
  MoveOfName found{std::string{of_name_.text(0)}, std::string{of_name_.text(1)},
                   static_cast<MovePhase>(of_name_.integer(2)), std::nullopt};
  if (!of_name_.is_null(3)) found.name = static_cast<MoveNameState>(of_name_.integer(3));
  of_name_.reset();
  return found;
}

base::Result<std::string> MoveQueries::instance_after_moves(std::string_view domain,
                                                            std::string_view configured) {
  auto last = last_finished(domain);
  if (!last) return base::fail(last.error());
  return *last && (*last)->from == configured ? std::move((*last)->to) : std::string{configured};
}

base::Result<std::optional<DomainUse::Move>> MoveQueries::last_finished(std::string_view domain) {
  const auto row = last_finished_.first(domain);
  if (!row) return base::fail(row.error());
  if (!*row) return std::nullopt;
  DomainUse::Move move{std::string{last_finished_.text(0)}, std::string{last_finished_.text(1)}};
  last_finished_.reset();
  return move;
}

base::Result<std::vector<MovingName>> MoveQueries::moving_names(const MoveRow& move, std::string_view after,
                                                                std::uint32_t limit) {
  return collect<MovingName>(moving_names_,
                             moving_names_.first(move.key, move.domain, after, std::min(limit, kMaxRows)),
                             moving_name);
}

base::Result<std::vector<MoveNameRow>> MoveQueries::move_names(MoveKey move, MoveNameState state,
                                                               std::string_view after, std::uint32_t limit) {
  return collect<MoveNameRow>(
      names_in_state_, names_in_state_.first(move, state, after, std::min(limit, kMaxRows)), move_name_row);
}

base::Result<MoveStore::MoveCounts> MoveQueries::move_counts(const MoveRow& move) {
  MoveStore::MoveCounts counts;
  auto row = count_names_.first(move.domain, move.to);
  if (!row) return base::fail(row.error());
  counts.names = count_names_.count(0);
  counts.held_by_to = count_names_.count(1);
  count_names_.reset();
  row = count_states_.first(move.key);
  for (; row && *row; row = count_states_.next()) {
    const auto state = static_cast<std::size_t>(count_states_.integer(0));
    if (state < std::size(counts.by_state)) counts.by_state[state] = count_states_.count(1);
  }
  if (!row) return base::fail(row.error());
  const auto runs = earlier_runs(move);
  if (!runs) return base::fail(runs.error());
  counts.earlier_runs = *runs;
  return counts;
}

base::Result<std::uint64_t> MoveQueries::earlier_runs(const MoveRow& move) {
  const auto row = count_earlier_runs_.first(move.domain, move.last_run);
  if (!row) return base::fail(row.error());
  const std::uint64_t runs = count_earlier_runs_.count(0);
  count_earlier_runs_.reset();
  return runs;
}

}  // namespace paynamed::state
