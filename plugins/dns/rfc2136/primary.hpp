// Primary: which server takes a zone's updates. Either the configuration says it, or the zone's SOA record
// does (MNAME), as a resolver tells it.
//
// What is found is remembered for the SOA's refresh time, at least a minute and at most an hour. Nobody needs
// to trust the resolver for what is written: only who has the TSIG key can answer for the zone.
//
// Threads: every function may be called on several threads at once.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <paynamed/host.hpp>
#include <string>
#include <vector>

#include "connection.hpp"
#include "lookup.hpp"

namespace paynamed::rfc2136 {

class Primary {
 public:
  struct Choice {
    std::optional<Server> server;    // the fixed one; without: the SOA's
    std::optional<Server> resolver;  // an address; without: those of /etc/resolv.conf
    std::uint16_t port = 53;         // where a found primary listens
  };
  struct Known {
    Server server;
    bool remembered = false;  // from an earlier look-up, so that another one may find another server
  };

  // No I/O.
  Primary(Host host, Choice choice);

  // Throws Error; nothing was changed then:
  //   kUnavailable         no resolver gives an answer
  //   kNotFound            the resolver says that there is no such zone
  //   kFailedPrecondition  the zone or its primary cannot be used; the message says why and what to do
  Known find(const std::string& zone, const Remaining& remaining);
  // After a failure: the next find() looks again.
  void forget(const std::string& zone);

  // "192.0.2.1 port 53", or how it is found.
  std::string describe() const;

 private:
  struct Entry {
    Server server;
    std::chrono::nanoseconds until{};
  };
  Authority authority(const std::string& zone, const Remaining& remaining) const;
  std::vector<std::string> addresses(const std::string& name, const Remaining& remaining) const;
  Reply ask(const std::string& name, std::uint16_t type, const Remaining& remaining) const;
  Remaining part_of(const Remaining& remaining, std::size_t parts) const;

  const Host host_;
  const Choice choice_;
  std::mutex mutex_;
  std::map<std::string, Entry> found_;
};

}  // namespace paynamed::rfc2136
