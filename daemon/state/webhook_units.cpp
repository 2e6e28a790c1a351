#include "state/webhook_units.hpp"

#include <fmt/format.h>

namespace paynamed::state {
namespace {

base::Result<Fact> read_news(const NewEvent& event) {
  if (event.data.size() > kMaxEventBytes) {
    return base::fail(base::invalid_argument(fmt::format("the event {} has {} bytes and may have at most {}",
                                                         event.type, event.data.size(), kMaxEventBytes)));
  }
  auto fact = read_fact(event.type, event.version, event.data);
  if (!fact) return fact;
  if (fact->kind != Fact::Kind::kOther || !event.type.starts_with("webhook.")) {
    return base::fail(base::internal(fmt::format(
        "nothing was written of a webhook, because its event {} speaks of something else; report this defect",
        event.type)));
  }
  return fact;
}

base::Result<void> check_settings(const WebhookSettings& settings) {
  std::size_t bytes = settings.address.size() + settings.description.size();
  for (const std::string& type : settings.types) bytes += type.size() + 1;
  for (const std::string& name : settings.names) bytes += name.size() + 1;
  if (bytes <= kMaxTextBytes) return {};
  return base::fail(base::invalid_argument(
      fmt::format("the settings of a webhook have {} bytes and may have at most {}; make them smaller", bytes,
                  kMaxTextBytes)));
}

}  // namespace

base::Result<CreateWebhookUnit> check(NewWebhook webhook) {
  if (webhook.idempotency_key.size() > 255) {
    return base::fail(base::invalid_argument("the idempotency key has more than 255 bytes; make it smaller"));
  }
  if (auto fits = check_settings(webhook.webhook.settings); !fits) return base::fail(fits.error());
  auto fact = read_news(webhook.event);
  if (!fact) return base::fail(fact.error());
  CreateWebhookUnit unit{std::move(webhook), *std::move(fact)};
  return unit;
}

base::Result<ChangeWebhookUnit> check(WebhookChange change) {
  ChangeWebhookUnit unit;
  if (change.settings) {
    if (auto fits = check_settings(*change.settings); !fits) return base::fail(fits.error());
  }
  if (change.event) {
    auto fact = read_news(*change.event);
    if (!fact) return base::fail(fact.error());
    unit.facts.push_back(*std::move(fact));
  }
  unit.change = std::move(change);
  return unit;
}

base::Result<DeleteWebhookUnit> check_webhook_deletion(std::string tenant, base::Uuid id, NewEvent event) {
  auto fact = read_news(event);
  if (!fact) return base::fail(fact.error());
  DeleteWebhookUnit unit{std::move(tenant), id, std::move(event), *std::move(fact)};
  return unit;
}

base::Result<DeliveriesUnit> check(DeliveryUpdate update) {
  DeliveriesUnit unit;
  for (const NewEvent& event : update.events) {
    auto fact = read_news(event);
    if (!fact) return base::fail(fact.error());
    unit.facts.push_back(*std::move(fact));
  }
  if (update.disabled) {
    auto fact = read_news(*update.disabled);
    if (!fact) return base::fail(fact.error());
    unit.disabled = *std::move(fact);
  }
  unit.update = std::move(update);
  return unit;
}

}  // namespace paynamed::state
