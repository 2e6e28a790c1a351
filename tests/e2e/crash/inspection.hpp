// What must be true after every death of the daemon, looked at from outside: the state file itself, the DNS
// server, the node's own database and the REST API. Each finding is a sentence; none when all is well.
//
// Threads: one thread at a time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/e2e/crash/stage.hpp"

namespace paynamed::crash {

// What has become of a name in the end.
enum class Ending {
  kLive,
  kFree,         // as if it had never been asked for
  kPaused,       // reserved, its run is paused with a reason
  kQuarantined,  // removed
};

struct NameWithEnding {
  std::string name;
  Ending ending = Ending::kLive;
  std::string foreign_record;  // stands at the name and is not ours; empty: none
};

// The state file (a copy, which is changed): events dense, unique, unbroken in their chain; read models equal
// to what the events say; each run accepted once and ended at most once; nothing lost that the account has.
std::vector<std::string> inspect_state(const std::filesystem::path& copy, const Account& account);

// With the daemon running and every run at rest: each acknowledged run has ended or is paused with a reason,
// each name has the one record that it should have or none, no offer is payable at the node that no name has.
std::vector<std::string> inspect_outside(Stage& stage, const std::vector<NameWithEnding>& names);

// The texts of all TXT records at a name, at the server itself.
std::vector<std::string> records_of(const fakes::KnotLab& lab, const std::string& name);

}  // namespace paynamed::crash
