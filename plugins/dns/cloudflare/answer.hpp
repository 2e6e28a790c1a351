// Answer: Cloudflare's envelope around every result, read with distrust.
//
// Threads: value types; the functions are pure.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paynamed::cloudflare {

// One of "errors", with those of its "error_chain" behind it.
struct ApiError {
  std::int64_t code = 0;
  std::string message;
};

struct Answer {
  std::uint32_t status = 0;
  bool success = false;
  std::vector<ApiError> errors;
  boost::json::value result;
  std::optional<std::int64_t> total_count;  // of a list: over all its pages

  bool has_error(std::int64_t code) const;
};

// Nothing when `body` is no envelope.
std::optional<Answer> answer_of(std::uint32_t status, std::string_view body);

// A member's text or number; empty when it is missing or something else.
std::string text_in(const boost::json::object& object, std::string_view key);
std::optional<std::int64_t> integer_in(const boost::json::object& object, std::string_view key);

}  // namespace paynamed::cloudflare
