// What stands in a zone, as JSON.
//
// Threads: pure functions.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "domains/zone_entry.hpp"

namespace paynamed::api {

boost::json::object to_json(const domains::ZoneEntry& entry);

// A TXT value as text: bytes that are no UTF-8, and the backslash then, as \DDD (RFC 4343 section 2.1).
std::string shown_value(std::string_view value);

}  // namespace paynamed::api
