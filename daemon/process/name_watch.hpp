// NameWatch: the monitor of names as a part of the daemon: made of the configuration, started and stopped.
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

namespace paynamed::process {

class NameWatch {
 public:
  NameWatch(const config::Config& config, monitor::DnsQuestions questions, boost::asio::io_context& io,
            state::Store& store, base::Clock& clock, base::Random& random, observe::Log log,
            observe::Metrics& metrics, monitor::RepairRuns repair_runs);

  void start();
  // Waits for the looks that run, for `most` at most; false when some did not end. Fine without start().
  boost::asio::awaitable<bool> stop(base::Duration most);

 private:
  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  base::Clock& clock_;
  monitor::RecordCheck check_;
  monitor::Monitor monitor_;
  boost::asio::cancellation_signal stop_;
  std::atomic<bool> running_{false};
  base::Broadcast ended_;
};

}  // namespace paynamed::process
