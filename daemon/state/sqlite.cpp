#include "state/sqlite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace paynamed::state {
namespace {

// SQLite's memory statistics take one process-wide lock at every allocation; nothing of ours reads them.
void configure_once() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

}  // namespace

base::Result<Connection> Connection::open(const std::string& path, Mode mode, const std::string& vfs) {
  configure_once();
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (mode) {
    case Mode::kReadWrite:
      flags |= SQLITE_OPEN_READWRITE;
      break;
    case Mode::kReadOnly:
      flags |= SQLITE_OPEN_READONLY;
      break;
    case Mode::kInMemory:
      // URIs are for ATTACH only: a path from the configuration is a path.
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_URI;
      break;
  }
  sqlite3* handle = nullptr;
  const int rc = sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
  Connection connection{handle};  // SQLite gives a handle even when it fails, except without memory
  if (rc != SQLITE_OK) {
    return base::fail(base::unavailable(fmt::format(
        "the state file {} cannot be opened: {}; check that it exists and may be read and written", path,
        handle == nullptr ? sqlite3_errstr(rc) : sqlite3_errmsg(handle))));
  }
  return connection;
}

base::Result<void> Connection::execute(const std::string& sql) {
  if (sqlite3_exec(raw(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return base::fail(failure(sql));
  }
  return {};
}

base::Result<std::int64_t> Connection::integer(const std::string& sql) {
  Statement statement(*this, sql.c_str());
  const auto row = statement.first();
  if (!row) return base::fail(row.error());
  if (!*row) return base::fail(base::internal("a query of the state file has no row", sql));
  return statement.integer(0);
}

base::Result<std::string> Connection::text(const std::string& sql) {
  Statement statement(*this, sql.c_str());
  const auto row = statement.first();
  if (!row) return base::fail(row.error());
  if (!*row) return base::fail(base::internal("a query of the state file has no row", sql));
  return std::string{statement.text(0)};
}

base::Status Connection::failure(std::string_view doing) const {
  const int code = sqlite3_extended_errcode(raw());
  std::string detail = fmt::format("{} (SQLite {}) in: {}", sqlite3_errmsg(raw()), code, doing);
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return base::unavailable("the state file is locked by another connection; try again",
                               std::move(detail));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return base::data_loss("the state file is damaged; stop the daemon and restore a backup",
                             std::move(detail));
    case SQLITE_FULL:
      return base::internal("the disk of the state file is full; free some space", std::move(detail));
    default:
      return base::internal("the state file could not be used", std::move(detail));
  }
}

int Statement::begin() {
  if (handle_) return sqlite3_reset(handle_.get()), SQLITE_OK;
  sqlite3_stmt* handle = nullptr;
  const int rc =
      sqlite3_prepare_v3(connection_->raw(), sql_, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  handle_.reset(handle);
  return rc;
}

base::Result<void> Statement::finish() {
  const int rc = sqlite3_step(handle_.get());
  if (rc == SQLITE_DONE || rc == SQLITE_ROW) {
    sqlite3_reset(handle_.get());
    return {};
  }
  base::Status status = connection_->failure(sql_);
  sqlite3_reset(handle_.get());
  return base::fail(std::move(status));
}

base::Result<bool> Statement::next() {
  const int rc = sqlite3_step(handle_.get());
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) {
    sqlite3_reset(handle_.get());
    return false;
  }
  base::Status status = connection_->failure(sql_);
  sqlite3_reset(handle_.get());
  return base::fail(std::move(status));
}

void Statement::reset() {
  if (handle_) sqlite3_reset(handle_.get());
}

std::string_view Statement::text(int column) const {
  const unsigned char* data = sqlite3_column_text(handle_.get(), column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

Blob Statement::blob(int column) const {
  const void* data = sqlite3_column_blob(handle_.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const std::uint8_t*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

std::optional<base::WallTime> Statement::optional_time(int column) const {
  if (is_null(column)) return std::nullopt;
  return time(column);
}

base::Uuid Statement::uuid(int column) const {
  const Blob bytes = blob(column);
  std::array<std::uint8_t, 16> id{};
  if (bytes.size() == id.size()) std::copy(bytes.begin(), bytes.end(), id.begin());
  return base::Uuid{id};
}

std::optional<base::Uuid> Statement::optional_uuid(int column) const {
  if (is_null(column)) return std::nullopt;
  return uuid(column);
}

}  // namespace paynamed::state
