// Body: a JSON object from a caller, read member by member; what is unknown, missing or of another type is a
// sentence that says so.
//
// Threads: a value type.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace paynamed::api {

using base::Result;

class Body {
 public:
  // The JSON text of an object; at most 32 levels deep. `where` names it in messages: "the body".
  // INVALID_ARGUMENT otherwise.
  static Result<Body> parse(std::string_view text);

  // Refuses members that are not `known`, naming the nearest.
  Result<void> only(const std::vector<std::string>& known) const;

  bool has(std::string_view member) const { return object_.contains(member); }
  bool is_text(std::string_view member) const;
  bool is_true(std::string_view member) const;
  bool is_null(std::string_view member) const;
  // true or false; false when it is absent or null. INVALID_ARGUMENT for anything else.
  Result<bool> flag(std::string_view member) const;
  // A text of at most `most` bytes without control characters; empty when it is absent. `required`: it must
  // be there and not be empty.
  Result<std::string> text(std::string_view member, std::size_t most, bool required = false) const;
  // A list of at most `most` texts, each as text() with `most_bytes`; empty when it is absent.
  Result<std::vector<std::string>> texts(std::string_view member, std::size_t most,
                                         std::size_t most_bytes) const;
  // A whole number from 1; 0 when it is absent.
  Result<std::uint64_t> positive(std::string_view member) const;
  // Millisatoshi from 1, as a decimal string or a whole number, at most all bitcoin; 0 when it is absent or
  // null.
  Result<std::uint64_t> amount_msat(std::string_view member) const;
  // Every member as a text of any bytes; neither names nor values are shown when one is none, for they may be
  // secrets.
  Result<std::map<std::string, std::string>> raw_texts() const;
  // An object inside; INVALID_ARGUMENT when it is something else or absent.
  Result<Body> object(std::string_view member) const;

 private:
  Body(boost::json::object object, std::string where)
      : object_(std::move(object)), where_(std::move(where)) {}

  boost::json::object object_;
  std::string where_;
};

}  // namespace paynamed::api
