// ZoneBook: what looks at names of one domain share: the addresses of its servers and the proof of its keys.
//
// Threads: every function may be called from any thread.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "net/dns_transport.hpp"

namespace paynamed::monitor {

struct ServerAddress {
  std::string server;  // "ns1.example.com."
  net::Endpoint address;
  // It is no authoritative server but this one of the resolvers, which `server` names; `address` is not used.
  std::optional<std::size_t> resolver;
  std::string to_string() const { return resolver ? server : server + " at " + address.to_string(); }
  // What the budget knows it by.
  std::string lane() const { return resolver ? server : address.to_string(); }
};

struct ZoneNotes {
  template <class T>
  struct Dated {
    T value{};
    base::MonotonicTime since;
  };
  std::optional<Dated<std::vector<ServerAddress>>> servers;
  // The keys and DS records from the root down, as in a proof (names::MadeProof).
  std::optional<Dated<std::vector<std::uint8_t>>> trunk;
  // Why nobody could be asked about the zone.
  std::optional<Dated<std::string>> silent;
  // Why no name of the zone can be proven.
  std::optional<Dated<std::string>> broken;
  std::size_t turn = 0;  // whose turn it is of the servers
};

class ZoneBook {
 public:
  // As many domains are remembered, those used last.
  explicit ZoneBook(std::size_t most = 10'000) : most_(most) {}

  ZoneNotes notes_of(const std::string& domain);
  // The same, and the next turn is another's.
  ZoneNotes take_turn(const std::string& domain);
  void set_servers(const std::string& domain, std::vector<ServerAddress> servers, base::MonotonicTime now);
  // Forgets the servers too.
  void set_silent(const std::string& domain, std::string why, base::MonotonicTime now);
  // A trunk also ends `broken`.
  void set_trunk(const std::string& domain, std::vector<std::uint8_t> trunk, base::MonotonicTime now);
  void set_broken(const std::string& domain, std::string why, base::MonotonicTime now);

 private:
  ZoneNotes& of(const std::string& domain);

  const std::size_t most_;
  std::mutex mutex_;
  std::list<std::pair<std::string, ZoneNotes>> recent_;  // the last used first
  std::map<std::string, std::list<std::pair<std::string, ZoneNotes>>::iterator> places_;
};

}  // namespace paynamed::monitor
