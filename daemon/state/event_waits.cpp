#include "state/event_waits.hpp"

namespace paynamed::state {

std::shared_ptr<EventWaits::Tenant> EventWaits::of(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  auto& entry = tenants_[tenant];
  if (!entry) entry = std::make_shared<Tenant>(clock_);
  return entry;
}

void EventWaits::advance(const std::string& tenant, std::uint64_t seq) {
  const auto entry = of(tenant);
  entry->head = seq;
  entry->changed.notify();
}

void EventWaits::close() {
  closed_ = true;
  const std::lock_guard lock(mutex_);
  for (auto& [name, tenant] : tenants_) tenant->changed.notify();
}

boost::asio::awaitable<void> EventWaits::wait(std::string tenant, std::uint64_t seq, base::Duration most) {
  const auto entry = of(tenant);
  const base::MonotonicTime until = clock_.monotonic() + most;
  while (true) {
    const std::uint64_t seen = entry->changed.count();
    if (closed_ || entry->head > seq) co_return;
    const auto left = std::chrono::ceil<base::Duration>(until - clock_.monotonic());
    if (left.count() <= 0) co_return;
    co_await entry->changed.wait(seen, left);
  }
}

}  // namespace paynamed::state
