// What the paynamed program does, apart from reading its command line. Each returns the exit code.
//
// Threads: called once, on the main thread.
#pragma once

#include <filesystem>

#include "state/sqlite_store.hpp"

namespace paynamed::process {

// Serves until SIGTERM or SIGINT; SIGHUP reloads the configuration. `store_settings` as Daemon's.
int run(const std::filesystem::path& config, state::SqliteStore::Settings store_settings = {});
// Prints what is wrong with a configuration: 0 or kExitConfig.
int check(const std::filesystem::path& config, bool json);
int list_steps();

}  // namespace paynamed::process
