// Watcher: takes in the payments of all nodes there are, each by a NodeWatch of its own.
//
// Threads: start() once, then stop(); the telling and the reading functions from any thread. It outlives the
// io_context's run.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/broadcast.hpp"
#include "payments/node_watch.hpp"

namespace paynamed::payments {

class Watcher {
 public:
  Watcher(boost::asio::io_context& io, Services services);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void start();
  // Nodes came or went: looks now instead of within a minute. Those that stay are not disturbed.
  void nodes_changed() { changed_.notify(); }
  // How nodes are reached may be otherwise now: all watches begin anew.
  void refresh();
  // Cancels all and waits until they ended, for `most` at most; false when some did not. Fine without
  // start().
  boost::asio::awaitable<bool> stop(base::Duration most);

  // All that was paid at this node until then has been read; nothing when it is not watched, or never was
  // read to its end.
  std::optional<base::WallTime> read_until(std::string_view instance, std::string_view reference) const;
  bool watches(std::string_view instance, std::string_view reference) const;
  // Whether there is such a node now.
  bool knows(std::string_view instance, std::string_view reference) const;
  std::vector<WatchStatus> statuses() const;

 private:
  using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;
  struct Watched {
    Watched(boost::asio::io_context& io, WatchedNode node, bool long_polls, const Services& services)
        : strand(boost::asio::make_strand(io)), watch(std::move(node), long_polls, services) {}
    Strand strand;
    boost::asio::cancellation_signal stop;
    NodeWatch watch;
    std::atomic<bool> running{true};
    bool stopping = false;  // guarded by mutex_
  };
  using Entry = std::shared_ptr<Watched>;

  boost::asio::awaitable<void> manage();
  void follow(const std::vector<WatchedNode>& nodes);
  void begin(WatchedNode node);
  void cancel(const Entry& entry);
  Entry find(std::string_view instance, std::string_view reference) const;  // with mutex_ held
  void measure();

  boost::asio::io_context& io_;
  const Services with_;
  Strand strand_;
  base::Broadcast changed_;  // something ended, or there is something to do
  std::atomic<bool> managing_{false};
  std::atomic<bool> stopping_{false};

  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // guarded by mutex_

  std::set<std::string> shown_;  // instances that have gauges; of measure(), which runs once at a time
  std::shared_ptr<void> measured_;
};

}  // namespace paynamed::payments
