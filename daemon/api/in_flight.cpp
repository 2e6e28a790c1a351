#include "api/in_flight.hpp"

namespace paynamed::api {

bool InFlight::add(const std::shared_ptr<Pending>& pending) {
  const std::lock_guard lock{mutex_};
  if (stopping_) return false;
  pending_.emplace(pending.get(), pending);
  return true;
}

void InFlight::remove(const Pending* pending) {
  {
    const std::lock_guard lock{mutex_};
    pending_.erase(pending);
  }
  // Only drained() listens.
  if (stopping_) changed_.notify();
}

std::vector<std::shared_ptr<Pending>> InFlight::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::shared_ptr<Pending>> out;
  out.reserve(pending_.size());
  for (const auto& [key, pending] : pending_) out.push_back(pending);
  return out;
}

void InFlight::begin_stop() {
  const std::lock_guard lock{mutex_};
  stopping_ = true;
}

std::size_t InFlight::size() const {
  const std::lock_guard lock{mutex_};
  return pending_.size();
}

boost::asio::awaitable<bool> InFlight::drained(base::Duration most) {
  const base::MonotonicTime end = clock_.monotonic() + most;
  for (;;) {
    const std::uint64_t seen = changed_.count();
    if (size() == 0) co_return true;
    const auto left = std::chrono::ceil<base::Duration>(end - clock_.monotonic());
    if (left <= base::Duration{0}) co_return false;
    co_await changed_.wait(seen, left);
  }
}

}  // namespace paynamed::api
