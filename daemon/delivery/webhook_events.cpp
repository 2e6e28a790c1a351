#include "delivery/webhook_events.hpp"

#include <boost/json/serialize.hpp>

namespace paynamed::delivery {

std::string host_of(std::string_view address) {
  const auto scheme = address.find("://");
  if (scheme == std::string_view::npos) return {};
  address.remove_prefix(scheme + 3);
  address = address.substr(0, address.find_first_of("/?#\\"));
  if (const auto user = address.rfind('@'); user != std::string_view::npos) address.remove_prefix(user + 1);
  if (address.starts_with('[')) return std::string{address.substr(0, address.find(']') + 1)};
  return std::string{address.substr(0, address.find(':'))};
}

state::NewEvent webhook_event(std::string_view type, const state::WebhookRow& webhook,
                              const boost::json::object& more, base::WallTime now, base::Random& random) {
  const std::string id = webhook.id.to_string();
  boost::json::object data{{"webhook", id}, {"host", host_of(webhook.settings.address)}};
  for (const auto& member : more) data[member.key()] = member.value();
  return {std::string{type}, 1, id, base::Uuid::v7(now, random), now, boost::json::serialize(data)};
}

}  // namespace paynamed::delivery
