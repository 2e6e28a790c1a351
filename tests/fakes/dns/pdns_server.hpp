// PdnsServer: a real pdns_server (PowerDNS) on 127.0.0.1 with its HTTP API and an SQLite file of its own,
// without caches. It ends with its object and with the thread that started it.
//
// Threads: one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/daemon/child.hpp"
#include "tests/fakes/daemon/http_client.hpp"

namespace paynamed::fakes {

class PdnsServer {
 public:
  // Starts it and waits until both ports answer. Throws std::runtime_error with its log, also when PowerDNS
  // is not installed.
  PdnsServer();
  ~PdnsServer();
  PdnsServer(const PdnsServer&) = delete;
  PdnsServer& operator=(const PdnsServer&) = delete;

  std::uint16_t port() const { return port_; }          // DNS
  std::uint16_t api_port() const { return api_port_; }  // HTTP
  static const std::string& api_key();

  // What an operator does; each throws std::runtime_error with what the server or pdnsutil said.
  //
  // A zone with these servers and no other record; signed with a key of its own if wanted.
  void add_zone(const std::string& zone, const std::vector<std::string>& servers, bool is_signed);
  // Runs pdnsutil with these words.
  void pdnsutil(std::vector<std::string> words) const;
  // One request to the API: `target` begins behind /api/v1/servers/localhost. Any answer but 2xx throws.
  HttpReply api(const std::string& method, const std::string& target, const std::string& body = {}) const;

 private:
  bool start();
  void make_database() const;
  void write_configuration() const;

  std::filesystem::path directory_;
  std::uint16_t port_ = 0;
  std::uint16_t api_port_ = 0;
  std::unique_ptr<Child> child_;
};

}  // namespace paynamed::fakes
