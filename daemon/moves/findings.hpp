// What a look at the two sides of a move found.
//
// Threads: a value type.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "moves/details.hpp"

namespace paynamed::moves {

struct Findings {
  std::vector<std::string> problems;  // what stands in the way; a person has to mend it
  std::vector<std::string> notes;
  base::Status trouble;  // it could not be found out now
  std::size_t sets_compared = 0;
  std::size_t names_compared = 0;
  std::vector<std::string> to_servers;
  std::vector<std::string> from_servers;
  std::vector<std::string> to_names;
  std::vector<std::string> to_ds;
  SeenTtls ttls;
  bool delegated_to = false;  // a server of the parent names the new servers already
  bool can_go_on() const { return problems.empty() && trouble.ok(); }
};

}  // namespace paynamed::moves
