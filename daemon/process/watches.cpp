#include "process/watches.hpp"

#include <algorithm>
#include <utility>

#include "config/difference.hpp"
#include "process/monitor_runs.hpp"

namespace paynamed::process {
namespace asio = boost::asio;

namespace {

monitor::QueryBudget::Settings budget_settings(const config::Config& config) {
  monitor::QueryBudget::Settings settings;
  settings.queries_per_second = config.monitor.queries_per_second;
  return settings;
}

bool any_of_section(const std::vector<config::Change>& changes, std::string_view section) {
  return std::ranges::any_of(changes,
                             [&](const config::Change& change) { return change.key.starts_with(section); });
}

// Which domains there are, whose they are, and whether a registry knows them.
bool other_domains(const std::vector<config::Change>& changes) {
  return std::ranges::any_of(changes, [](const config::Change& change) {
    return change.key.starts_with("domains.") &&
           (change.kind != config::Change::Kind::kChanged || change.key.ends_with(".tenants") ||
            change.key.ends_with(".test"));
  });
}

}  // namespace

Watches::Watches(Dependencies dependencies) : with_(std::move(dependencies)) {}

void Watches::start(const config::Config& config, std::shared_ptr<const DnsChecks> dns) {
  if (!config.monitor.enabled) {
    with_.log.warning("[monitor] enabled is false: a name that is not true any more stays live");
    return;
  }
  dns_ = std::move(dns);
  budget_ = std::make_unique<monitor::QueryBudget>(budget_settings(config), with_.clock);
  start_names(config);
  start_domains(config);
}

void Watches::start_names(const config::Config& config) {
  const MonitorRuns runs{with_.runtime, with_.engine, with_.store, with_.clock, with_.random};
  names_ = std::make_unique<NameWatch>(config, dns_->questions_of_monitor(), with_.io, with_.store,
                                       with_.clock, with_.random, with_.log, with_.metrics, *budget_,
                                       runs.repairs(), runs.rotations());
  names_->start();
}

void Watches::start_domains(const config::Config& config) {
  domains_ = std::make_unique<DomainWatch>(config, dns_->questions_of_monitor(), with_.io, with_.store,
                                           with_.clock, with_.random, with_.log, with_.metrics, *budget_);
  domains_->start();
}

asio::awaitable<bool> Watches::change(std::shared_ptr<const pipeline::Runtime> before,
                                      std::shared_ptr<const pipeline::Runtime> now,
                                      std::shared_ptr<const DnsChecks> dns, base::Duration most) {
  const auto changes = config::difference(before->config, now->config);
  const bool all = any_of_section(changes, "monitor.") || any_of_section(changes, "dns.") ||
                   any_of_section(changes, "tls.") || (!budget_ && now->config.monitor.enabled);
  if (all) {
    if (!co_await stop(most)) co_return false;
    start(now->config, std::move(dns));
  } else if (other_domains(changes) && domains_) {
    if (!co_await domains_->stop(most)) co_return false;
    start_domains(now->config);
  }
  co_return true;
}

asio::awaitable<bool> Watches::stop(base::Duration most) {
  const base::MonotonicTime end = with_.clock.monotonic() + most;
  // Both are told to stop before one is waited for.
  const bool names = !names_ || co_await names_->stop(base::Duration{0});
  const auto left = [&] {
    return std::max(std::chrono::ceil<base::Duration>(end - with_.clock.monotonic()), base::Duration{0});
  };
  if (domains_ && !co_await domains_->stop(left())) co_return false;
  if (!names && !co_await names_->stop(left())) co_return false;
  names_.reset();
  domains_.reset();
  budget_.reset();
  dns_.reset();
  co_return true;
}

}  // namespace paynamed::process
