// UnixSocket: lightningd's JSON-RPC on its unix socket, for a node on this machine. A connection a call: a
// call that waits holds up no other, and one that is lost takes no other with it.
//
// Threads: call() from any thread that may wait.
#pragma once

#include <filesystem>
#include <paynamed/host.hpp>

#include "json_transport.hpp"

namespace paynamed::cln {

class UnixSocket final : public JsonTransport {
 public:
  // No I/O. `timeout`: for one call at most, beside what the node itself waits.
  UnixSocket(Host host, std::filesystem::path path, std::chrono::milliseconds timeout)
      : host_(std::move(host)), path_(std::move(path)), timeout_(timeout) {}

  boost::json::value call(const JsonCall& asked, const Call& call) override;

 private:
  const Host host_;
  const std::filesystem::path path_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace paynamed::cln
