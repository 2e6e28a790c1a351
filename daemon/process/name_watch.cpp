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
  settings.budget.queries_per_second = config.monitor.queries_per_second;
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
                     observe::Metrics& metrics, monitor::RepairRuns repair_runs)
    : strand_(asio::make_strand(io)),
      clock_(clock),
      check_(check_settings(config), std::move(questions), clock),
      monitor_(monitor_settings(config.monitor),
               {io.get_executor(), store, clock, random, std::move(log), metrics,
                [this](state::WatchedName name, monitor::Depth depth) {
                  return check_.look(std::move(name), depth);
                },
                std::move(repair_runs)}),
      ended_(clock) {}

void NameWatch::start() {
  running_ = true;
  auto ended = [this](std::exception_ptr) {
    running_ = false;
    ended_.notify();
  };
  asio::co_spawn(strand_, monitor_.run(), asio::bind_cancellation_slot(stop_.slot(), std::move(ended)));
}

asio::awaitable<bool> NameWatch::stop(base::Duration most) {
  // Signals of Asio belong to the strand of what they cancel.
  asio::post(strand_, [this] { stop_.emit(asio::cancellation_type::terminal); });
  const base::MonotonicTime end = clock_.monotonic() + most;
  for (;;) {
    const auto seen = ended_.count();
    if (!running_) co_return true;
    const auto left = std::chrono::ceil<base::Duration>(end - clock_.monotonic());
    if (left.count() <= 0) co_return false;
    co_await ended_.wait(seen, left);
  }
}

}  // namespace paynamed::process
