// Runs one coroutine to its end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <stdexcept>

namespace paynamed::tests {

template <class T>
T run(boost::asio::awaitable<T> work) {
  // As long-lived as the daemon's: other threads may still be on their way out of a post() to it.
  static boost::asio::io_context io;
  io.restart();
  std::optional<T> result;
  std::exception_ptr error;
  boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr failed, T value) {
    error = failed;
    result = std::move(value);
  });
  io.run();
  if (error) std::rethrow_exception(error);
  if (!result) throw std::logic_error("the coroutine never ended");
  return std::move(*result);
}

}  // namespace paynamed::tests
