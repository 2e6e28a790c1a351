// Validator says whether the DNS answers for a name are secure: validated by DNSSEC from a trust anchor
// (libunbound, with its own recursion; no other resolver's word is taken).
//
// Threads: every function may be called on any executor, many at once. libunbound runs on a thread of the
// Validator's own, which the destructor joins; calls still open then end with CANCELLED.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "net/dns_transport.hpp"

namespace paynamed::names {

struct ValidatorSettings {
  // DS or DNSKEY records in zone file format (unbound's trust-anchor-file); empty: IANA's root keys 20326 and
  // 38696.
  std::string anchor_file;
  // Where a zone's servers are when the public tree does not say, or says another port. Several lines a zone
  // are fine.
  struct Stub {
    std::string zone;
    net::Endpoint server;
  };
  std::vector<Stub> stubs;
  // All is asked here, by TCP, and nothing of anybody else; stubs are then of no use.
  std::optional<net::Endpoint> forwarder;
  base::Duration forwarder_timeout{10'000};  // for one question to it
  std::size_t max_running = 16;              // resolutions at once
  std::size_t max_waiting = 4'096;           // more than these are refused
};

enum class Security {
  kSecure,    // proven by a chain of signatures from the anchor; also "there is no such name" can be proven
  kInsecure,  // proven that somewhere above the zone is not signed
  kBogus,     // there should be a chain, and it is broken
  kIndeterminate,  // nobody could be asked
};
std::string_view to_string(Security security);  // "secure", "insecure", "bogus", "indeterminate"

struct Validation {
  Security security = Security::kIndeterminate;
  std::string why;  // for bogus and indeterminate: the reason, with the server that it comes from
  net::DnsRcode rcode = net::DnsRcode::kServFail;
  bool exists = false;                             // there is at least one record of the type
  std::string canonical_name;                      // where the records stand, behind all aliases; normal form
  std::vector<std::vector<std::uint8_t>> records;  // rdata, in the server's order
  std::vector<std::string> values;                 // TXT only: each record joined
  std::uint32_t ttl_seconds = 0;                   // least of the answer
  // Of a secure or an insecure answer: all that the servers said for it, aliases, signatures and denials of
  // existence included. A proof is made of it when it is secure.
  std::vector<net::DnsRecord> evidence;
};

struct DomainSecurity {
  Security security = Security::kIndeterminate;
  bool exists = false;
  bool is_apex = false;  // false: a part of its parent's zone, which is as good
  std::string sentence;  // for people, with what to do

  bool usable() const { return exists && security == Security::kSecure; }
};

// Negative answers are never remembered. What leads to the answer (delegations, keys) may be a second old in
// a fresh and a recent one, but only where it is secure: what is not is asked anew from the root before it is
// said.
enum class Freshness {
  kFresh,   // from the servers, not remembered: after a change
  kRecent,  // a second old at most
  kCached,  // as old as its TTL
};

class Validator {
 public:
  // Checks the settings, reads the anchors and starts the thread. FAILED_PRECONDITION when the anchor file
  // cannot be used, INVALID_ARGUMENT for a stub that is no zone. The clock must outlive it.
  static base::Result<std::unique_ptr<Validator>> create(ValidatorSettings settings, base::Clock& clock);
  ~Validator();
  Validator(const Validator&) = delete;
  Validator& operator=(const Validator&) = delete;

  // Failures: DEADLINE_EXCEEDED after `timeout`, RESOURCE_EXHAUSTED when too many wait, INVALID_ARGUMENT for
  // no name, CANCELLED when the coroutine is cancelled or the Validator ends. A bogus or missing answer is no
  // failure.
  boost::asio::awaitable<base::Result<Validation>> validate(std::string name, net::DnsType type,
                                                            base::Duration timeout,
                                                            Freshness freshness = Freshness::kFresh) const;

  // Whether names of the domain can be proven at all. Fails as validate().
  boost::asio::awaitable<base::Result<DomainSecurity>> domain_security(
      std::string domain, base::Duration timeout, Freshness freshness = Freshness::kFresh) const;

 private:
  class Worker;
  Validator(std::shared_ptr<Worker> worker, base::Clock& clock);
  boost::asio::awaitable<base::Result<Validation>> ask(std::string name, net::DnsType type,
                                                       base::Duration timeout, Freshness freshness,
                                                       bool in_new_context) const;

  std::shared_ptr<Worker> worker_;
  base::Clock& clock_;
};

}  // namespace paynamed::names
