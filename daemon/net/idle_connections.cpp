#include "net/idle_connections.hpp"

#include <algorithm>

namespace paynamed::net {

IdleConnections::IdleConnections(boost::asio::any_io_executor executor, base::Clock& clock, Limits limits)
    : executor_(std::move(executor)), clock_(clock), limits_(limits) {}

std::shared_ptr<TlsConnection> IdleConnections::take(const std::string& origin) {
  // Sockets are closed outside the lock.
  std::list<Idle> dropped;
  const std::lock_guard lock(mutex_);
  drop_old(dropped);
  for (auto each = idle_.end(); each != idle_.begin();) {
    --each;
    if (each->origin != origin) continue;
    std::list<Idle> taken;
    auto next = std::next(each);
    taken.splice(taken.begin(), idle_, each);
    if (taken.front().connection->is_quiet()) return std::move(taken.front().connection);
    dropped.splice(dropped.end(), taken);
    each = next;
  }
  return nullptr;
}

void IdleConnections::put(const std::string& origin, std::shared_ptr<TlsConnection> connection) {
  if (limits_.per_origin == 0 || limits_.total == 0) return;
  std::list<Idle> dropped;
  const std::lock_guard lock(mutex_);
  drop_old(dropped);
  const auto is_here = [&](const Idle& each) { return each.origin == origin; };
  const auto here = std::count_if(idle_.begin(), idle_.end(), is_here);
  if (static_cast<std::size_t>(here) >= limits_.per_origin) {
    dropped.splice(dropped.end(), idle_, std::find_if(idle_.begin(), idle_.end(), is_here));
  } else if (idle_.size() >= limits_.total) {
    dropped.splice(dropped.end(), idle_, idle_.begin());
  }
  idle_.push_back({origin, std::move(connection), clock_.monotonic() + limits_.time});
  set_timer();
}

std::size_t IdleConnections::size() const {
  const std::lock_guard lock(mutex_);
  return idle_.size();
}

void IdleConnections::drop_old(std::list<Idle>& dropped) {
  const auto now = clock_.monotonic();
  while (!idle_.empty() && idle_.front().until <= now) dropped.splice(dropped.end(), idle_, idle_.begin());
}

void IdleConnections::set_timer() {
  if (timer_ || idle_.empty()) return;
  timer_ = clock_.at(idle_.front().until, executor_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    std::list<Idle> dropped;
    std::unique_ptr<base::Clock::Timer> fired;
    const std::lock_guard lock(self->mutex_);
    fired = std::move(self->timer_);
    self->drop_old(dropped);
    self->set_timer();
  });
}

}  // namespace paynamed::net
