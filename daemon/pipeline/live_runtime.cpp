#include "pipeline/live_runtime.hpp"

#include <utility>

namespace paynamed::pipeline {
namespace asio = boost::asio;
using base::Result;

namespace {

// A wait for a replacement that somebody forgot to end looks again.
constexpr base::Duration kLook{1'000};

}  // namespace

struct LiveRuntime::State {
  State(std::shared_ptr<const Runtime> first, base::Clock& given)
      : clock(given), runtime(std::move(first)), changed(given) {}

  base::Clock& clock;
  mutable std::mutex mutex;
  std::shared_ptr<const Runtime> runtime;  // guarded by mutex
  std::size_t leases = 0;                  // guarded by mutex
  bool closed = false;                     // guarded by mutex
  base::Broadcast changed;                 // a lease came back while it was closed, or it was opened

  void give_back() {
    {
      const std::lock_guard lock(mutex);
      --leases;
      if (!closed) return;
    }
    changed.notify();
  }
  void open() {
    {
      const std::lock_guard lock(mutex);
      closed = false;
    }
    changed.notify();
  }
};

LiveRuntime::LiveRuntime(std::shared_ptr<const Runtime> first, base::Clock& clock)
    : state_(std::make_shared<State>(std::move(first), clock)) {}

std::shared_ptr<const Runtime> LiveRuntime::current() const {
  const std::lock_guard lock(state_->mutex);
  return state_->runtime;
}

asio::awaitable<std::shared_ptr<const Runtime>> LiveRuntime::lease() {
  const auto state = state_;
  for (;;) {
    const auto seen = state->changed.count();
    {
      const std::lock_guard lock(state->mutex);
      if (!state->closed) {
        ++state->leases;
        const Runtime* leased = state->runtime.get();
        // Held by its deleter, so that the runtime lives as long as its lease.
        std::shared_ptr<const Runtime> handed(
            leased, [state, kept = state->runtime](const Runtime*) { state->give_back(); });
        co_return handed;
      }
    }
    co_await state->changed.wait(seen, kLook);
  }
}

asio::awaitable<bool> LiveRuntime::until_free(std::shared_ptr<State> state, base::Duration most) {
  const base::MonotonicTime end = state->clock.monotonic() + most;
  for (;;) {
    const auto seen = state->changed.count();
    {
      const std::lock_guard lock(state->mutex);
      state->closed = true;
      if (state->leases == 0) co_return true;
    }
    const auto left = std::chrono::ceil<base::Duration>(end - state->clock.monotonic());
    if (left.count() <= 0 || !co_await state->changed.wait(seen, left)) co_return false;
  }
}

asio::awaitable<Result<void>> LiveRuntime::replace(std::shared_ptr<const Runtime> next,
                                                   std::function<Result<void>()> agree, base::Duration most) {
  const auto state = state_;
  // Opened again however this ends.
  const std::shared_ptr<void> opener(nullptr, [state](void*) { state->open(); });
  if (!co_await until_free(state, most)) {
    co_return base::fail(base::deadline_exceeded(
        "runs that are being accepted did not come to their end in time; reload again in a moment"));
  }
  if (auto agreed = agree(); !agreed) co_return agreed;
  const std::lock_guard lock(state->mutex);
  state->runtime = std::move(next);
  co_return Result<void>{};
}

}  // namespace paynamed::pipeline
