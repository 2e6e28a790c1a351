#include "base/clock.hpp"

#include <atomic>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <mutex>
#include <vector>

namespace paynamed::base {
namespace asio = boost::asio;

namespace {

// Tells listeners that a context ends, while its parts may still be used. What waits for a context's work has
// to go with it: a coroutine is unwound on its executor.
class ContextEnd final : public asio::execution_context::service {
 public:
  using key_type = ContextEnd;
  static inline asio::execution_context::id id;

  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void context_ends(asio::execution_context& context) = 0;
  };

  explicit ContextEnd(asio::execution_context& context) : asio::execution_context::service(context) {}
  void tell(const std::shared_ptr<Listener>& listener) {
    const std::lock_guard lock(mutex_);
    for (const auto& known : listeners_) {
      if (!known.owner_before(listener) && !listener.owner_before(known)) return;
    }
    listeners_.push_back(listener);
  }

 private:
  void shutdown() override {
    for (const auto& weak : listeners_) {
      if (const auto listener = weak.lock()) listener->context_ends(context());
    }
  }

  std::mutex mutex_;
  std::vector<std::weak_ptr<Listener>> listeners_;
};

// Nobody but the context owns the timer: its waiting operation does, and is dropped with the context. The
// handle only finds it. The asio timer needs no strand: it is started here, before anybody else knows it,
// cancelled by the handle at most once, and freed by the last of the two. `armed` decides between "time came"
// and "handle dropped".
class SystemTimer final : public Clock::Timer {
 public:
  SystemTimer(MonotonicTime when, asio::any_io_executor executor, std::function<void()> then) {
    auto waiting = std::make_shared<Waiting>(std::move(executor));
    waiting_ = waiting;
    waiting->timer.expires_at(when);
    // `waiting` stays until async_wait() has returned, however soon the time comes.
    waiting->timer.async_wait(Expiry{std::move(then), waiting});
  }
  ~SystemTimer() override {
    if (const auto waiting = waiting_.lock(); waiting && waiting->armed.exchange(false)) {
      waiting->timer.cancel();
    }
  }

 private:
  struct Waiting {
    explicit Waiting(asio::any_io_executor executor) : timer(std::move(executor)) {}
    asio::steady_timer timer;
    std::atomic<bool> armed{true};
  };
  // Freed in reverse: when a context drops this unused, `then` may hold the handle, which finds nothing any
  // more.
  struct Expiry {
    std::function<void()> then;
    std::shared_ptr<Waiting> waiting;
    void operator()(const boost::system::error_code& error) {
      if (!error && waiting->armed.exchange(false)) then();
    }
  };
  std::weak_ptr<Waiting> waiting_;
};

}  // namespace

WallTime SystemClock::wall() const {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}
MonotonicTime SystemClock::monotonic() const {
  return std::chrono::steady_clock::now();
}

std::unique_ptr<Clock::Timer> SystemClock::at(MonotonicTime when, asio::any_io_executor executor,
                                              std::function<void()> then) {
  return std::make_unique<SystemTimer>(when, std::move(executor), std::move(then));
}

class ManualClock::State : public ContextEnd::Listener {
 public:
  struct Due {
    asio::any_io_executor executor;
    std::function<void()> then;
  };
  using Key = std::pair<MonotonicTime, std::uint64_t>;

  mutable std::mutex mutex;
  WallTime wall;
  MonotonicTime monotonic{};
  std::uint64_t next_id = 0;
  std::map<Key, Due> timers;

  void context_ends(asio::execution_context& context) override { drop(&context); }
  // The timers of one context, or of all. What they would have woken is freed outside the lock: it may hold
  // handles.
  void drop(const asio::execution_context* context) {
    std::vector<Due> dropped;
    const std::lock_guard lock(mutex);
    for (auto at = timers.begin(); at != timers.end();) {
      if (context && &asio::query(at->second.executor, asio::execution::context) != context) {
        ++at;
        continue;
      }
      dropped.push_back(std::move(at->second));
      at = timers.erase(at);
    }
  }
};

namespace {

template <class State>
class ManualTimer final : public Clock::Timer {
 public:
  ManualTimer(std::shared_ptr<State> state, typename State::Key key) : state_(std::move(state)), key_(key) {}
  ~ManualTimer() override {
    const std::lock_guard lock(state_->mutex);
    state_->timers.erase(key_);
  }

 private:
  std::shared_ptr<State> state_;
  typename State::Key key_;
};

}  // namespace

ManualClock::ManualClock(WallTime start) : state_(std::make_shared<State>()) {
  state_->wall = start;
}
ManualClock::~ManualClock() {
  state_->drop(nullptr);
}

WallTime ManualClock::wall() const {
  const std::lock_guard lock(state_->mutex);
  return state_->wall;
}
MonotonicTime ManualClock::monotonic() const {
  const std::lock_guard lock(state_->mutex);
  return state_->monotonic;
}

std::unique_ptr<Clock::Timer> ManualClock::at(MonotonicTime when, asio::any_io_executor executor,
                                              std::function<void()> then) {
  asio::use_service<ContextEnd>(asio::query(executor, asio::execution::context)).tell(state_);
  State::Key key;
  {
    const std::lock_guard lock(state_->mutex);
    key = {when, state_->next_id++};
    if (when > state_->monotonic) {
      state_->timers.emplace(key, State::Due{executor, std::move(then)});
      return std::make_unique<ManualTimer<State>>(state_, key);
    }
  }
  asio::post(executor, std::move(then));
  return std::make_unique<ManualTimer<State>>(state_, key);
}

void ManualClock::advance(Duration by) {
  std::vector<State::Due> due;
  {
    const std::lock_guard lock(state_->mutex);
    state_->wall += by;
    state_->monotonic += by;
    while (!state_->timers.empty() && state_->timers.begin()->first.first <= state_->monotonic) {
      due.push_back(std::move(state_->timers.begin()->second));
      state_->timers.erase(state_->timers.begin());
    }
  }
  for (auto& each : due) asio::post(each.executor, std::move(each.then));
}

std::size_t ManualClock::pending() const {
  const std::lock_guard lock(state_->mutex);
  return state_->timers.size();
}

std::optional<Duration> ManualClock::until_next() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->timers.empty()) return std::nullopt;
  return std::chrono::ceil<Duration>(state_->timers.begin()->first.first - state_->monotonic);
}

asio::awaitable<bool> sleep_for(Clock& clock, Duration duration) {
  const auto executor = co_await asio::this_coro::executor;
  const MonotonicTime when = clock.monotonic() + duration;

  // Holds the waiting coroutine until one of "time came" and "cancelled" takes the handler. Owned by what the
  // timer would call, so by the executor's context: the handle in here holds nothing.
  struct Wait {
    std::unique_ptr<Clock::Timer> timer;
    std::function<void(bool)> resume;
    std::mutex mutex;
    void finish(bool came) {
      std::function<void(bool)> taken;
      {
        const std::lock_guard lock(mutex);
        taken = std::move(resume);
        resume = nullptr;
      }
      if (taken) taken(came);
    }
    void drop_timer() {
      std::unique_ptr<Clock::Timer> dropped;
      const std::lock_guard lock(mutex);
      dropped = std::move(timer);
    }
  };

  // Named, because g++ 12.2 frees the captures of a temporary lambda in a co_await expression twice.
  auto initiation = [&clock, executor, when](auto handler) {
    auto wait = std::make_shared<Wait>();
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    wait->resume = [shared, executor](bool came) {
      asio::post(executor, [shared, came] { std::move (*shared)(came); });
    };
    auto slot = asio::get_associated_cancellation_slot(*shared);
    if (slot.is_connected()) {
      slot.assign([weak = std::weak_ptr(wait), executor](asio::cancellation_type) {
        // The timer is dropped by a posted job: dropping it here could destroy this very handler.
        if (auto locked = weak.lock()) {
          asio::post(executor, [locked] {
            locked->finish(false);
            locked->drop_timer();
          });
        }
      });
    }
    auto timer = clock.at(when, executor, [wait] {
      wait->finish(true);
      wait->drop_timer();
    });
    const std::lock_guard lock(wait->mutex);
    if (wait->resume) wait->timer = std::move(timer);
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(bool)>(std::move(initiation),
                                                                                      asio::use_awaitable);
}

}  // namespace paynamed::base
