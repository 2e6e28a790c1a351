#include "process/name_watch.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace paynamed::process {
namespace asio = boost::asio;

namespace {

constexpr base::Duration kZoneFor{3'600'000};
constexpr base::Duration kFirstRecheck{60'000};

monitor::RecordCheck::Settings check_settings(const config::Config& config) {
  monitor::RecordCheck::Settings settings;
  settings.port = config.dns.authoritative_port;
  settings.zone_for = std::min(config.monitor.interval, kZoneFor);
  if (!config.dns.port_53_open) {
    for (const config::DnsResolver& each : config.dns.resolvers) settings.resolvers.push_back(each.shown);
  }
  return settings;
}

monitor::QueryBudget::Settings budget_settings(const config::Config& config) {
  monitor::QueryBudget::Settings settings;
  settings.queries_per_second = config.monitor.queries_per_second;
  return settings;
}

monitor::ZoneCheck::Settings zone_check_settings(const config::Config& config) {
  monitor::ZoneCheck::Settings settings;
  settings.port = config.dns.authoritative_port;
  settings.parent_for = std::min(config.monitor.domain_interval, kZoneFor);
  return settings;
}

monitor::ZoneWatch::Settings zone_watch_settings(const config::Monitor& config) {
  monitor::ZoneWatch::Settings settings;
  settings.interval = config.domain_interval;
  settings.second_look = config.second_look;
  settings.first_recheck = std::min(config.domain_interval, kFirstRecheck);
  settings.announce_registration = config.announce_registration;
  return settings;
}

monitor::RegistrationCheck::Settings registration_settings(const config::Monitor& config) {
  monitor::RegistrationCheck::Settings settings;
  settings.bootstrap = config.registration_bootstrap;
  return settings;
}

// Nobody has registered a test domain.
std::vector<std::string> registered_domains(const config::Config& config, bool can_ask) {
  std::vector<std::string> domains;
  for (const config::Domain& domain : config.domains) {
    if (can_ask && config.monitor.registration && !domain.test) domains.push_back(domain.name);
  }
  return domains;
}

std::vector<monitor::WatchedDomain> watched_domains(const config::Config& config) {
  std::vector<monitor::WatchedDomain> domains;
  // Only authoritative servers know what a look at a domain asks.
  if (!config.dns.port_53_open) return domains;
  for (const config::Domain& domain : config.domains) {
    monitor::WatchedDomain watched{domain.name, {}};
    for (const auto& tenant : domain.tenants) watched.tenants.push_back(tenant.value);
    domains.push_back(std::move(watched));
  }
  return domains;
}

monitor::Monitor::Settings monitor_settings(const config::Monitor& config) {
  monitor::Monitor::Settings settings;
  settings.interval = config.interval;
  settings.second_look = config.second_look;
  settings.first_recheck = std::min(config.interval, kFirstRecheck);
  settings.announce_offers = config.announce_offers;
  return settings;
}

}  // namespace

NameWatch::NameWatch(const config::Config& config, monitor::DnsQuestions questions, monitor::Fetch fetch,
                     asio::io_context& io, state::Store& store, base::Clock& clock, base::Random& random,
                     observe::Log log, observe::Metrics& metrics, monitor::RepairRuns repair_runs)
    : strand_(asio::make_strand(io)),
      clock_(clock),
      budget_(budget_settings(config), clock),
      record_check_(check_settings(config), questions, budget_, clock),
      names_(monitor_settings(config.monitor), {io.get_executor(), store, clock, random, log, metrics,
                                                [this](state::WatchedName name, monitor::Depth depth) {
                                                  return record_check_.look(std::move(name), depth);
                                                },
                                                std::move(repair_runs)}),
      zone_check_(zone_check_settings(config), std::move(questions), budget_, clock),
      zones_(zone_watch_settings(config.monitor), watched_domains(config),
             {io.get_executor(), store, clock, random, log, metrics,
              [this](std::string domain) { return zone_check_.look(std::move(domain)); }}),
      registration_check_(registration_settings(config.monitor), fetch, clock),
      registrations_({}, registered_domains(config, fetch != nullptr),
                     {io.get_executor(), store, clock, random, std::move(log), metrics,
                      [this](std::string domain) { return registration_check_.ask(std::move(domain)); },
                      [this](const std::string& domain) { zones_.look_soon(domain); }}),
      ended_(clock) {}

void NameWatch::start() {
  start(names_part_, names_.run());
  start(zones_part_, zones_.run());
  start(registrations_part_, registrations_.run());
}

void NameWatch::start(Part& part, asio::awaitable<void> work) {
  part.running = true;
  auto ended = [this, &part](std::exception_ptr) {
    part.running = false;
    ended_.notify();
  };
  asio::co_spawn(strand_, std::move(work), asio::bind_cancellation_slot(part.stop.slot(), std::move(ended)));
}

asio::awaitable<bool> NameWatch::stop(base::Duration most) {
  // Signals of Asio belong to the strand of what they cancel.
  asio::post(strand_, [this] {
    names_part_.stop.emit(asio::cancellation_type::terminal);
    zones_part_.stop.emit(asio::cancellation_type::terminal);
    registrations_part_.stop.emit(asio::cancellation_type::terminal);
  });
  const base::MonotonicTime end = clock_.monotonic() + most;
  for (;;) {
    const auto seen = ended_.count();
    if (!names_part_.running && !zones_part_.running && !registrations_part_.running) co_return true;
    const auto left = std::chrono::ceil<base::Duration>(end - clock_.monotonic());
    if (left.count() <= 0) co_return false;
    co_await ended_.wait(seen, left);
  }
}

}  // namespace paynamed::process
