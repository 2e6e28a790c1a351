// What came of a reload, in words: for the answer, the log and /healthz.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/dependencies.hpp"
#include "base/result.hpp"
#include "config/diagnostic.hpp"

namespace paynamed::process {

// "paynamed.toml has 2 mistakes; the first, in line 34, column 25: ...".
base::Status mistakes_of(const config::Diagnostics& diagnostics, const std::string& file);

// FAILED_PRECONDITION naming the changes that a running daemon cannot take up; nothing when there are none.
std::optional<base::Status> needs_restart(const std::vector<config::Change>& changes);

// The lines for people: the mistakes (`rendered`), the changes, and what became of them.
std::string text_of(const api::ReloadReport& report, const std::string& rendered);

}  // namespace paynamed::process
