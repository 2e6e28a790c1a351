#include "process/name_watch.hpp"

#include <algorithm>
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

monitor::Monitor::Settings monitor_settings(const config::Monitor& config) {
  monitor::Monitor::Settings settings;
  settings.interval = config.interval;
  settings.second_look = config.second_look;
  settings.first_recheck = std::min(config.interval, kFirstRecheck);
  settings.announce_offers = config.announce_offers;
  return settings;
}

}  // namespace

NameWatch::NameWatch(const config::Config& config, monitor::DnsQuestions questions, asio::io_context& io,
                     state::Store& store, base::Clock& clock, base::Random& random, observe::Log log,
                     observe::Metrics& metrics, monitor::QueryBudget& budget, monitor::RepairRuns repair_runs,
                     monitor::RotationRuns rotation_runs)
    : record_check_(check_settings(config), std::move(questions), budget, clock),
      names_(monitor_settings(config.monitor),
             {io.get_executor(), store, clock, random, std::move(log), metrics,
              [this](state::WatchedName name, monitor::Depth depth) {
                return record_check_.look(std::move(name), depth);
              },
              std::move(repair_runs), std::move(rotation_runs)}),
      parts_(io, clock) {}

void NameWatch::start() {
  parts_.start(names_.run());
}

asio::awaitable<bool> NameWatch::stop(base::Duration most) {
  return parts_.stop(most);
}

}  // namespace paynamed::process
