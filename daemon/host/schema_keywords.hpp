// Which keywords a module's schema may use: those that are checked, where they are checked.
//
// Threads: a pure function.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace paynamed::host {

// The first keyword that would silently not be checked, or a secret in a place where it could not be found
// again, as a sentence; empty if there is none.
std::string problem_of_keywords(const boost::json::value& schema);

}  // namespace paynamed::host
