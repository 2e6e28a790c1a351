// Engine: brings events to all targets there are.
//
// Threads: start() and stop() once each, one after the other; everything else from any thread. What it is
// given outlives it, and it the io_context's run.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>

#include "base/broadcast.hpp"
#include "delivery/retention.hpp"
#include "delivery/tenant_log.hpp"

namespace paynamed::delivery {

class Engine {
 public:
  Engine(boost::asio::io_context& io, Services services);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Goes on where the store says. Fails when that cannot be read.
  boost::asio::awaitable<base::Result<void>> start();
  // A target was made, changed or deleted, or its deliveries wait again.
  void changed(base::Uuid webhook);
  // The settings, or how plugins are reached, may be otherwise now.
  void refresh();
  // No attempt begins any more; stop() does the rest.
  void end_attempts();
  // No attempt begins any more; those that are under way have until `most`, and what came of them is written.
  // False when some did not end: they are made again after the next start, with the same ids. Fine without
  // start().
  boost::asio::awaitable<bool> stop(base::Duration most);

  // By instance, how many targets wait until an operator mends something.
  std::map<std::string, std::size_t> waiting_for_operator() const { return troubles_.by_instance(); }

 private:
  boost::asio::awaitable<base::Result<void>> begin();
  boost::asio::awaitable<bool> end(base::Duration most);
  base::Result<void> load();
  base::Result<void> add(state::WebhookRow row);
  void take_up(base::Uuid webhook);
  void remove(base::Uuid webhook);
  std::shared_ptr<Target> find(base::Uuid webhook) const;
  void wake_waiting();
  bool rests() const;

  const Services with_;
  Measures measures_;
  Troubles troubles_;
  const std::shared_ptr<Target::Common> common_;
  // On the strand.
  std::map<std::string, std::shared_ptr<TenantLog>> logs_;  // by tenant
  bool wakes_ = false;
  bool started_ = false;  // before that all is still to be read from the store
  base::Broadcast rested_;
};

}  // namespace paynamed::delivery
