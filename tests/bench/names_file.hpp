// State files with many live names, made as fast as the disk allows from valid events.
//
// Threads: functions block their caller; each call uses a file of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "state/sqlite.hpp"
#include "tests/bench/instant_actions.hpp"

namespace paynamed::bench {

// The state file at `path`, made when it is not there, with the pragmas of the store.
state::Connection open_file(const std::string& path, const char* synchronous = "FULL");

// The name with this number. Names arrive in no order: hashing spreads them over the index as people's names
// are. `prefix` keeps several sets apart.
std::string name_at(std::uint64_t number, std::string_view prefix = "", std::string_view domain = kDomain);

// The TXT value that each of them has.
const std::string& record_value();

// Puts the live names 0 to count - 1 into the file at `path`: each with the events, the journal and the read
// models of its registration, and an offer at the node of that reference of the instance "node". Goes on
// where an earlier call was ended.
void fill_names(const std::string& path, std::uint64_t count, const std::string& domain = kDomain,
                const std::string& node = "default");

}  // namespace paynamed::bench
