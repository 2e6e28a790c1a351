// InFlight: the requests that wait for their answer, so that a stop can end them.
//
// Threads: any.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "api/service.hpp"
#include "base/broadcast.hpp"

namespace paynamed::api {

// One request on its way to its one answer.
struct Pending {
  Request request;
  Service::Progress progress;
  // Called once, by whoever claimed.
  std::function<void(Response)> send;
  std::unique_ptr<base::Clock::Timer> late;  // answers in place of work that does not end

  // True for the first caller: the answer is theirs to give.
  bool claim() { return !claimed_.exchange(true); }

 private:
  std::atomic<bool> claimed_{false};
};

class InFlight {
 public:
  explicit InFlight(base::Clock& clock) : clock_(clock), changed_(clock) {}

  // False when the server stops: the request is not taken.
  bool add(const std::shared_ptr<Pending>& pending);
  void remove(const Pending* pending);
  std::vector<std::shared_ptr<Pending>> all() const;

  // From now on add() refuses.
  void begin_stop();
  bool stopping() const { return stopping_; }
  // True when nothing is in flight any more, false after `most`.
  boost::asio::awaitable<bool> drained(base::Duration most);

 private:
  std::size_t size() const;

  base::Clock& clock_;
  base::Broadcast changed_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::unordered_map<const Pending*, std::shared_ptr<Pending>> pending_;
};

}  // namespace paynamed::api
