// Dnsdist: a real dnsdist that carries questions over TLS and HTTPS to a DNS server on loopback, as a
// resolver's front does. It answers what that server answers, from no cache.
//
// Threads: one thread at a time; the program ends when the thread that started it ends.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/fakes/daemon/child.hpp"
#include "tests/fakes/tls/tls_authority.hpp"

namespace paynamed::fakes {

class Dnsdist {
 public:
  // Starts it in front of `server` ("127.0.0.1:5300") and waits until it takes connections. Throws
  // std::runtime_error with what it wrote when it does not.
  Dnsdist(const std::string& server, const TlsIdentity& identity);
  ~Dnsdist();
  Dnsdist(const Dnsdist&) = delete;
  Dnsdist& operator=(const Dnsdist&) = delete;

  std::uint16_t tls_port() const { return tls_port_; }
  // The path is /dns-query.
  std::uint16_t https_port() const { return https_port_; }

 private:
  bool start(const std::string& server);

  std::filesystem::path folder_;
  std::uint16_t plain_port_ = 0;
  std::uint16_t tls_port_ = 0;
  std::uint16_t https_port_ = 0;
  std::unique_ptr<Child> child_;
};

}  // namespace paynamed::fakes
