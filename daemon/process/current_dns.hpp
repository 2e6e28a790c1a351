// CurrentDns: the DnsChecks that count now. A question keeps those that it began with, so that they can be
// replaced while the daemon asks.
//
// Threads: every function may be called from any thread.
#pragma once

#include <memory>
#include <mutex>

#include "process/dns_checks.hpp"

namespace paynamed::process {

class CurrentDns {
 public:
  std::shared_ptr<const DnsChecks> get() const;
  void replace(std::shared_ptr<const DnsChecks> checks);

  // As those of DnsChecks.
  boost::asio::awaitable<base::Result<pipeline::AuthoritativeReport>> check_authoritatives(
      base::Name name, std::string value) const;
  boost::asio::awaitable<std::optional<pipeline::ResolverSummary>> check_resolvers(base::Name name,
                                                                                   std::string value) const;
  boost::asio::awaitable<base::Result<pipeline::ProvenRecord>> prove_record(base::Name name) const;
  boost::asio::awaitable<base::Result<state::Proof>> prove_for_caller(base::Name name,
                                                                      base::Duration most) const;
  base::Result<names::LintReport> lint(const base::Name& name, const state::Proof& proof) const;
  boost::asio::awaitable<base::Result<pipeline::ValidationReport>> validate_domain(std::string domain) const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const DnsChecks> checks_;  // guarded by mutex_
};

}  // namespace paynamed::process
