// Difference: what is not the same in two configurations, key by key, and which of it can change while the
// daemon runs.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace paynamed::config {

struct Config;

struct Change {
  enum class Kind { kAdded, kRemoved, kChanged };
  Kind kind = Kind::kChanged;
  std::string key;     // "api.listen", "domains.\"example.com\".ttl", "plugins.zone"
  std::string before;  // as it would be written; empty where there is nothing to show
  std::string after;
  std::string restart;  // why only a restart takes it up, a sentence; empty: it changes while the daemon runs
};

// In the order of the sections in the documentation. Settings of plugins and references to secrets are named,
// not shown. Places in the file and comments are no difference.
std::vector<Change> difference(const Config& before, const Config& after);

// "~ domains."example.com".ttl: 5m -> 1m", one line a change, with why it needs a restart.
std::string render(const std::vector<Change>& changes);

std::string_view to_string(Change::Kind kind);  // "added", "removed", "changed"

}  // namespace paynamed::config
