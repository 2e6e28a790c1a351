// Request and Response: what the API sees of HTTP, as plain values, so that handlers are tested without
// sockets.
//
// Threads: a Request belongs to the one coroutine that answers it; only answer_if_stopping() and
// take_early_answer() may meet from two threads.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace paynamed::api {

// Header fields in the order of the message; names compare without case (RFC 9110 section 5.1).
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  // The first field of this name; nullptr when there is none.
  const std::string* find(std::string_view name) const;
  // All fields of this name joined by ", " (RFC 9110 section 5.3); empty when there is none.
  std::string joined(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Response {
  unsigned status = 200;
  Headers headers;
  std::string body;
  // The Status behind an error, for the log; callers never see its detail.
  base::Status cause;
};

struct Request {
  std::string method;  // "GET"
  std::string path;    // as sent, percent-encoded, without the query
  std::string query;   // without '?'
  Headers headers;
  std::string body;
  boost::asio::ip::address peer;

  // Filled by the Service before the handler runs.
  std::string tenant;
  std::uint64_t key_id = 0;  // of the key that was sent; see Caller
  std::string correlation_id;
  std::string traceparent;                  // empty when the caller sent none, or a broken one
  std::vector<std::string> path_arguments;  // decoded, in the order of the template
  std::string_view route;                   // the template, "/v1/names/{name}"

  // What to answer when the daemon stops while the handler waits; called by a handler before it waits.
  void answer_if_stopping(Response response);
  std::optional<Response> take_early_answer();

 private:
  std::mutex mutex_;
  std::optional<Response> early_answer_;
};

// Percent-decoding (RFC 3986 section 2.1); `plus_is_space` for query strings. Nothing when an escape is
// broken or makes a zero byte.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
// Everything but unreserved characters and '@' is escaped: safe as one segment of a path.
std::string percent_encode(std::string_view text);

// The parameters of a query string. INVALID_ARGUMENT for a broken escape, a parameter given twice, more than
// 32 of them, or one that is not `known` (the message names the nearest).
class Query {
 public:
  static base::Result<Query> parse(std::string_view text, const std::vector<std::string>& known);

  const std::string* find(std::string_view name) const;
  std::string text(std::string_view name) const;
  // A whole number between `least` and `most`; `otherwise` when the parameter is absent.
  base::Result<std::uint32_t> number(std::string_view name, std::uint32_t least, std::uint32_t most,
                                     std::uint32_t otherwise) const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

// The seconds of `wait` in a Prefer header (RFC 7240 section 4.3), at most `most`; nothing when it is absent
// or broken (an unusable preference is ignored, section 2).
std::optional<base::Duration> preferred_wait(const Headers& headers, base::Duration most);

// The 55 characters of a W3C traceparent, version 00, with ids that are not zero.
bool is_traceparent(std::string_view text);

bool equal_ignoring_case(std::string_view left, std::string_view right);

}  // namespace paynamed::api
