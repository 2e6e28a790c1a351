#include "base/clock.hpp"

#include <atomic>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <mutex>
#include <vector>

namespace paynamed::base {
namespace asio = boost::asio;

namespace {

// The timer lives on a strand of its own, because asio timers are not thread-safe and a handle may be dropped
// on any thread. `armed` decides the race between "time came" and "handle dropped".
class SystemTimer final : public Clock::Timer {
 public:
  SystemTimer(MonotonicTime when, asio::any_io_executor executor, std::function<void()> then)
      : state_(std::make_shared<State>(std::move(executor), std::move(then))) {
    asio::post(state_->strand, [state = state_, when] {
      state->timer.expires_at(when);
      state->timer.async_wait(asio::bind_executor(state->strand, [state](boost::system::error_code error) {
        if (!error && state->armed.exchange(false)) {
          asio::post(state->executor, std::exchange(state->then, nullptr));
        }
      }));
    });
  }
  ~SystemTimer() override {
    if (state_->armed.exchange(false)) {
      asio::post(state_->strand, [state = state_] {
        state->timer.cancel();
        state->then = nullptr;
      });
    }
  }

 private:
  struct State {
    State(asio::any_io_executor on, std::function<void()> what)
        : executor(on), strand(asio::make_strand(on)), timer(strand), then(std::move(what)) {}
    asio::any_io_executor executor;
    asio::strand<asio::any_io_executor> strand;
    asio::steady_timer timer;
    std::function<void()> then;
    std::atomic<bool> armed{true};
  };
  std::shared_ptr<State> state_;
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

class ManualClock::State {
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
ManualClock::~ManualClock() = default;

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

  // Holds the timer and the waiting coroutine until one of "time came" and "cancelled" takes the handler.
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
