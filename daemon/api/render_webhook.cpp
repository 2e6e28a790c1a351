#include "api/render_webhook.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "api/entries_json.hpp"
#include "events/served_event.hpp"

namespace paynamed::api {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value{} : json::value(text);
}

json::value time_or_null(const std::optional<base::WallTime>& time) {
  return time ? json::value(base::to_rfc3339(*time)) : json::value{};
}

json::value number_or_null(std::uint32_t number) {
  return number == 0 ? json::value{} : json::value(number);
}

json::value schedule_of(const state::WebhookSettings& settings) {
  if (settings.schedule.empty()) return {};
  json::array waits;
  for (const base::Duration wait : settings.schedule) waits.emplace_back(base::to_string(wait));
  return waits;
}

json::array secrets_of(const state::WebhookRow& webhook, base::WallTime now) {
  json::array secrets;
  for (const state::WebhookSecret& secret : delivery::counting_secrets(webhook, now)) {
    const bool is_ed25519 = secret.kind == state::WebhookSecret::Kind::kEd25519;
    secrets.push_back(json::object{{"name", secret.name},
                                   {"signature", is_ed25519 ? "v1a" : "v1"},
                                   {"public_key", text_or_null(secret.public_key)},
                                   {"since", base::to_rfc3339(secret.since)},
                                   {"until", time_or_null(secret.until)}});
  }
  return secrets;
}

std::string webhook_link(const base::Uuid& id) {
  return "/v1/webhooks/" + id.to_string();
}

}  // namespace

json::object to_json(const state::WebhookRow& webhook, base::WallTime now) {
  const state::WebhookSettings& settings = webhook.settings;
  const std::string self = webhook_link(webhook.id);
  return json::object{
      {"id", webhook.id.to_string()},
      {"instance", webhook.instance},
      {"address", settings.address},
      {"description", text_or_null(settings.description)},
      {"types", json::array(settings.types.begin(), settings.types.end())},
      {"names", json::array(settings.names.begin(), settings.names.end())},
      {"schedule", schedule_of(settings)},
      {"concurrency", number_or_null(settings.concurrency)},
      {"per_minute", number_or_null(settings.per_minute)},
      {"ordered", settings.ordered},
      {"state", state::to_string(webhook.state)},
      {"reason", text_or_null(webhook.reason)},
      {"position", events::to_text(webhook.cursor)},
      {"waiting", webhook.waiting},
      {"dead", webhook.dead},
      {"failing_since", time_or_null(webhook.failing_since)},
      {"delivered", time_or_null(webhook.delivered)},
      {"secrets", secrets_of(webhook, now)},
      {"created", base::to_rfc3339(webhook.created)},
      {"updated", base::to_rfc3339(webhook.updated)},
      {"revision", webhook.revision},
      {"links", json::object{{"self", self}, {"deliveries", self + "/deliveries"}}},
  };
}

json::object to_json(const state::DeliveryRow& delivery, std::uint32_t epoch) {
  const bool is_waiting = delivery.state == state::DeliveryState::kWaiting;
  const std::string self = fmt::format("{}/deliveries/{}", webhook_link(delivery.webhook), delivery.seq);
  const std::string event = fmt::format("/v1/events?after={}&limit=1",
                                        events::to_text({epoch, delivery.seq == 0 ? 0 : delivery.seq - 1}));
  return json::object{
      {"webhook", delivery.webhook.to_string()},
      {"seq", std::to_string(delivery.seq)},
      {"position", events::to_text({epoch, delivery.seq})},
      {"event", delivery.event.to_string()},
      {"type", delivery.type},
      {"subject", delivery.subject},
      {"state", state::to_string(delivery.state)},
      {"attempts", delivery.attempts},
      {"next", is_waiting ? time_or_null(delivery.next) : json::value{}},
      {"reason", text_or_null(delivery.reason)},
      {"created", base::to_rfc3339(delivery.created)},
      {"updated", base::to_rfc3339(delivery.updated)},
      {"links", json::object{{"self", self}, {"event", event}}},
  };
}

json::object to_json(const state::AttemptRow& attempt) {
  return json::object{
      {"number", attempt.number},
      {"time", base::to_rfc3339(attempt.time)},
      {"latency_ms", attempt.latency.count()},
      {"status", number_or_null(attempt.status)},
      {"delivered", attempt.delivered},
      {"reason", text_or_null(attempt.reason)},
      {"answer", shown_value(attempt.answer)},
  };
}

json::object to_json(const delivery::TestAttempt& test) {
  const delivery::Attempt& attempt = test.attempt;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(attempt.retry_after).count();
  return json::object{
      {"event", test.event.to_string()},
      {"outcome", delivery::to_string(attempt.outcome)},
      {"status", number_or_null(attempt.status)},
      {"latency_ms", attempt.latency.count()},
      {"reason", text_or_null(attempt.reason)},
      {"retry_after", seconds == 0 ? json::value{} : json::value(seconds)},
      {"answer", shown_value(attempt.answer)},
  };
}

}  // namespace paynamed::api
