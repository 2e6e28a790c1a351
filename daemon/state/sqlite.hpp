// Connection and Statement: SQLite as values with Result errors and RAII.
//
// Threads: a connection and its statements belong to one thread at a time (SQLITE_OPEN_NOMUTEX).
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace paynamed::state {

using Blob = std::span<const std::uint8_t>;

class Connection {
 public:
  enum class Mode { kReadWrite, kReadOnly, kInMemory };
  // Opens `path`; an empty `vfs` means SQLite's own. Fails with UNAVAILABLE and the path in the message.
  static base::Result<Connection> open(const std::string& path, Mode mode, const std::string& vfs = {});

  // Runs statements that take no values. The message of a failure names SQLite's reason.
  base::Result<void> execute(const std::string& sql);
  // The first column of the first row, as an integer or as text.
  base::Result<std::int64_t> integer(const std::string& sql);
  base::Result<std::string> text(const std::string& sql);

  // The last failure of this connection as a Status: UNAVAILABLE while another connection holds a lock,
  // DATA_LOSS for a damaged file, INTERNAL for everything else.
  base::Status failure(std::string_view doing) const;
  sqlite3* raw() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  explicit Connection(sqlite3* handle) : handle_(handle) {}
  std::unique_ptr<sqlite3, Close> handle_;
};

// A prepared statement, prepared at its first use and kept. Values given to first() and run() are borrowed
// until the statement is used again or reset.
class Statement {
 public:
  Statement(Connection& connection, const char* sql) : connection_(&connection), sql_(sql) {}

  // Runs a statement that returns no rows.
  template <class... Values>
  base::Result<void> run(const Values&... values) {
    const int begun = begin();
    if (begun != SQLITE_OK) return base::fail(connection_->failure(sql_));
    int index = 0;
    const bool bound = (... && (bind(++index, values) == SQLITE_OK));
    if (!bound) return base::fail(connection_->failure(sql_));
    return finish();
  }

  // Starts a query. True when it has a first row; next() goes on.
  template <class... Values>
  base::Result<bool> first(const Values&... values) {
    const int begun = begin();
    if (begun != SQLITE_OK) return base::fail(connection_->failure(sql_));
    int index = 0;
    const bool bound = (... && (bind(++index, values) == SQLITE_OK));
    if (!bound) return base::fail(connection_->failure(sql_));
    return next();
  }
  // The next row, if there is one; at the end the statement is reset.
  base::Result<bool> next();
  // Ends a query early; a query that is not at its end keeps its read transaction open.
  void reset();

  // Columns of the current row, from 0. Text and blobs are valid until next(), reset() or the next use.
  std::int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  std::uint64_t count(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  bool is_null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }
  std::string_view text(int column) const;
  Blob blob(int column) const;
  base::WallTime time(int column) const { return base::WallTime{base::Duration{integer(column)}}; }
  std::optional<base::WallTime> optional_time(int column) const;
  // The zero id for NULL or a blob of another length.
  base::Uuid uuid(int column) const;
  std::optional<base::Uuid> optional_uuid(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };

  int begin();
  base::Result<void> finish();

  int bind(int index, std::integral auto value) {
    return sqlite3_bind_int64(handle_.get(), index, static_cast<std::int64_t>(value));
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  int bind(int index, Enum value) { return bind(index, static_cast<std::int64_t>(value)); }
  int bind(int index, std::nullptr_t) { return sqlite3_bind_null(handle_.get(), index); }
  int bind(int index, std::string_view value) {
    // A null pointer would bind NULL; an empty text is not NULL.
    return sqlite3_bind_text(handle_.get(), index, value.data() == nullptr ? "" : value.data(),
                             static_cast<int>(value.size()), SQLITE_STATIC);
  }
  int bind(int index, const std::string& value) { return bind(index, std::string_view{value}); }
  int bind(int index, Blob value) {
    return sqlite3_bind_blob(handle_.get(), index, value.data(), static_cast<int>(value.size()),
                             SQLITE_STATIC);
  }
  int bind(int index, const base::Uuid& value) { return bind(index, Blob{value.bytes()}); }
  int bind(int index, base::WallTime value) { return bind(index, value.time_since_epoch().count()); }
  template <class Value>
  int bind(int index, const std::optional<Value>& value) {
    return value ? bind(index, *value) : bind(index, nullptr);
  }

  Connection* connection_;
  const char* sql_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace paynamed::state
