// NodeWatch asks every node once an interval how it is: each instance's default node, every node that was
// added, and every other one that names or offers are at. What it finds stands in the book and in the store,
// and tenants hear when a node that their names are on is lost and when it is back (node_news.hpp).
//
// Threads: run() is one coroutine on a strand, which owns everything here; stop it by cancelling it. The
// looks run on `workers`.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/broadcast.hpp"
#include "base/random.hpp"
#include "nodes/node_book.hpp"
#include "nodes/node_question.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"

namespace paynamed::nodes {

class NodeWatch {
 public:
  struct Dependencies {
    boost::asio::any_io_executor workers;
    state::NodeStore& store;
    NodeBook& book;
    base::Clock& clock;
    base::Random& random;
    observe::Log log;
    observe::Metrics& metrics;
    CallPlugin call_plugin;
    // Asked before each round, for the configuration may be replaced.
    std::function<std::vector<std::string>()> instances;
    std::function<base::Duration()> interval;
    std::size_t looks_at_once = 16;
  };
  explicit NodeWatch(Dependencies dependencies);

  // Until it is cancelled; then it waits for the looks that run.
  boost::asio::awaitable<void> run();

 private:
  struct Series {
    explicit Series(observe::Metrics& metrics);
    observe::Counter reached;
    observe::Counter missed;
    observe::Counter not_asked;
    observe::Gauge nodes;
    observe::Gauge unreachable;
    observe::Gauge cannot_receive;
    observe::Gauge others;
  };
  struct Watched {
    base::MonotonicTime due;
    bool running = false;
    bool wanted = true;
  };
  struct Running {
    boost::asio::cancellation_signal stop;
  };

  // Which nodes there are by now.
  void refresh();
  std::set<state::NodePlace> places() const;
  base::Duration until_next() const;
  boost::asio::awaitable<void> start_due();
  boost::asio::awaitable<void> look(state::NodePlace place, Watched& watched);
  boost::asio::awaitable<void> record(state::NodeLook look, Watched& watched);
  void tell_log(const state::NodeLook& look, const state::NodeLook* before) const;
  void show() const;

  const Dependencies with_;
  const Series series_;
  std::map<state::NodePlace, Watched> nodes_;  // their places stay while they run
  std::list<Running> running_;
  base::Broadcast ended_;
};

}  // namespace paynamed::nodes
