// in_parallel: runs coroutines side by side and waits for all of them.
//
// Threads: everything runs on the caller's executor; give it a strand when the coroutines share data.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "base/run_on.hpp"

namespace paynamed::net {

namespace detail {

// Runs on a strand of its own, see in_parallel().
template <class T>
boost::asio::awaitable<std::vector<T>> gather(std::vector<boost::asio::awaitable<T>> work,
                                              boost::asio::any_io_executor executor) {
  namespace asio = boost::asio;
  using Operation = decltype(base::run_on(executor, std::declval<asio::awaitable<T>>(), asio::deferred));
  std::vector<Operation> operations;
  operations.reserve(work.size());
  for (auto& each : work) operations.push_back(base::run_on(executor, std::move(each), asio::deferred));
  auto group = asio::experimental::make_parallel_group(std::move(operations));
  auto [order, errors, results] =
      co_await group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
  for (const auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  co_return std::move(results);
}

}  // namespace detail

// The results in the order of `work`. Rethrows the first exception after all have ended. T must be default
// constructible. Cancelling the caller cancels all.
template <class T>
boost::asio::awaitable<std::vector<T>> in_parallel(std::vector<boost::asio::awaitable<T>> work) {
  namespace asio = boost::asio;
  if (work.empty()) co_return std::vector<T>{};
  const auto executor = co_await asio::this_coro::executor;
  // A parallel group touches its operations after it has started the last one. Who waits for it may not go
  // on, on another thread, before that: on a strand it cannot.
  co_return co_await base::run_on(asio::make_strand(executor), detail::gather<T>(std::move(work), executor));
}

}  // namespace paynamed::net
