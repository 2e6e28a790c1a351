// wait_now: from an answer that comes later to straight code that waits for it.
//
// Threads: any but the strand of the instance, where the answer arrives.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "paynamed/host.hpp"

namespace paynamed::detail {

// Gives what `start` passes to its argument. Throws Error: what was passed as such, or FAILED_PRECONDITION on
// the strand. `what` is the caller's function, for that message.
template <class T>
T wait_now(const Host& host, const char* what,
           const std::function<void(std::function<void(Result<T>)>)>& start) {
  if (host.on_strand()) {
    throw Error(
        Code::kFailedPrecondition,
        std::string(what) +
            " was called on the strand, where its answer could never arrive; use the form with `then`.");
  }
  struct Wait {
    std::mutex mutex;
    std::condition_variable arrived;
    std::optional<Result<T>> result;
  };
  const auto wait = std::make_shared<Wait>();
  start([wait](Result<T> result) {
    const std::lock_guard lock(wait->mutex);
    wait->result.emplace(std::move(result));
    wait->arrived.notify_one();
  });
  std::unique_lock lock(wait->mutex);
  wait->arrived.wait(lock, [&] { return wait->result.has_value(); });
  return std::move(*wait->result).value();
}

}  // namespace paynamed::detail
