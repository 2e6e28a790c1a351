// Rest: clnrest, the node's HTTPS interface, with a rune that may be limited to the methods that we need.
//
// Threads: call() from any thread that may wait.
#pragma once

#include <optional>
#include <paynamed/host.hpp>
#include <paynamed/http.hpp>
#include <paynamed/secret.hpp>

#include "json_transport.hpp"

namespace paynamed::cln {

class Rest final : public JsonTransport {
 public:
  struct Settings {
    std::string url;  // without a slash at its end
    Secret rune;
    std::string ca_file;       // PEM, read at use; empty: the system's authorities, or
    std::optional<Secret> ca;  // the same from the daemon
    std::chrono::milliseconds timeout;
  };
  // No I/O.
  Rest(Host host, Settings settings) : http_(std::move(host)), settings_(std::move(settings)) {}

  boost::json::value call(const JsonCall& asked, const Call& call) override;

 private:
  HttpRequest request_of(const JsonCall& asked, const SecretValue& rune) const;

  const Http http_;
  const Settings settings_;
};

// The rune without the line's end that files have. Throws Error UNAUTHENTICATED when it cannot be one.
std::string_view checked_rune(const SecretValue& rune);

}  // namespace paynamed::cln
