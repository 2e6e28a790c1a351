#include "process/current_dns.hpp"

#include <utility>

namespace paynamed::process {
namespace asio = boost::asio;
using base::Result;

std::shared_ptr<const DnsChecks> CurrentDns::get() const {
  const std::lock_guard lock(mutex_);
  return checks_;
}

void CurrentDns::replace(std::shared_ptr<const DnsChecks> checks) {
  const std::lock_guard lock(mutex_);
  checks_.swap(checks);
}

asio::awaitable<Result<pipeline::AuthoritativeReport>> CurrentDns::check_authoritatives(
    base::Name name, std::string value) const {
  const auto checks = get();
  co_return co_await checks->check_authoritatives(std::move(name), std::move(value));
}

asio::awaitable<std::optional<pipeline::ResolverSummary>> CurrentDns::check_resolvers(
    base::Name name, std::string value) const {
  const auto checks = get();
  co_return co_await checks->check_resolvers(std::move(name), std::move(value));
}

asio::awaitable<Result<pipeline::ProvenRecord>> CurrentDns::prove_record(base::Name name) const {
  const auto checks = get();
  co_return co_await checks->prove_record(std::move(name));
}

asio::awaitable<Result<state::Proof>> CurrentDns::prove_for_caller(base::Name name,
                                                                   base::Duration most) const {
  const auto checks = get();
  co_return co_await checks->prove_for_caller(std::move(name), most);
}

Result<names::LintReport> CurrentDns::lint(const base::Name& name, const state::Proof& proof) const {
  return get()->lint(name, proof);
}

asio::awaitable<Result<pipeline::ValidationReport>> CurrentDns::validate_domain(std::string domain) const {
  const auto checks = get();
  co_return co_await checks->validate_domain(std::move(domain));
}

}  // namespace paynamed::process
