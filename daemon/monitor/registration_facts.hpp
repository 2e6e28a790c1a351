// What is known of the registration of a domain, and what follows from it.
//
// Threads: value types and pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace paynamed::monitor {

struct RegistrationFacts {
  bool known = false;  // false: the registry has no RDAP, or no such domain; says nothing
  std::string server;  // who was asked
  base::WallTime asked;
  std::vector<std::string> status;  // as RDAP has them (RFC 8056), "server hold"
  std::optional<base::WallTime> expires;
  // Why names cannot be paid; empty when nothing stands in the way.
  std::string code;  // a word of docs/events.md
  std::string reason;
  bool confirmed = false;  // two answers some time apart have said so
};

// The worst that the statuses say (RFC 3915, RFC 5731), into `code` and `reason`.
void judge_registration(const std::string& domain, RegistrationFacts& facts);

// As the store keeps it and the API shows it.
boost::json::object to_json(const RegistrationFacts& facts);
// An empty one for text that is none.
RegistrationFacts registration_facts_from(const boost::json::object& object);
// The object in a text; empty for other text.
boost::json::object object_from(std::string_view text);

}  // namespace paynamed::monitor
