// Moves of domains as JSON objects.
//
// Threads: pure functions.
#pragma once

#include <boost/json/object.hpp>

#include "moves/views.hpp"

namespace paynamed::api {

// What has to be changed at the parent stands in "parent", as long as that is what the move waits for.
boost::json::object to_json(const moves::MoveView& view, base::WallTime now);
// For tenants who share the domain: what is wrong names other tenants' names, and servers the operator's.
boost::json::object to_json_for_tenant(const moves::MoveView& view);
boost::json::object to_json(const moves::Plan& plan, const std::string& domain);

}  // namespace paynamed::api
