// The rows of a query as values.
//
// Threads: as the statement.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

// No answer has more rows than this, whatever `limit` says.
inline constexpr std::uint32_t kMaxRows = 1000;

// All rows of a query that was just started; `row` is what its first() said. Fails as the query does.
template <class Row, class Read>
base::Result<std::vector<Row>> collect(Statement& statement, base::Result<bool> row, Read read) {
  std::vector<Row> rows;
  for (; row && *row; row = statement.next()) rows.push_back(read(statement));
  if (!row) return base::fail(row.error());
  return rows;
}

// As collect(), for a query of which only the first row counts.
template <class Row, class Read>
base::Result<std::optional<Row>> at_most_one(Statement& statement, base::Result<bool> row, Read read) {
  if (!row) return base::fail(row.error());
  if (!*row) return std::nullopt;
  std::optional<Row> found = read(statement);
  statement.reset();
  return found;
}

}  // namespace paynamed::state
