#include "delivery/webhooks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "delivery/webhook_events.hpp"
#include "delivery/webhook_rules.hpp"
#include "events/served_event.hpp"
#include "host/text.hpp"

namespace paynamed::delivery {
namespace asio = boost::asio;
namespace json = boost::json;
using base::Result;
using state::WebhookRow;
using state::WebhookSettings;
using state::WebhookState;

namespace {

// Two callers who change other things of a webhook at once are both right.
constexpr int kMostTries = 5;

base::Status no_such_webhook() {
  return base::not_found("there is no such webhook; GET /v1/webhooks lists them");
}

WebhookSettings patched(WebhookSettings settings, const WebhookPatch& patch) {
  if (patch.address) settings.address = *patch.address;
  if (patch.description) settings.description = *patch.description;
  if (patch.types) settings.types = *patch.types;
  if (patch.names) settings.names = *patch.names;
  if (patch.schedule) settings.schedule = *patch.schedule;
  if (patch.concurrency) settings.concurrency = *patch.concurrency;
  if (patch.per_minute) settings.per_minute = *patch.per_minute;
  if (patch.ordered) settings.ordered = *patch.ordered;
  return settings;
}

// The names of what is different.
json::array differences(const WebhookSettings& before, const WebhookSettings& after) {
  json::array names;
  const auto compare = [&names](const char* name, const auto& one, const auto& other) {
    if (one != other) names.emplace_back(name);
  };
  compare("address", before.address, after.address);
  compare("description", before.description, after.description);
  compare("types", before.types, after.types);
  compare("names", before.names, after.names);
  compare("schedule", before.schedule, after.schedule);
  compare("concurrency", before.concurrency, after.concurrency);
  compare("per_minute", before.per_minute, after.per_minute);
  compare("ordered", before.ordered, after.ordered);
  return names;
}

}  // namespace

Webhooks::Webhooks(Dependencies dependencies)
    : with_(std::move(dependencies)),
      replays_({with_.store, with_.log_of_events, with_.clock, with_.changed}) {}

Result<WebhookRow> Webhooks::find(const std::string& tenant, const base::Uuid& id) const {
  auto webhook = with_.store.find_webhook(tenant, id);
  if (!webhook) return base::fail(webhook.error());
  if (!*webhook) return base::fail(no_such_webhook());
  return **std::move(webhook);
}

Result<std::string> Webhooks::instance_for(const std::string& wanted) const {
  const std::vector<std::string> notifiers = with_.notifiers();
  if (notifiers.empty()) {
    return base::fail(base::failed_precondition(
        "the configuration has no notifier; add one: [plugins.hooks] module = \"webhook\""));
  }
  if (wanted.empty() && notifiers.size() == 1) return notifiers.front();
  if (std::ranges::find(notifiers, wanted) != notifiers.end()) return wanted;
  if (wanted.empty()) {
    return base::fail(base::invalid_argument(fmt::format(
        "there are several notifiers, so 'instance' must say which: {}", fmt::join(notifiers, ", "))));
  }
  return base::fail(
      base::invalid_argument(fmt::format("there is no notifier '{}' that takes new webhooks; there are: {}",
                                         host::printable(wanted, 64), fmt::join(notifiers, ", "))));
}

Result<std::optional<ShownWebhook>> Webhooks::replay_of(const WebhookToCreate& wish) const {
  if (wish.idempotency_key.empty()) return std::nullopt;
  const auto used = with_.store.find_webhook_key(wish.tenant, wish.idempotency_key);
  if (!used) return base::fail(used.error());
  if (!*used) return std::nullopt;
  if ((*used)->request_hash != wish.request_hash) {
    return base::fail(base::invalid_argument(
        "this Idempotency-Key was used for another request; take a new key for a new request"));
  }
  auto webhook = with_.store.find_webhook(wish.tenant, (*used)->webhook);
  if (!webhook) return base::fail(webhook.error());
  if (!*webhook) return std::nullopt;
  return ShownWebhook{**std::move(webhook), {}, {}, true};
}

asio::awaitable<Result<CheckedAddress>> Webhooks::address_for(std::string instance, std::string address) {
  auto checked = co_await check_address(with_.call_plugin, std::move(instance), std::move(address));
  co_return checked;
}

asio::awaitable<Result<ShownWebhook>> Webhooks::create(WebhookToCreate wish) {
  auto before = replay_of(wish);
  if (!before) co_return base::fail(before.error());
  if (*before) co_return **std::move(before);
  auto instance = instance_for(wish.instance);
  if (!instance) co_return base::fail(instance.error());
  auto settings = checked(std::move(wish.settings));
  if (!settings) co_return base::fail(settings.error());
  const auto traits = co_await describe_notifier(with_.call_plugin, *instance);
  if (!traits) co_return base::fail(traits.error());
  if (wish.asymmetric && !traits->signs_ed25519) {
    co_return base::fail(base::invalid_argument(
        fmt::format("the notifier '{}' has no ed25519 signatures; leave 'asymmetric' out", *instance)));
  }
  auto address = co_await address_for(*instance, settings->address);
  if (!address) co_return base::fail(address.error());
  settings->address = std::move(address->address);

  const base::WallTime now = with_.clock.wall();
  state::NewWebhook wanted;
  WebhookRow& row = wanted.webhook;
  row.id = base::Uuid::v7(now, with_.random);
  row.tenant = wish.tenant;
  row.instance = *std::move(instance);
  row.settings = *std::move(settings);
  row.created = row.updated = now;
  row.cursor = wish.after.value_or(state::Position{});
  wanted.from_now = !wish.after;
  ShownWebhook shown;
  if (traits->signs) {
    auto secrets = make_secrets(row, wish.asymmetric, now);
    if (!secrets) co_return base::fail(secrets.error());
    row.secrets = std::move(secrets->rows);
    wanted.secrets = std::move(secrets->sealed);
    shown.secret = std::move(secrets->shown);
  }
  wanted.event = webhook_event("webhook.created", row, {}, now, with_.random);
  wanted.idempotency_key = wish.idempotency_key;
  wanted.request_hash = wish.request_hash;
  auto created = co_await with_.store.create_webhook(std::move(wanted));
  if (!created) co_return base::fail(created.error());
  shown.webhook = std::move(created->webhook);
  shown.warning = std::move(address->warning);
  shown.replayed = created->replayed;
  // That one's secret was shown by the request that made it.
  if (shown.replayed) shown.secret.clear();
  if (!shown.replayed) {
    with_.log.info("a webhook was created", {{"webhook", shown.webhook.id.to_string()},
                                             {"tenant", shown.webhook.tenant},
                                             {"host", host_of(shown.webhook.settings.address)}});
    with_.changed(shown.webhook.id);
  }
  co_return shown;
}

asio::awaitable<Result<ShownWebhook>> Webhooks::changed_once(const WebhookPatch& patch) {
  auto before = find(patch.tenant, patch.id);
  if (!before) co_return base::fail(before.error());
  if (patch.expected_revision != 0 && patch.expected_revision != before->revision) {
    co_return base::fail(
        base::aborted(fmt::format("the webhook has revision {} by now; look at it again", before->revision)));
  }
  auto settings = checked(patched(before->settings, patch));
  if (!settings) co_return base::fail(settings.error());
  ShownWebhook shown;
  if (settings->address != before->settings.address) {
    auto address = co_await address_for(before->instance, settings->address);
    if (!address) co_return base::fail(address.error());
    settings->address = std::move(address->address);
    shown.warning = std::move(address->warning);
  }
  json::array different = differences(before->settings, *settings);
  if (different.empty()) {
    shown.webhook = *std::move(before);
    co_return shown;
  }
  state::WebhookChange change;
  change.tenant = patch.tenant;
  change.id = patch.id;
  change.expected_revision = before->revision;
  change.time = with_.clock.wall();
  before->settings = *settings;
  json::object more{{"changed", std::move(different)}};
  change.event = webhook_event("webhook.changed", *before, std::move(more), change.time, with_.random);
  change.settings = *std::move(settings);
  auto changed = co_await with_.store.change_webhook(std::move(change));
  if (!changed) co_return base::fail(changed.error());
  shown.webhook = *std::move(changed);
  with_.changed(shown.webhook.id);
  co_return shown;
}

asio::awaitable<Result<ShownWebhook>> Webhooks::change(WebhookPatch patch) {
  for (int tries = 1;; ++tries) {
    auto shown = co_await changed_once(patch);
    const bool is_overtaken = !shown && shown.error().code() == base::Code::kAborted;
    if (!is_overtaken || patch.expected_revision != 0 || tries == kMostTries) co_return shown;
  }
}

asio::awaitable<Result<WebhookRow>> Webhooks::set_state(StateWish wish) {
  auto webhook = find(wish.tenant, wish.id);
  if (!webhook) co_return webhook;
  if (wish.expected_revision != 0 && wish.expected_revision != webhook->revision) {
    co_return base::fail(base::aborted(
        fmt::format("the webhook has revision {} by now; look at it again", webhook->revision)));
  }
  if (webhook->state == wish.state) co_return webhook;
  const bool is_resumed = wish.state == WebhookState::kActive;
  state::WebhookChange change;
  change.tenant = wish.tenant;
  change.id = wish.id;
  change.expected_revision = wish.expected_revision;
  change.state = wish.state;
  if (!is_resumed) change.reason = "It was paused by request.";
  change.time = with_.clock.wall();
  change.event = webhook_event(is_resumed ? "webhook.resumed" : "webhook.paused", *webhook,
                               {{"before", state::to_string(webhook->state)}}, change.time, with_.random);
  auto changed = co_await with_.store.change_webhook(std::move(change));
  if (changed) with_.changed(changed->id);
  co_return changed;
}

std::string Webhooks::test_text(const WebhookRow& webhook, const base::Uuid& id) const {
  // Of no log: seq 0 is before the first event.
  state::Event event;
  event.type = "webhook.test";
  event.subject = webhook.id.to_string();
  event.id = id;
  event.time = with_.clock.wall();
  event.data = json::serialize(
      json::object{{"webhook", webhook.id.to_string()}, {"message", "This is a test. Nothing happened."}});
  return events::to_event_json(event, webhook.tenant, webhook.cursor.epoch);
}

asio::awaitable<Result<TestAttempt>> Webhooks::tested(WebhookRow webhook) {
  const auto traits = co_await describe_notifier(with_.call_plugin, webhook.instance);
  if (!traits) co_return base::fail(traits.error());
  TestAttempt test;
  test.event = base::Uuid::v7(with_.clock.wall(), with_.random);
  AttemptWish wish;
  wish.text = test_text(webhook, test.event);
  wish.webhook = std::move(webhook);
  wish.event = test.event;
  wish.type = "webhook.test";
  wish.timeout = traits->timeout;
  test.attempt = co_await attempt_once(with_.call_plugin, with_.clock, std::move(wish));
  co_return test;
}

asio::awaitable<Result<TestAttempt>> Webhooks::test(std::string tenant, base::Uuid id) {
  auto webhook = find(tenant, id);
  if (!webhook) co_return base::fail(webhook.error());
  {
    const std::lock_guard lock(mutex_);
    if (!under_test_.insert(id).second) {
      co_return base::fail(
          base::resource_exhausted("a test of this webhook is under way; wait for its answer"));
    }
  }
  // Also when the coroutine is thrown away.
  const std::shared_ptr<void> done(nullptr, [this, id](void*) {
    const std::lock_guard lock(mutex_);
    under_test_.erase(id);
  });
  auto outcome = co_await tested(*std::move(webhook));
  co_return outcome;
}

asio::awaitable<Result<void>> Webhooks::remove(std::string tenant, base::Uuid id) {
  const auto webhook = find(tenant, id);
  if (!webhook) co_return base::fail(webhook.error());
  auto event = webhook_event("webhook.deleted", *webhook, {}, with_.clock.wall(), with_.random);
  auto removed = co_await with_.store.delete_webhook(std::move(tenant), id, std::move(event));
  if (!removed) co_return removed;
  with_.log.info("a webhook was deleted", {{"webhook", id.to_string()}, {"tenant", webhook->tenant}});
  with_.changed(id);
  co_return removed;
}

}  // namespace paynamed::delivery
