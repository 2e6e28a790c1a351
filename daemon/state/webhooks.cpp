#include "state/webhooks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace paynamed::state {
namespace {

constexpr std::array<std::string_view, 3> kWebhookStates{"active", "paused", "disabled"};
constexpr std::array<std::string_view, 3> kDeliveryStates{"waiting", "delivered", "dead"};

bool lets_through(std::string_view pattern, std::string_view type) {
  if (!pattern.ends_with('*')) return pattern == type;
  pattern.remove_suffix(1);
  return type.starts_with(pattern);
}

}  // namespace

std::string_view to_string(WebhookState state) {
  return kWebhookStates.at(static_cast<std::size_t>(state));
}

std::string_view to_string(DeliveryState state) {
  return kDeliveryStates.at(static_cast<std::size_t>(state));
}

std::string secret_handle(const WebhookRow& webhook, std::string_view name) {
  return fmt::format("secret:{}/webhook/{}/{}", webhook.instance, webhook.id.to_string(), name);
}

bool wants_type(const std::vector<std::string>& types, std::string_view type) {
  return types.empty() ||
         std::ranges::any_of(types, [&](const std::string& pattern) { return lets_through(pattern, type); });
}

bool matches(const DeliveryFilter& filter, const DeliveryRow& delivery) {
  return (!filter.state || *filter.state == delivery.state) && wants_type(filter.types, delivery.type) &&
         (!filter.since || delivery.created >= *filter.since) &&
         (!filter.until || delivery.created < *filter.until) &&
         (!filter.from_seq || delivery.seq >= *filter.from_seq) &&
         (!filter.to_seq || delivery.seq <= *filter.to_seq) &&
         (!filter.event || delivery.event == *filter.event);
}

}  // namespace paynamed::state
