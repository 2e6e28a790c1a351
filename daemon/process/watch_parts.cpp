#include "process/watch_parts.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace paynamed::process {
namespace asio = boost::asio;

WatchParts::WatchParts(asio::io_context& io, base::Clock& clock)
    : strand_(asio::make_strand(io)), clock_(clock), state_(std::make_shared<State>(clock)) {}

void WatchParts::start(asio::awaitable<void> work) {
  Part& part = state_->parts.emplace_back();
  auto ended = [state = state_, &part](std::exception_ptr) {
    part.running = false;
    state->ended.notify();
  };
  asio::co_spawn(strand_, std::move(work), asio::bind_cancellation_slot(part.stop.slot(), std::move(ended)));
}

asio::awaitable<bool> WatchParts::stop(base::Duration most) {
  // Signals of Asio belong to the strand of what they cancel.
  const auto state = state_;
  asio::post(strand_, [state] {
    for (Part& part : state->parts) part.stop.emit(asio::cancellation_type::terminal);
  });
  const base::MonotonicTime end = clock_.monotonic() + most;
  for (;;) {
    const auto seen = state->ended.count();
    if (std::ranges::none_of(state->parts, [](const Part& part) { return part.running.load(); }))
      co_return true;
    const auto left = std::chrono::ceil<base::Duration>(end - clock_.monotonic());
    if (left.count() <= 0) co_return false;
    co_await state->ended.wait(seen, left);
  }
}

}  // namespace paynamed::process
