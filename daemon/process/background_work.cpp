#include "process/background_work.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace paynamed::process {
namespace asio = boost::asio;

BackgroundWork::BackgroundWork(asio::io_context& io, base::Clock& clock)
    : io_(io), clock_(clock), state_(std::make_shared<State>(clock)) {}

void BackgroundWork::start(asio::awaitable<void> work) {
  ++state_->at_work;
  asio::co_spawn(io_, std::move(work), [state = state_](std::exception_ptr) {
    --state->at_work;
    state->ended.notify();
  });
}

asio::awaitable<bool> BackgroundWork::stop(base::Duration most) {
  const auto state = state_;
  const base::MonotonicTime end = clock_.monotonic() + most;
  for (;;) {
    const auto seen = state->ended.count();
    if (state->at_work == 0) co_return true;
    const auto left = std::chrono::ceil<base::Duration>(end - clock_.monotonic());
    if (left.count() <= 0) co_return false;
    co_await state->ended.wait(seen, left);
  }
}

}  // namespace paynamed::process
