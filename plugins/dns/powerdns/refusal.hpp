// What an HTTP status of the API means, as an Error that says what to do.
//
// Threads: a pure function.
#pragma once

#include <paynamed/http.hpp>
#include <string>

namespace paynamed::powerdns {

struct Asked {
  std::string server;     // the URL as configured
  std::string server_id;  // in the API
  std::string zone;
  bool changes = false;  // a PATCH: who fails with 5xx may have changed something
};

// Throws for everything but 2xx.
void throw_unless_done(const HttpReply& reply, const Asked& asked);

}  // namespace paynamed::powerdns
