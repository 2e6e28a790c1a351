// NameWatch: the monitors of names, of domains and of their registrations as a part of the daemon: made of
// the configuration, with one budget of queries, started and stopped together.
//
// Threads: start() and stop() are called once each, one after the other. What it is given must outlive it.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include "base/broadcast.hpp"
#include "config/config.hpp"
#include "monitor/monitor.hpp"
#include "monitor/record_check.hpp"
#include "monitor/registration_check.hpp"
#include "monitor/registration_watch.hpp"
#include "monitor/zone_check.hpp"
#include "monitor/zone_watch.hpp"

namespace paynamed::process {

class NameWatch {
 public:
  // `fetch` is for RDAP; null when no registry is to be asked.
  NameWatch(const config::Config& config, monitor::DnsQuestions questions, monitor::Fetch fetch,
            boost::asio::io_context& io, state::Store& store, base::Clock& clock, base::Random& random,
            observe::Log log, observe::Metrics& metrics, monitor::RepairRuns repair_runs);

  void start();
  // Waits for the looks that run, for `most` at most; false when some did not end. Fine without start().
  boost::asio::awaitable<bool> stop(base::Duration most);

 private:
  // A monitor as it runs.
  struct Part {
    boost::asio::cancellation_signal stop;
    std::atomic<bool> running{false};
  };
  void start(Part& part, boost::asio::awaitable<void> work);

  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  base::Clock& clock_;
  monitor::QueryBudget budget_;
  monitor::RecordCheck record_check_;
  monitor::Monitor names_;
  monitor::ZoneCheck zone_check_;
  monitor::ZoneWatch zones_;
  monitor::RegistrationCheck registration_check_;
  monitor::RegistrationWatch registrations_;
  Part names_part_;
  Part zones_part_;
  Part registrations_part_;
  base::Broadcast ended_;
};

}  // namespace paynamed::process
