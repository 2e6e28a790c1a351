#include "pipeline/actions/turns.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;

asio::awaitable<Turns::Turn> Turns::take(std::string domain) {
  Waiter waiter;
  {
    const std::lock_guard lock(mutex_);
    Domain& of = domains_[domain];
    if (of.taken < most_) {
      ++of.taken;
    } else {
      waiter = std::make_shared<base::OneShot<bool>>();
      of.waiting.push_back(waiter);
    }
  }
  if (waiter) {
    const bool given = co_await base::OneShot<bool>::wait(waiter, false);
    if (!given) co_return Turn{};
  }
  co_return Turn{shared_from_this(), std::move(domain)};
}

void Turns::give_back(const std::string& domain) {
  while (true) {
    Waiter next;
    {
      const std::lock_guard lock(mutex_);
      const auto of = domains_.find(domain);
      if (of->second.waiting.empty()) {
        if (--of->second.taken == 0) domains_.erase(of);
        return;
      }
      next = std::move(of->second.waiting.front());
      of->second.waiting.pop_front();
    }
    // One that was cancelled meanwhile takes none.
    if (next->give(true)) return;
  }
}

std::size_t Turns::taken() const {
  const std::lock_guard lock(mutex_);
  std::size_t taken = 0;
  for (const auto& [name, domain] : domains_) taken += domain.taken;
  return taken;
}

std::size_t Turns::waiting() const {
  const std::lock_guard lock(mutex_);
  std::size_t waiting = 0;
  for (const auto& [name, domain] : domains_) waiting += domain.waiting.size();
  return waiting;
}

}  // namespace paynamed::pipeline
