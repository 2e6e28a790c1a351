// Ask: one call to the daemon with its errors told to people.
//
// Threads: one at a time.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ctl/commands.hpp"

namespace paynamed::ctl {

struct Answer {
  Exit exit = Exit::kOk;  // kOk: the daemon answered with 2xx
  HttpReply reply;
  boost::json::object body;

  bool ok() const { return exit == Exit::kOk; }
};

// Sends and reads the answer. An error has been written when this returns: the problem's sentence with its
// correlation id, or the problem document itself with --json.
Answer ask(Context& context, const HttpCall& call);
// The same for answers that are no JSON: the bytes are in `reply`.
Answer ask_bytes(Context& context, const HttpCall& call);
Answer get(Context& context, std::string target);

// All items of a list up to `limit`, over its pages. `more` says whether there are others.
struct Items {
  Exit exit = Exit::kOk;
  boost::json::array items;
  bool more = false;
};
// `target` has a query already, or ends in '?'.
Items ask_all(Context& context, const std::string& target, std::uint32_t limit, std::uint32_t page_limit);

// Sends all of them, at most `at_once` at a time, and again those for which the daemon has no room or no
// answer. Nothing, with the error written, when it was away for long.
std::optional<std::vector<HttpReply>> send_patiently(Context& context, const std::vector<HttpCall>& calls,
                                                     std::size_t at_once);

// Writes the list as JSON or as a table, with a note when there is more.
Exit write_items(Context& context, const Items& items, const Table& table, std::string_view nothing);

}  // namespace paynamed::ctl
