#include "base/broadcast.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace paynamed::base {
namespace asio = boost::asio;

struct Broadcast::State {
  struct Waiter {
    std::function<void(bool)> resume;
    std::unique_ptr<Clock::Timer> timer;
  };
  std::mutex mutex;
  std::uint64_t count = 0;
  std::uint64_t next_id = 0;
  std::map<std::uint64_t, Waiter> waiters;

  // The timer is dropped outside the lock: it may hold the last reference to this state.
  void finish(std::uint64_t id, bool changed) {
    Waiter taken;
    {
      const std::lock_guard lock(mutex);
      const auto found = waiters.find(id);
      if (found == waiters.end()) return;
      taken = std::move(found->second);
      waiters.erase(found);
    }
    taken.resume(changed);
  }
};

Broadcast::Broadcast(Clock& clock) : clock_(clock), state_(std::make_shared<State>()) {}
Broadcast::~Broadcast() {
  notify();
}

std::uint64_t Broadcast::count() const {
  const std::lock_guard lock(state_->mutex);
  return state_->count;
}

void Broadcast::notify() {
  std::map<std::uint64_t, State::Waiter> woken;
  {
    const std::lock_guard lock(state_->mutex);
    ++state_->count;
    woken.swap(state_->waiters);
  }
  for (auto& [id, waiter] : woken) waiter.resume(true);
}

asio::awaitable<bool> Broadcast::wait(std::uint64_t seen, Duration most) {
  const auto executor = co_await asio::this_coro::executor;
  // Named, because g++ 12.2 frees the captures of a temporary lambda in a co_await expression twice.
  auto initiation = [this, seen, most, executor](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto resume = [shared, executor](bool changed) {
      asio::post(executor, [shared, changed] { std::move (*shared)(changed); });
    };
    const std::lock_guard lock(state_->mutex);
    if (state_->count != seen) return resume(true);
    const std::uint64_t id = state_->next_id++;
    auto timer = clock_.at(clock_.monotonic() + most, executor, [weak = std::weak_ptr(state_), id] {
      if (auto state = weak.lock()) state->finish(id, false);
    });
    state_->waiters.emplace(id, State::Waiter{std::move(resume), std::move(timer)});
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(bool)>(std::move(initiation),
                                                                                      asio::use_awaitable);
}

}  // namespace paynamed::base
