#include "state/orders.hpp"

namespace paynamed::state {
namespace {

constexpr std::string_view kKeyPrefix = "order/";

}  // namespace

std::string order_key_of(base::Uuid order) {
  return std::string{kKeyPrefix} + order.to_string();
}

std::optional<base::Uuid> order_from_key(std::string_view key) {
  if (!key.starts_with(kKeyPrefix)) return std::nullopt;
  const auto order = base::Uuid::parse(key.substr(kKeyPrefix.size()));
  // Written in one way alone.
  if (!order || order_key_of(*order) != key) return std::nullopt;
  return order;
}

}  // namespace paynamed::state
