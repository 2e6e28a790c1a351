// Connection: the way to the daemon's REST API, as paynamectl sees it.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace paynamed::ctl {

struct HttpReply {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

struct HttpCall {
  std::string method = "GET";
  std::string target;
  std::string body;  // JSON; empty for none
  std::vector<std::pair<std::string, std::string>> headers;
  base::Duration timeout{30'000};
};

class Connection {
 public:
  virtual ~Connection() = default;
  // UNAVAILABLE with a sentence for people when no answer came.
  virtual base::Result<HttpReply> send(const HttpCall& call) = 0;
  // Of each call its reply, in their order; at most `at_once` are under way at a time.
  virtual std::vector<base::Result<HttpReply>> send_all(const std::vector<HttpCall>& calls,
                                                        std::size_t at_once);
};

}  // namespace paynamed::ctl
