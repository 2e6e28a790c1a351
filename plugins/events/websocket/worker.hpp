// Worker: one thread with its connections and its part of each tenant's subscribers. Nothing of it is shared
// with other workers but the followers, the places and the settings.
//
// Threads: functions of FeedSink, post() and stop() may be called from any thread; all others on the worker's
// own.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

#include "follower.hpp"
#include "hub.hpp"
#include "paynamed/auth.hpp"
#include "places.hpp"
#include "read_turns.hpp"
#include "settings.hpp"
#include "turns.hpp"

namespace paynamed::websocket {

// A connection as the worker sees it.
class Connection {
 public:
  virtual ~Connection() = default;
  // Once a second, about.
  virtual void tick(std::chrono::nanoseconds now, std::chrono::milliseconds wall) = 0;
  // Asks the client to leave and to come back after that time.
  virtual void drain(std::chrono::milliseconds retry_after) = 0;
  // Ends it now. Worker::remove() follows, not from within.
  virtual void cut() = 0;
  virtual std::size_t subscriptions() const = 0;
};

class Worker final : public FeedSink, public std::enable_shared_from_this<Worker> {
 public:
  static constexpr std::size_t kReadsAtOnce = 4;
  struct Shared {
    Shared(Host given, const Settings& chosen)
        : host(std::move(given)),
          settings(chosen),
          places({chosen.most_connections, chosen.most_per_peer, chosen.most_per_tenant,
                  share_of_unnamed(chosen.most_connections)}),
          read_turns(kReadsAtOnce),
          followers(std::make_shared<Followers>(host)) {}
    const Host host;
    const Settings settings;
    Places places;
    ReadTurns read_turns;
    const std::shared_ptr<Followers> followers;
  };
  // `on_empty` is called when the last connection has gone.
  Worker(std::shared_ptr<Shared> shared, std::function<void()> on_empty);

  void run() { io_.run(); }
  // Cuts all connections; run() returns when they have ended.
  void stop();
  // Never with a pointer that keeps this alive: what is posted after run() has ended is kept here until the
  // end.
  template <class Work>
  void post(Work work) {
    boost::asio::post(io_, std::move(work));
  }
  boost::asio::io_context& io() { return io_; }

  // False when it was accepted before the end began and comes after: it is cut.
  bool add(const std::shared_ptr<Connection>& connection);
  void remove(const Connection* connection);
  // `now` of Host::monotonic(), `wall` since 1970.
  void tick(std::chrono::nanoseconds now, std::chrono::milliseconds wall);
  // All are asked to leave, spread over `spread`, and to come back when that is over, spread over
  // `return_spread`.
  void drain(std::chrono::nanoseconds now, std::chrono::milliseconds spread,
             std::chrono::milliseconds return_spread);
  void cut_all();
  // That have not ended; from any thread.
  std::size_t connections() const { return count_; }
  std::size_t subscriptions() const { return subscriptions_; }

  // For clients.
  // `again`: it was good before on the same connection.
  void check(std::string_view credential, const std::string& peer, bool again,
             std::function<void(const Result<CheckCallerReply>&)> then);
  std::shared_ptr<Hub> enter_hub(const std::string& tenant);
  void leave_hub(const std::string& tenant, const std::shared_ptr<Hub>& hub);
  Places& places() { return shared_->places; }
  const Settings& settings() const { return shared_->settings; }
  const Host& host() const { return shared_->host; }
  // As of the last tick.
  std::chrono::nanoseconds now() const { return now_; }
  std::chrono::milliseconds random_time(std::chrono::milliseconds most);

  void attached(const std::string& tenant, Position end) override;
  void follows(const std::string& tenant, SharedPage page) override;
  void lost(const std::string& tenant) override;

 private:
  using PageTaker = std::function<void(const Result<Hub::Read>&)>;
  void read_page(const std::string& tenant, const Subscriber& client, Position after, PageTaker then);
  void ask_for_page(const std::pair<std::string, std::string>& key, Position after);
  void page_arrived(const std::pair<std::string, std::string>& key, Position after,
                    Result<ReadEventsReply> reply);
  template <class Work>
  void with_hub(const std::string& tenant, Work work);

  const std::shared_ptr<Shared> shared_;
  const std::function<void()> on_empty_;
  const Events events_;
  const Auth auth_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unordered_map<const Connection*, std::shared_ptr<Connection>> all_;
  std::multimap<std::chrono::nanoseconds, std::weak_ptr<Connection>> leaving_;  // when each is asked to
  bool refuses_ = false;                                                        // it drains or stops
  std::chrono::nanoseconds drain_over_{};
  std::chrono::milliseconds return_spread_{};
  const std::shared_ptr<CatchUpBudget> budget_;
  std::map<std::string, std::shared_ptr<Hub>> hubs_;
  std::map<std::pair<std::string, std::string>, std::vector<PageTaker>> reads_;  // by tenant and position
  Turns check_turns_;
  std::chrono::nanoseconds now_;
  std::minstd_rand random_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::size_t> subscriptions_{0};
};

}  // namespace paynamed::websocket
