// WebhookDelivery: events are brought to webhooks, put together from the daemon's parts.
//
// Threads: start() and stop() once each, one after the other; everything else from any thread. What it is
// given outlives it, and it the io_context's run.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/dependencies.hpp"
#include "delivery/engine.hpp"
#include "host/plugin_host.hpp"
#include "pipeline/runtime.hpp"
#include "process/plugin_calls.hpp"
#include "state/sqlite_store.hpp"

namespace paynamed::process {

// Attempts by instances of Notifier.
class NotifierAttempts {
 public:
  NotifierAttempts(host::PluginHost& host, PluginCalls& calls) : host_(host), calls_(calls) {}

  // FAILED_PRECONDITION when there is no such instance. A receiver that is gone keeps nothing from the
  // others: breakers of instances neither see attempts nor stop them.
  boost::asio::awaitable<base::Result<plugin::v1::DeliverReply>> deliver(std::string instance,
                                                                         plugin::v1::DeliverRequest request);

 private:
  boost::asio::awaitable<base::Result<base::Duration>> timeout_of(host::Instance* instance);

  host::PluginHost& host_;
  PluginCalls& calls_;
  std::mutex mutex_;
  std::map<const host::Instance*, base::Duration> timeouts_;  // guarded by mutex_; what each said
};

class WebhookDelivery {
 public:
  struct Dependencies {
    boost::asio::io_context& io;
    pipeline::CurrentRuntime runtime;
    state::SqliteStore& store;
    events::EventFeed& feed;
    base::Clock& clock;
    base::Random& random;
    observe::Log log;
    observe::Metrics& metrics;
    host::PluginHost& host;
    PluginCalls& calls;
  };
  explicit WebhookDelivery(Dependencies dependencies);

  boost::asio::awaitable<base::Result<void>> start() { return engine_.start(); }
  // As delivery::Engine.
  void changed(const base::Uuid& webhook) { engine_.changed(webhook); }
  void refresh() { engine_.refresh(); }
  void end_attempts() { engine_.end_attempts(); }
  boost::asio::awaitable<bool> stop(base::Duration most) { return engine_.stop(most); }

  // One part for each instance whose webhooks wait until an operator mends something.
  std::vector<api::Readiness::Part> waiting() const;

 private:
  std::shared_ptr<const delivery::Settings> settings();
  delivery::Services services();

  const Dependencies with_;
  NotifierAttempts attempts_;
  std::mutex mutex_;
  std::shared_ptr<const pipeline::Runtime> runtime_;    // guarded by mutex_: what settings_ was made of
  std::shared_ptr<const delivery::Settings> settings_;  // guarded by mutex_
  delivery::Engine engine_;
};

}  // namespace paynamed::process
