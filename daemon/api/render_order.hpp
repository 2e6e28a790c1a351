// Orders as JSON.
//
// Threads: a pure function.
#pragma once

#include <boost/json/object.hpp>

#include "state/orders.hpp"

namespace paynamed::api {

boost::json::object to_json(const state::OrderRow& order);

}  // namespace paynamed::api
