// NameWatch: the monitor of names as a part of the daemon, made of one generation of the configuration.
//
// Threads: start() once, then stop(). What it is given must outlive it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "config/config.hpp"
#include "monitor/monitor.hpp"
#include "monitor/query_budget.hpp"
#include "monitor/record_check.hpp"
#include "process/watch_parts.hpp"

namespace paynamed::process {

class NameWatch {
 public:
  NameWatch(const config::Config& config, monitor::DnsQuestions questions, boost::asio::io_context& io,
            state::Store& store, base::Clock& clock, base::Random& random, observe::Log log,
            observe::Metrics& metrics, monitor::QueryBudget& budget, monitor::RepairRuns repair_runs,
            monitor::RotationRuns rotation_runs);

  void start();
  // As WatchParts::stop.
  boost::asio::awaitable<bool> stop(base::Duration most);

 private:
  monitor::RecordCheck record_check_;
  monitor::Monitor names_;
  WatchParts parts_;
};

}  // namespace paynamed::process
