// QueryBudget: how often each server may be asked. In any second no server gets more questions than the cap.
//
// Who asks one question take()s it first. Who has others ask (a resolver, whose questions cannot be counted
// one by one) holds the servers meanwhile, with silence before and after for as many questions as it may ask.
// Cancellation must not throw in the coroutines that wait (throw_if_cancelled(false)).
//
// Threads: every function may be called from any thread; awaitables resume on the caller's executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/broadcast.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace paynamed::monitor {

class QueryBudget {
 public:
  struct Settings {
    double queries_per_second = 50;  // of one server
    std::size_t most_waiting = 32;   // for one server; more are turned away
  };
  QueryBudget(Settings settings, base::Clock& clock);

  // Returns when `server` may get one question, which has to be sent at once. RESOURCE_EXHAUSTED when too
  // many wait for it already, CANCELLED when the coroutine was cancelled.
  boost::asio::awaitable<base::Status> take(std::string server);

  // While it lives nobody else may ask these servers.
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept { *this = std::move(other); }
    Hold& operator=(Hold&& other) noexcept;
    ~Hold() { release(); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    void release();

   private:
    friend class QueryBudget;
    QueryBudget* budget_ = nullptr;
    std::vector<std::string> servers_;
    double questions_ = 0;
  };
  // Waits until nobody else holds one of them; fails when cancelled. What was wanted may be known by now,
  // from who held them before.
  boost::asio::awaitable<base::Result<Hold>> hold(std::vector<std::string> servers);
  // The silence before: after it, and until the hold is released, each of the servers may get `questions`,
  // which are fewer than the cap. Fails when cancelled.
  boost::asio::awaitable<base::Status> quiet(Hold& hold, double questions);

  // Pays afterwards for up to `questions` to each of these servers, which nobody could hold because a search
  // has only just found them.
  void pay(const std::vector<std::string>& servers, double questions);

  // How many servers are remembered: those asked lately.
  std::size_t known() const;

 private:
  struct Lane {
    double left = 0;  // questions that may be asked now; below zero after a hold
    base::MonotonicTime counted;
    bool held = false;
    std::size_t waiting = 0;
  };
  Lane& lane(const std::string& server, base::MonotonicTime now);
  void forget_idle(base::MonotonicTime now);
  base::Duration time_for(double questions) const;

  const Settings settings_;
  double depth_;  // questions at once
  double rate_;   // depth_ + rate_ is the cap
  base::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Lane> lanes_;
  base::Broadcast released_;
};

}  // namespace paynamed::monitor
