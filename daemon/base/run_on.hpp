// run_on: a coroutine that runs on another executor than the one that waits for it, as co_spawn() does.
//
// What co_spawn() of Boost 1.81 makes of a cancellation refers to memory of the one who waits, and is run on
// the other executor. When the coroutine ends before, that memory is gone. Here it is held by both.
//
// Threads: may be called from any thread; the awaitable resumes on the caller's executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <utility>

namespace paynamed::base {

namespace detail {

// Starts what run_on() was asked for.
class RunOn {
 public:
  explicit RunOn(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  template <class Handler, class T>
  void operator()(Handler handler, boost::asio::awaitable<T> work) const {
    namespace asio = boost::asio;
    auto cancelled = std::make_shared<asio::cancellation_signal>();
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([cancelled, executor = executor_](asio::cancellation_type type) {
        asio::post(executor, [cancelled, type] { cancelled->emit(type); });
      });
    }
    auto waiting = asio::get_associated_executor(handler, executor_);
    auto ended = [cancelled, handler = std::move(handler), work_guard = asio::make_work_guard(waiting)](
                     std::exception_ptr thrown, T result) mutable {
      auto executor = work_guard.get_executor();
      asio::dispatch(executor, [handler = std::move(handler), thrown = std::move(thrown),
                                result = std::move(result)]() mutable {
        std::move(handler)(std::move(thrown), std::move(result));
      });
    };
    asio::co_spawn(executor_, std::move(work),
                   asio::bind_cancellation_slot(cancelled->slot(), std::move(ended)));
  }

 private:
  boost::asio::any_io_executor executor_;
};

}  // namespace detail

// What `work` gives, which runs on `executor`; what it throws is thrown here. Cancelling the caller cancels
// `work`, which is waited for all the same. T must be default constructible.
template <class T, class CompletionToken = boost::asio::use_awaitable_t<>>
auto run_on(boost::asio::any_io_executor executor, boost::asio::awaitable<T> work,
            CompletionToken token = CompletionToken{}) {
  return boost::asio::async_initiate<CompletionToken, void(std::exception_ptr, T)>(
      detail::RunOn{std::move(executor)}, token, std::move(work));
}

}  // namespace paynamed::base
