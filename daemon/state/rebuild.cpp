// Rebuilding the read models from the events, and comparing the result with what is stored.
#include <fmt/format.h>

#include "state/migrations.hpp"
#include "state/read_models.hpp"

namespace paynamed::state {
namespace {

// A path as the path of a file: URI (RFC 3986 section 2.1).
std::string uri_path(const std::string& path) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string uri;
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      uri.push_back(c);
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

std::string quoted(std::string_view text) {
  std::string sql = "'";
  for (const char c : text) {
    if (c == '\'') sql.push_back('\'');
    sql.push_back(c);
  }
  return sql + "'";
}

std::string row_as_text(const Statement& statement, int columns) {
  std::string line;
  for (int i = 0; i < columns; ++i) line += fmt::format("{}{}", i == 0 ? "" : "|", statement.text(i));
  return line;
}

// Rows of `table` in `here` and not in `there`.
base::Result<void> only_in(Connection& connection, const char* table, const char* here, const char* there,
                           std::string_view says, std::size_t limit, std::vector<std::string>& lines) {
  if (lines.size() >= limit) return {};
  const std::string sql =
      fmt::format("SELECT * FROM {0}.{2} EXCEPT SELECT * FROM {1}.{2}", here, there, table);
  const auto columns =
      connection.integer(fmt::format("SELECT count(*) FROM pragma_table_info({})", quoted(table)));
  if (!columns) return base::fail(columns.error());
  Statement rows(connection, sql.c_str());
  auto row = rows.first();
  for (; row && *row && lines.size() < limit; row = rows.next()) {
    lines.push_back(fmt::format("{}, {}: {}", table, says, row_as_text(rows, static_cast<int>(*columns))));
  }
  if (!row) return base::fail(row.error());
  return {};
}

}  // namespace

base::Result<void> ReadModels::clear() {
  for (const char* table : read_model_tables()) {
    if (auto done = connection_->execute(fmt::format("DELETE FROM main.{}", table)); !done) return done;
  }
  return load();
}

base::Result<void> rebuild_read_models(Connection& connection, const std::string& log) {
  ReadModels models(connection);
  if (auto done = models.clear(); !done) return done;
  const std::string sql = fmt::format(
      "SELECT e.offset, t.name, e.version, e.data, e.tenant, e.run, e.time FROM {0}.events e "
      "JOIN {0}.event_types t ON t.key = e.type ORDER BY e.offset",
      log);
  Statement events(connection, sql.c_str());
  auto row = events.first();
  for (; row && *row; row = events.next()) {
    const auto fact =
        read_fact(events.text(1), static_cast<std::uint32_t>(events.integer(2)), events.text(3));
    auto done = fact ? models.apply(*fact, {events.integer(4), events.integer(5), events.time(6)})
                     : base::Result<void>(base::fail(fact.error()));
    if (!done) {
      return base::fail(base::data_loss(
          fmt::format(
              "the read models cannot be rebuilt: event {} does not fit the ones before it; restore a backup",
              events.integer(0)),
          done.error().to_string()));
    }
  }
  if (!row) return base::fail(row.error());
  return models.flush();
}

base::Result<std::vector<std::string>> compare_rebuilt(const std::string& path, const std::string& vfs,
                                                       std::size_t limit) {
  auto connection = Connection::open(":memory:", Connection::Mode::kInMemory);
  if (!connection) return base::fail(connection.error());
  if (auto done = migrate(*connection, ":memory:"); !done) return base::fail(done.error());
  const std::string uri =
      fmt::format("file:{}?mode=ro{}{}", uri_path(path), vfs.empty() ? "" : "&vfs=", uri_path(vfs));
  if (auto done = connection->execute(fmt::format("ATTACH {} AS live", quoted(uri))); !done) {
    return base::fail(done.error());
  }
  // A reader must never fold the WAL into the file, not even the last one that closes it.
  sqlite3_db_config(connection->raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);

  // One transaction: the log and the tables are of the same moment.
  if (auto done = connection->execute("BEGIN"); !done) return base::fail(done.error());
  if (auto done = rebuild_read_models(*connection, "live"); !done) return base::fail(done.error());
  std::vector<std::string> lines;
  for (const char* table : read_model_tables()) {
    auto done = only_in(*connection, table, "main", "live", "only when rebuilt", limit, lines);
    if (done) done = only_in(*connection, table, "live", "main", "only in the file", limit, lines);
    if (!done) return base::fail(done.error());
  }
  return lines;
}

}  // namespace paynamed::state
