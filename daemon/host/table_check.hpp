// TableCheck walks an instance's table beside its module's schema and finds what the validator would not, or
// not in words: unknown and missing keys with the nearest name, and secrets that stand in the file.
//
// Threads: one object, one thread.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "host/schema.hpp"

namespace paynamed::host {

class TableCheck {
 public:
  std::vector<SchemaProblem> problems;

  // The table as the validator has to see it: without what was reported here, and with a stand-in for each
  // secret. `path` is the JSON pointer to `value`; without a schema the value is taken as it is.
  boost::json::value walk(const boost::json::value& value, const boost::json::object* schema,
                          const std::string& path);

 private:
  boost::json::value walk_object(const boost::json::object& object, const boost::json::object& schema,
                                 const std::string& path);
};

}  // namespace paynamed::host
