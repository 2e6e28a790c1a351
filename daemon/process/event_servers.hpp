// EventServers: the instances that let others follow events: started when the API is up, drained before an
// instance ends, and tried again while one cannot listen.
//
// Threads: every function may be called from any thread. What it is given outlives it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/broadcast.hpp"
#include "base/clock.hpp"
#include "host/plugin_host.hpp"
#include "observe/log.hpp"
#include "process/background_work.hpp"

namespace paynamed::process {

class EventServers {
 public:
  EventServers(boost::asio::io_context& io, host::PluginHost& host, base::Clock& clock, observe::Log log);

  // Starts those that the host has by now and that do not listen yet; again after each reload.
  void refresh();
  // Callers of an instance that will end are asked to leave. Any other instance is left as it is.
  boost::asio::awaitable<void> drain(host::Instance* instance, base::Duration most);
  // No more starts; all are drained side by side, within `most`. False when a call did not end.
  boost::asio::awaitable<bool> stop(base::Duration most);

  struct Standing {
    std::vector<std::string> addresses;  // where it listens; empty: it does not
    std::string problem;                 // why not: a sentence
  };
  // By instance.
  std::map<std::string, Standing> standings() const;

 private:
  struct Server {
    host::Instance* instance = nullptr;  // that was started, or that could not be
    Standing standing;
  };
  static boost::asio::awaitable<void> keep(EventServers& self, std::string id);
  boost::asio::awaitable<bool> start(host::Instance* instance);
  static boost::asio::awaitable<void> drain_for(EventServers& self, host::Instance* instance,
                                                base::Duration most);
  host::Instance* server(const std::string& id) const;
  // The same, when it may be started. One that is retired later on listens until it ends.
  host::Instance* wanted(const std::string& id) const;
  bool listens(const std::string& id, const host::Instance* instance) const;
  void forget(const std::string& id);
  bool is_stopping() const;

  boost::asio::io_context& io_;
  host::PluginHost& host_;
  base::Clock& clock_;
  const observe::Log log_;
  base::Broadcast changed_;
  BackgroundWork work_;
  mutable std::mutex mutex_;
  std::map<std::string, Server> servers_;  // guarded by mutex_
  std::set<std::string> kept_;             // that a coroutine looks after; guarded by mutex_
  bool stopping_ = false;                  // guarded by mutex_
  std::stop_source stop_;                  // with stopping_
};

}  // namespace paynamed::process
