// Followers: one reader at the end of each tenant's log, for all workers.
//
// Threads: every function may be called from any thread; sinks are called from any thread and must not wait.
#pragma once

#include <paynamed/events.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "page.hpp"

namespace paynamed::websocket {

// Who is told what comes: a worker. Calls for one tenant come in order.
class FeedSink {
 public:
  virtual ~FeedSink() = default;
  // Pages from here on.
  virtual void attached(const std::string& tenant, Position end) = 0;
  virtual void follows(const std::string& tenant, SharedPage page) = 0;
  // Nothing more comes until the next join().
  virtual void lost(const std::string& tenant) = 0;
};

class Followers : public std::enable_shared_from_this<Followers> {
 public:
  // So many tenants are waited for at once, of the 1,000 calls that an instance may have open. The logs of
  // the others are looked at in turn.
  static constexpr std::size_t kMostWaiting = 800;
  explicit Followers(Host host, std::size_t most_waiting = kMostWaiting)
      : host_(std::move(host)), events_(host_), most_waiting_(most_waiting) {}

  void join(const std::string& tenant, const std::shared_ptr<FeedSink>& sink);
  void leave(const std::string& tenant, const std::shared_ptr<FeedSink>& sink);
  // No sink is called any more.
  void stop();

 private:
  struct Follower {
    bool attached = false;
    Position end;
    std::set<std::shared_ptr<FeedSink>> sinks;
    std::chrono::milliseconds again{0};  // before the next try; 0: the last one went well
  };
  using Where = std::map<std::string, Follower>::iterator;

  void find_end(const std::string& tenant);
  void found_end(const std::string& tenant, const Result<EventsHeadReply>& head);
  void read(const std::string& tenant, Position after);
  void ask(const std::string& tenant, Position after, bool waits);
  // False: it comes in its turn.
  bool may_wait(const std::string& tenant);
  void look_in_turn();
  void arrived(const std::string& tenant, Position after, Result<ReadEventsReply> reply);
  void failed(const std::string& tenant, const Error& error);
  void lose(Where where);
  // False when nobody follows any more: then it is gone.
  bool still_wanted(Where where);

  const Host host_;
  const Events events_;
  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::size_t waiting_ = 0;                  // guarded by mutex_
  std::deque<std::string> turns_;            // of tenants that are not waited for; guarded by mutex_
  bool takes_turns_ = false;                 // a timer is set; guarded by mutex_
  bool told_ = false;                        // that there are too many; guarded by mutex_
  bool stopped_ = false;                     // guarded by mutex_
  std::map<std::string, Follower> tenants_;  // guarded by mutex_
};

}  // namespace paynamed::websocket
