#include "read_turns.hpp"

#include <utility>

namespace paynamed::websocket {

void ReadTurns::begin(const std::string& tenant, const void* client, Begin begin) {
  {
    const std::lock_guard lock(mutex_);
    const auto [where, fresh] = tenants_.try_emplace(tenant);
    if (fresh) order_.push_back(tenant);
    auto& waiting = where->second.clients[client];
    if (waiting.empty()) where->second.order.push_back(client);
    waiting.push_back(std::move(begin));
  }
  go_on();
}

void ReadTurns::ended() {
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
  }
  go_on();
}

// What begins may end at once, and come here again.
void ReadTurns::go_on() {
  for (;;) {
    std::optional<Begin> next;
    {
      const std::lock_guard lock(mutex_);
      if (under_way_ >= at_once_) return;
      next = take_next();
      if (!next) return;
      ++under_way_;
    }
    if ((*next)()) continue;
    const std::lock_guard lock(mutex_);
    --under_way_;
  }
}

std::optional<ReadTurns::Begin> ReadTurns::take_next() {
  if (order_.empty()) return std::nullopt;
  const std::string name = std::move(order_.front());
  order_.pop_front();
  const auto tenant = tenants_.find(name);
  const void* const client = tenant->second.order.front();
  tenant->second.order.pop_front();
  const auto of_client = tenant->second.clients.find(client);
  Begin next = std::move(of_client->second.front());
  of_client->second.pop_front();
  if (of_client->second.empty()) {
    tenant->second.clients.erase(of_client);
  } else {
    tenant->second.order.push_back(client);
  }
  if (tenant->second.clients.empty()) {
    tenants_.erase(tenant);
  } else {
    order_.push_back(name);
  }
  return next;
}

}  // namespace paynamed::websocket
