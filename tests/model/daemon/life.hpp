// Life: a daemon from its start until it is killed, driven through a channel: a line of JSON a request, a
// line an answer. Nothing happens while nobody asks but what the daemon does by itself, and time passes only
// when it is told to, and only when the daemon has come to rest.
//
//   {"id": 1, "do": "pass", "ms": 5000}          answered when so much time has passed and all is at rest
//   {"id": 2, "do": "register", "tenant": ..., "name": ..., "key": ...}, "rotate", "remove"
//   {"id": 3, "do": "invoice", "tenant", "name", "amount_msat", "memo", "reference", "expiry", "key"}
//   {"id": 4, "do": "resume", "tenant", "run"}
//   {"id": 5, "do": "look", "tenant", "after"}   what the tenant sees; see look.hpp
//   {"id": 6, "do": "prove"}                     the hash chain, and what a rebuild gives
//
// An answer has what was asked for, or "code" and "message". A line {"time": true} says that somebody at the
// node waited until now.
//
// Threads: run() is the life of a process.
#pragma once

#include <string>

#include "tests/model/daemon/parts.hpp"

namespace paynamed::model {

struct LifeSettings {
  PartsSettings parts;
  std::string log_file;
  int channel = -1;
};

// Never returns.
[[noreturn]] void live(const LifeSettings& settings, World& world);

}  // namespace paynamed::model
