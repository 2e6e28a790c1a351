// DnsChecks: what the steps ask about the DNS, answered by the daemon's own resolvers.
//
// Threads: every function may be called from any thread.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "config/config.hpp"
#include "monitor/record_check.hpp"
#include "names/authoritative.hpp"
#include "names/prover.hpp"
#include "names/resolvers.hpp"
#include "names/validator.hpp"
#include "net/dns_relay.hpp"
#include "net/dns_transport.hpp"
#include "net/resolver_transport.hpp"
#include "pipeline/actions/services.hpp"

namespace paynamed::process {

class DnsChecks {
 public:
  // As names::Validator::create, net::TlsPolicy::create and net::DnsRelay::start. Connections to resolvers
  // run on the executor, whose context must outlive it.
  static base::Result<std::unique_ptr<DnsChecks>> create(const config::Dns& settings, const config::Tls& tls,
                                                         boost::asio::any_io_executor executor,
                                                         base::Clock& clock, base::Random& random);

  boost::asio::awaitable<base::Result<pipeline::AuthoritativeReport>> check_authoritatives(
      base::Name name, std::string value) const;
  boost::asio::awaitable<std::optional<pipeline::ResolverSummary>> check_resolvers(base::Name name,
                                                                                   std::string value) const;
  boost::asio::awaitable<base::Result<pipeline::ProvenRecord>> prove_record(base::Name name) const;
  // The same without the lint. DEADLINE_EXCEEDED after `most`.
  boost::asio::awaitable<base::Result<state::Proof>> prove_for_caller(base::Name name,
                                                                      base::Duration most) const;
  // What wallets make of a stored proof now. Asks nobody. FAILED_PRECONDITION when it does not hold any more.
  base::Result<names::LintReport> lint(const base::Name& name, const state::Proof& proof) const;
  boost::asio::awaitable<base::Result<pipeline::ValidationReport>> validate_domain(std::string domain) const;

  // What the monitor asks. As long as this lives.
  monitor::DnsQuestions questions_of_monitor() const;

 private:
  // What depends on the settings in ways that can fail.
  struct Parts {
    std::shared_ptr<const net::ResolverTransport> transport;
    std::unique_ptr<net::DnsRelay> relay;
    std::unique_ptr<names::Validator> validator;
    names::TrustAnchors anchors;
  };
  DnsChecks(const config::Dns& settings, base::Clock& clock, base::Random& random, Parts parts);

  boost::asio::awaitable<base::Result<state::Proof>> prove(std::string owner, base::Duration most) const;

  net::DnsTransport transport_;
  names::Authoritative authoritative_;
  const std::shared_ptr<const net::ResolverTransport> resolver_transport_;
  const std::vector<net::DnsResolver> resolver_list_;
  names::Resolvers resolvers_;
  names::Quorum quorum_;
  const base::Duration query_timeout_;
  const bool port_53_open_;
  std::unique_ptr<net::DnsRelay> relay_;  // nothing while port 53 is open
  std::unique_ptr<names::Validator> validator_;
  const names::TrustAnchors anchors_;
  // The names of a zone share all signatures but their own.
  mutable names::SignatureMemory signatures_;
  names::Prover prover_;
  base::Clock& clock_;
};

}  // namespace paynamed::process
