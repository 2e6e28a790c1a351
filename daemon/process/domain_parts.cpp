#include "process/domain_parts.hpp"

#include <utility>

#include "monitor/zone_check.hpp"

namespace paynamed::process {
namespace asio = boost::asio;
using base::Result;

namespace {

// With the settings and the checks that count when it begins.
asio::awaitable<Result<monitor::ZoneFacts>> look_at_zone(std::shared_ptr<const pipeline::Runtime> runtime,
                                                         std::shared_ptr<const DnsChecks> dns,
                                                         base::Clock& clock, std::string domain) {
  const config::Config& config = runtime->config;
  if (!config.dns.port_53_open) {
    co_return base::fail(
        base::unavailable("the servers of a zone cannot be asked where port 53 is blocked ([dns] port_53)"));
  }
  monitor::QueryBudget::Settings of_budget;
  of_budget.queries_per_second = config.monitor.queries_per_second;
  monitor::QueryBudget budget{of_budget, clock};
  monitor::ZoneCheck::Settings settings;
  settings.port = config.dns.authoritative_port;
  monitor::ZoneCheck check{settings, dns->questions_of_monitor(), budget, clock};
  auto facts = co_await check.look(std::move(domain));
  co_return facts;
}

asio::awaitable<Result<net::DnsAnswer>> ask(std::shared_ptr<const DnsChecks> dns, net::Endpoint server,
                                            net::DnsQuestion question, net::DnsCarrier carrier) {
  const monitor::DnsQuestions questions = dns->questions_of_monitor();
  auto answer = co_await questions.ask(std::move(server), std::move(question), carrier);
  co_return answer;
}

}  // namespace

std::unique_ptr<domains::Domains> make_domains(const DomainParts& parts) {
  domains::Domains::Dependencies with{
      parts.clock, parts.store, parts.moves, parts.runtime, {}, parts.random, parts.engine, {}, {}, {}, {}};
  with.call_plugin = [&calls = parts.calls](pipeline::PluginCall call) {
    return calls.call(std::move(call));
  };
  with.check_authoritatives = [&dns = parts.dns](base::Name name, std::string value) {
    return dns.check_authoritatives(std::move(name), std::move(value));
  };
  with.look_at_zone = [runtime = parts.runtime, &dns = parts.dns, &clock = parts.clock](std::string domain) {
    return look_at_zone(runtime(), dns.get(), clock, std::move(domain));
  };
  with.ask = [&dns = parts.dns](net::Endpoint server, net::DnsQuestion question, net::DnsCarrier carrier) {
    return ask(dns.get(), std::move(server), std::move(question), carrier);
  };
  with.lint_of = [&dns = parts.dns](const base::Name& name, const state::Proof& proof) {
    return dns.lint(name, proof);
  };
  return std::make_unique<domains::Domains>(std::move(with));
}

}  // namespace paynamed::process
