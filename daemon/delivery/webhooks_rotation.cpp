// Secrets of webhooks: their making and their rotation.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <iterator>

#include "delivery/webhook_events.hpp"
#include "delivery/webhook_rules.hpp"
#include "delivery/webhook_secrets.hpp"
#include "delivery/webhooks.hpp"

namespace paynamed::delivery {
namespace asio = boost::asio;
namespace json = boost::json;
using base::Result;
using state::WebhookRow;
using state::WebhookSecret;

namespace {

// Secrets are "s1", "s2", ...; no name comes twice, so that no handle ever means another secret.
std::uint64_t next_number(const std::vector<WebhookSecret>& secrets) {
  std::uint64_t last = 0;
  for (const WebhookSecret& secret : secrets) {
    std::uint64_t number = 0;
    const char* begin = secret.name.data();
    if (secret.name.size() > 1) std::from_chars(begin + 1, begin + secret.name.size(), number);
    last = std::max(last, number);
  }
  return last + 1;
}

bool has_ed25519(const std::vector<WebhookSecret>& secrets) {
  return std::ranges::any_of(secrets, [](const WebhookSecret& secret) {
    return secret.kind == WebhookSecret::Kind::kEd25519 && !secret.until;
  });
}

}  // namespace

Result<Webhooks::Secrets> Webhooks::make_secrets(const WebhookRow& webhook, bool asymmetric,
                                                 base::WallTime now) {
  Secrets made;
  std::uint64_t number = next_number(webhook.secrets);
  const auto keep = [&](WebhookSecret::Kind kind, std::string public_key,
                        std::string_view value) -> Result<void> {
    WebhookSecret secret;
    secret.kind = kind;
    secret.name = fmt::format("s{}", number++);
    secret.public_key = std::move(public_key);
    secret.since = now;
    with_.log.redaction().add_of_caller(value);
    auto sealed = with_.vault.seal(state::secret_handle(webhook, secret.name), value);
    if (!sealed) return base::fail(sealed.error());
    made.sealed.push_back(*std::move(sealed));
    made.rows.push_back(std::move(secret));
    return {};
  };
  made.shown = make_hmac_secret(with_.random);
  if (auto kept = keep(WebhookSecret::Kind::kHmac, {}, made.shown); !kept) return base::fail(kept.error());
  if (!asymmetric) return made;
  auto pair = make_ed25519_key(with_.random);
  if (!pair) return base::fail(pair.error());
  auto kept = keep(WebhookSecret::Kind::kEd25519, std::move(pair->public_key), pair->secret);
  if (!kept) return base::fail(kept.error());
  return made;
}

Result<Webhooks::Secrets> Webhooks::rotated(const WebhookRow& webhook, const RotationWish& wish,
                                            const NotifierTraits& traits, base::WallTime now) {
  const bool asymmetric = wish.asymmetric.value_or(has_ed25519(webhook.secrets));
  if (asymmetric && !traits.signs_ed25519) {
    return base::fail(
        base::invalid_argument(fmt::format("the notifier '{}' has no ed25519 signatures", webhook.instance)));
  }
  std::vector<WebhookSecret> older;
  if (wish.grace.count() > 0) older = counting_secrets(webhook, now);
  std::size_t in_grace = 0;
  std::optional<base::WallTime> first_end;
  for (WebhookSecret& secret : older) {
    if (!secret.until) secret.until = now + wish.grace;
    if (secret.kind != WebhookSecret::Kind::kHmac) continue;
    ++in_grace;
    first_end = first_end ? std::min(*first_end, *secret.until) : *secret.until;
  }
  if (in_grace > kMostGraceSecrets) {
    return base::fail(base::failed_precondition(fmt::format(
        "{} secrets of before still count, the first until {}; wait until then, or rotate with grace \"0s\", "
        "which ends all of them at once",
        kMostGraceSecrets, base::to_rfc3339(*first_end))));
  }
  auto made = make_secrets(webhook, asymmetric, now);
  if (!made) return made;
  std::ranges::move(older, std::back_inserter(made->rows));
  return made;
}

asio::awaitable<Result<ShownWebhook>> Webhooks::rotate(RotationWish wish) {
  const auto webhook = find(wish.tenant, wish.id);
  if (!webhook) co_return base::fail(webhook.error());
  if (wish.grace.count() < 0 || wish.grace > kLongestGrace) {
    co_return base::fail(
        base::invalid_argument(fmt::format("the grace time is 0s to {}", base::to_string(kLongestGrace))));
  }
  const auto traits = co_await describe_notifier(with_.call_plugin, webhook->instance);
  if (!traits) co_return base::fail(traits.error());
  if (!traits->signs) {
    co_return base::fail(base::failed_precondition(
        fmt::format("the notifier '{}' signs nothing, so there is no secret", webhook->instance)));
  }
  const base::WallTime now = with_.clock.wall();
  auto secrets = rotated(*webhook, wish, *traits, now);
  if (!secrets) co_return base::fail(secrets.error());
  state::WebhookChange change;
  change.tenant = wish.tenant;
  change.id = wish.id;
  // The secrets are those of this revision and new ones.
  change.expected_revision = wish.expected_revision == 0 ? webhook->revision : wish.expected_revision;
  change.secrets = std::move(secrets->rows);
  change.sealed = std::move(secrets->sealed);
  change.time = now;
  json::array what{"secrets"};
  change.event =
      webhook_event("webhook.changed", *webhook, {{"changed", std::move(what)}}, now, with_.random);
  auto changed = co_await with_.store.change_webhook(std::move(change));
  if (!changed) co_return base::fail(changed.error());
  ShownWebhook shown;
  shown.webhook = *std::move(changed);
  shown.secret = std::move(secrets->shown);
  with_.log.info("the secrets of a webhook were rotated",
                 {{"webhook", shown.webhook.id.to_string()}, {"tenant", shown.webhook.tenant}});
  with_.changed(shown.webhook.id);
  co_return shown;
}

}  // namespace paynamed::delivery
