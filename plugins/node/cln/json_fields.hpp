// Fields of an answer of the node, which may be anything: what is missing or of another type is an Error.
//
// Threads: pure functions.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json_transport.hpp"

namespace paynamed::cln {

// An answer with the call that it answers, which says what an Error means.
class Fields {
 public:
  // Throws when `value` is no object. Both outlive it.
  Fields(const boost::json::value& value, const JsonCall& asked);

  // Throw when they are missing or something else; number() also what is negative.
  std::string text(std::string_view key) const;
  std::uint64_t number(std::string_view key) const;
  bool boolean(std::string_view key) const;
  // Lower-case hex of that many bytes.
  std::string hex(std::string_view key, std::size_t bytes) const;
  const boost::json::array& list(std::string_view key) const;
  // Empty or 0 when they are missing.
  std::string text_or_empty(std::string_view key) const;
  std::uint64_t number_or_zero(std::string_view key) const;
  bool has(std::string_view key) const { return object_.contains(key); }

  [[noreturn]] void wrong(std::string_view key) const;

 private:
  static const boost::json::object& object_of(const boost::json::value& value, const JsonCall& asked);

  const boost::json::object& object_;
  const JsonCall& asked_;
};

}  // namespace paynamed::cln
