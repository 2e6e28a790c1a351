#include "process/webhook_secrets.hpp"

#include <fmt/format.h>

namespace paynamed::process {
namespace {

constexpr std::uint32_t kPage = 500;

}  // namespace

base::Result<void> WebhookSecrets::each_secret(const Look& look) {
  base::Uuid last;
  for (bool more = true; more;) {
    const auto page = store_.webhooks(last, kPage);
    if (!page) return base::fail(page.error());
    more = page->size() == kPage;
    for (const state::WebhookRow& webhook : *page) {
      last = webhook.id;
      for (const state::WebhookSecret& secret : webhook.secrets) {
        const auto goes_on = look(webhook, state::secret_handle(webhook, secret.name));
        if (!goes_on) return base::fail(goes_on.error());
        if (!*goes_on) return {};
      }
    }
  }
  return {};
}

base::Result<void> WebhookSecrets::load() {
  return each_secret([this](const state::WebhookRow& webhook, const std::string& handle) {
    const auto value = vault_.read(handle);
    if (value || !lost_.insert(webhook.id).second) return base::Result<bool>{true};
    log_.error("a webhook cannot be signed for, since its secrets cannot be read; rotate them",
               {{"webhook", webhook.id.to_string()}, {"tenant", webhook.tenant}, {"why", value.error()}});
    return base::Result<bool>{true};
  });
}

base::Result<bool> WebhookSecrets::is_read(const base::Uuid& webhook, const std::string& handle,
                                           const base::Result<host::SealingKey>& now) {
  if (!lost_.contains(webhook)) return true;
  return now ? vault_.opens(handle, *now) : base::Result<bool>{false};
}

base::Result<void> WebhookSecrets::check(const base::Result<host::SealingKey>& after,
                                         const base::Result<host::SealingKey>& now) {
  std::optional<base::Status> refusal;
  const auto done = each_secret([&](const state::WebhookRow& webhook,
                                    const std::string& handle) -> base::Result<bool> {
    const auto opened = after ? vault_.opens(handle, *after) : base::Result<bool>{false};
    if (!opened) return opened;
    if (*opened) return true;
    const auto was_read = is_read(webhook.id, handle, now);
    if (!was_read) return was_read;
    if (!*was_read) return true;
    refusal = base::failed_precondition(
        after
            ? fmt::format("[daemon] secrets_key does not open the secrets of the webhook {0}; put the key "
                          "back under which they were sealed, or, when that is lost, restart with the new "
                          "one and make new ones: paynamectl webhooks rotate {0} --grace 0s",
                          webhook.id.to_string())
            : fmt::format("webhooks have secrets that are sealed under [daemon] secrets_key, which cannot be "
                          "used: {}",
                          after.error().message()));
    return false;
  });
  if (!done) {
    return base::fail(base::unavailable(fmt::format(
        "whether [daemon] secrets_key opens the secrets of webhooks could not be read: {}; try again",
        done.error().message())));
  }
  if (refusal) return base::fail(*refusal);
  return {};
}

}  // namespace paynamed::process
