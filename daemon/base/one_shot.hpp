// OneShot: a coroutine waits for one value that somebody gives it.
//
// Who holds it gives a value before the executor's context ends: a coroutine that waits for ever is never
// freed.
//
// Threads: give() may be called from any thread; the wait resumes on the waiter's executor.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace paynamed::base {

template <class T>
class OneShot {
 public:
  // True when this is the value; false when one was given before, which counts.
  bool give(T value) {
    std::function<void()> resume;
    {
      const std::lock_guard lock(mutex_);
      if (value_) return false;
      value_.emplace(std::move(value));
      resume = std::exchange(resume_, nullptr);
    }
    if (resume) resume();
    return true;
  }

  // The value; once. A cancellation of the coroutine gives `if_cancelled`.
  static boost::asio::awaitable<T> wait(std::shared_ptr<OneShot> shot, T if_cancelled) {
    namespace asio = boost::asio;
    const auto executor = co_await asio::this_coro::executor;
    // Named, because g++ 12.2 frees the captures of a temporary lambda in a co_await expression twice.
    auto initiation = [shot, executor, if_cancelled](auto handler) {
      const auto kept = shot;  // the coroutine may go on, and end, on another thread before this returns
      auto shared = std::make_shared<decltype(handler)>(std::move(handler));
      auto slot = asio::get_associated_cancellation_slot(*shared);
      if (slot.is_connected()) {
        slot.assign([executor, weak = std::weak_ptr(kept), if_cancelled](asio::cancellation_type) {
          asio::post(executor, [weak, if_cancelled] {
            if (const auto locked = weak.lock()) locked->give(if_cancelled);
          });
        });
      }
      kept->when_given(
          [shared, executor] { asio::post(executor, [shared]() mutable { std::move (*shared)(); }); });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(initiation),
                                                                          asio::use_awaitable);
    const std::lock_guard lock(shot->mutex_);
    co_return *std::move(shot->value_);
  }

 private:
  void when_given(std::function<void()> resume) {
    {
      const std::lock_guard lock(mutex_);
      if (!value_) resume_ = std::exchange(resume, nullptr);
    }
    if (resume) resume();
  }

  std::mutex mutex_;
  std::optional<T> value_;        // guarded by mutex_
  std::function<void()> resume_;  // guarded by mutex_
};

}  // namespace paynamed::base
