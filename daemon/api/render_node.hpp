// Nodes as JSON.
//
// Threads: pure functions.
#pragma once

#include <boost/json/object.hpp>

#include "api/dependencies.hpp"

namespace paynamed::api {

boost::json::object to_json(const NodeView& node);
boost::json::object to_json(const nodes::Receivable& receivable);

}  // namespace paynamed::api
