// The schema of the state file and the numbered steps that bring an older file forward.
//
// Threads: functions use the given connection only.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

// "PNMD": says that an SQLite file is ours (PRAGMA application_id).
inline constexpr std::int32_t kApplicationId = 0x504E4D44;

// Migration n brings a file from version n (PRAGMA user_version) to n + 1.
struct Migration {
  const char* sql;
};
std::span<const Migration> migrations();

// The version of the file; 0 when it is empty. Changes nothing.
//   FAILED_PRECONDITION  the file belongs to another program, or to a newer paynamed: the message has both
//   versions DATA_LOSS            the file is no database, or damaged
base::Result<std::size_t> check_version(Connection& connection, const std::string& path, std::size_t newest);

// Brings an empty or older file to the newest version, each step in a transaction of its own.
// Fails as check_version().
base::Result<void> migrate(Connection& connection, const std::string& path,
                           std::span<const Migration> steps = migrations());

// The tables that are a function of the events, which a rebuild clears.
std::span<const char* const> read_model_tables();

}  // namespace paynamed::state
