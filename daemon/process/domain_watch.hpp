// DomainWatch: the monitors of domains and of their registrations as a part of the daemon, made of one
// generation of the configuration.
//
// Threads: start() once, then stop(). What it is given must outlive it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "config/config.hpp"
#include "monitor/query_budget.hpp"
#include "monitor/registration_check.hpp"
#include "monitor/registration_watch.hpp"
#include "monitor/zone_check.hpp"
#include "monitor/zone_watch.hpp"
#include "net/https_client.hpp"
#include "process/watch_parts.hpp"

namespace paynamed::process {

class DomainWatch {
 public:
  DomainWatch(const config::Config& config, monitor::DnsQuestions questions, boost::asio::io_context& io,
              state::Store& store, base::Clock& clock, base::Random& random, observe::Log log,
              observe::Metrics& metrics, monitor::QueryBudget& budget);

  void start();
  // As WatchParts::stop.
  boost::asio::awaitable<bool> stop(base::Duration most);

 private:
  // How registries are asked; null when none is to be.
  monitor::Fetch fetch() const;

  std::unique_ptr<net::HttpsClient> https_;  // nothing when no registry is asked
  monitor::ZoneCheck zone_check_;
  monitor::ZoneWatch zones_;
  monitor::RegistrationCheck registration_check_;
  monitor::RegistrationWatch registrations_;
  WatchParts parts_;
};

}  // namespace paynamed::process
