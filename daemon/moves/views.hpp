// How moves are asked for and shown.
//
// Threads: value types.
#pragma once

#include <string>
#include <vector>

#include "moves/details.hpp"
#include "moves/findings.hpp"
#include "state/moves.hpp"

namespace paynamed::moves {

struct MoveRequest {
  std::string domain;
  std::string to;
  std::vector<std::string> accept;   // as --accept
  std::vector<std::string> servers;  // as --servers
};

// What a dry run found.
struct Plan {
  std::string from;
  std::string to;
  std::string zone;  // with its dot
  std::uint64_t names = 0;
  Findings findings;
};

// A move with what can be counted now.
struct MoveView {
  state::MoveRow row;
  Details details;
  state::MoveStore::MoveCounts counts;
};

}  // namespace paynamed::moves
