#include "process/domain_watch.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace paynamed::process {
namespace asio = boost::asio;

namespace {

constexpr base::Duration kZoneFor{3'600'000};
constexpr base::Duration kFirstRecheck{60'000};
constexpr base::Duration kRegistryAnswers{20'000};

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

// What holds the names of each domain.
std::map<std::string, std::string> zones_of(const config::Config& config) {
  std::map<std::string, std::string> zones;
  for (const config::Domain& domain : config.domains) zones[domain.name] = domain.zone;
  return zones;
}

std::unique_ptr<net::HttpsClient> registry_client(const config::Config& config, asio::io_context& io,
                                                  base::Clock& clock, const observe::Log& log) {
  if (registered_domains(config, true).empty()) return nullptr;
  auto policy = net::TlsPolicy::create();
  if (!policy) {
    log.warning("registrations of domains are not watched", {{"why", policy.error()}});
    return nullptr;
  }
  net::HttpsClientSettings settings;
  settings.policy = *std::move(policy);
  return std::make_unique<net::HttpsClient>(io.get_executor(), clock, std::move(settings));
}

}  // namespace

DomainWatch::DomainWatch(const config::Config& config, monitor::DnsQuestions questions, asio::io_context& io,
                         state::Store& store, base::Clock& clock, base::Random& random, observe::Log log,
                         observe::Metrics& metrics, monitor::QueryBudget& budget)
    : https_(registry_client(config, io, clock, log)),
      zone_check_(zone_check_settings(config), std::move(questions), budget, clock),
      zones_(zone_watch_settings(config.monitor), watched_domains(config),
             {io.get_executor(), store, clock, random, log, metrics,
              [this, zones = zones_of(config)](std::string domain) {
                const auto zone = zones.find(domain);
                return zone_check_.look(zone == zones.end() ? std::move(domain) : zone->second);
              }}),
      registration_check_(registration_settings(config.monitor), fetch(), clock),
      registrations_({}, registered_domains(config, https_ != nullptr),
                     {io.get_executor(), store, clock, random, std::move(log), metrics,
                      [this](std::string domain) { return registration_check_.ask(std::move(domain)); },
                      [this](const std::string& domain) { zones_.look_soon(domain); }}),
      parts_(io, clock) {}

monitor::Fetch DomainWatch::fetch() const {
  if (!https_) return {};
  return [client = https_.get()](net::HttpRequest request) {
    return client->request(std::move(request), kRegistryAnswers);
  };
}

void DomainWatch::start() {
  parts_.start(zones_.run());
  parts_.start(registrations_.run());
}

asio::awaitable<bool> DomainWatch::stop(base::Duration most) {
  return parts_.stop(most);
}

}  // namespace paynamed::process
