// Watches: what looks at names and domains, as the configuration says, and again when it says something else.
//
// Threads: start(), change() and stop() are called one after the other. What it is given must outlive it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "pipeline/engine.hpp"
#include "pipeline/runtime.hpp"
#include "process/dns_checks.hpp"
#include "process/domain_watch.hpp"
#include "process/name_watch.hpp"

namespace paynamed::process {

class Watches {
 public:
  struct Dependencies {
    boost::asio::io_context& io;
    pipeline::CurrentRuntime runtime;
    pipeline::Engine& engine;
    state::Store& store;
    base::Clock& clock;
    base::Random& random;
    observe::Log log;
    observe::Metrics& metrics;
  };
  explicit Watches(Dependencies dependencies);

  void start(const config::Config& config, std::shared_ptr<const DnsChecks> dns);
  // Stops what was made of settings that are others now, waits for its looks, and makes it anew; the rest
  // goes on undisturbed. False when looks did not end within `most`: nothing looks then, until the next call.
  boost::asio::awaitable<bool> change(std::shared_ptr<const pipeline::Runtime> before,
                                      std::shared_ptr<const pipeline::Runtime> now,
                                      std::shared_ptr<const DnsChecks> dns, base::Duration most);
  // As WatchParts::stop.
  boost::asio::awaitable<bool> stop(base::Duration most);

 private:
  void start_names(const config::Config& config);
  void start_domains(const config::Config& config);

  const Dependencies with_;
  // In the order in which they are made; each uses those above it.
  std::shared_ptr<const DnsChecks> dns_;
  std::unique_ptr<monitor::QueryBudget> budget_;
  std::unique_ptr<NameWatch> names_;
  std::unique_ptr<DomainWatch> domains_;
};

}  // namespace paynamed::process
