#include "delivery/retention.hpp"

#include "delivery/notifier_calls.hpp"

namespace paynamed::delivery {
namespace asio = boost::asio;

namespace {

constexpr base::Duration kRound{60'000};
constexpr base::Duration kBreath{50};
constexpr std::uint32_t kPiece = 500;
constexpr std::uint32_t kWebhookPage = 100;
// An attempt that began while a secret counted may still read it.
constexpr base::Duration kLongestAttempt{300'000};

// Whether there may be more.
asio::awaitable<bool> prune(std::shared_ptr<Target::Common> common) {
  const Services& with = common->with;
  const base::WallTime now = with.clock.wall();
  const auto settings = with.settings();
  const auto rows =
      co_await with.store.prune_deliveries(now - settings->keep_delivered, now - settings->keep_dead, kPiece);
  if (common->stopping) co_return false;
  if (!rows) with.log.warning("old deliveries could not be removed; trying again", {{"why", rows.error()}});
  co_return rows.value_or(0) == kPiece;
}

asio::awaitable<void> forget(std::shared_ptr<Target::Common> common, state::WebhookRow webhook,
                             std::vector<state::WebhookSecret> counting) {
  const Services& with = common->with;
  state::WebhookChange change;
  change.tenant = webhook.tenant;
  change.id = webhook.id;
  // Its owner may rotate them meanwhile, which erases them, too.
  change.expected_revision = webhook.revision;
  change.secrets = std::move(counting);
  change.time = with.clock.wall();
  const auto changed = co_await with.store.change_webhook(std::move(change));
  if (common->stopping) co_return;
  if (changed) {
    common->changed(webhook.id);
  } else if (changed.error().code() != base::Code::kAborted &&
             changed.error().code() != base::Code::kNotFound) {
    with.log.warning("secrets of a webhook that count no more could not be erased; trying again",
                     {{"webhook", webhook.id.to_string()}, {"why", changed.error()}});
  }
}

asio::awaitable<void> forget_secrets(std::shared_ptr<Target::Common> common) {
  const Services& with = common->with;
  const base::WallTime now = with.clock.wall();
  base::Uuid after;
  for (bool has_more = true; has_more;) {
    const auto page = with.store.webhooks(after, kWebhookPage);
    if (!page) {
      with.log.warning("webhooks could not be read; trying again", {{"why", page.error()}});
      co_return;
    }
    has_more = page->size() == kWebhookPage;
    for (const state::WebhookRow& webhook : *page) {
      after = webhook.id;
      auto counting = counting_secrets(webhook, now - kLongestAttempt);
      if (counting.size() == webhook.secrets.size()) continue;
      co_await forget(common, webhook, std::move(counting));
      if (common->stopping) co_return;
    }
  }
}

}  // namespace

asio::awaitable<void> retain(std::shared_ptr<Target::Common> common) {
  // What is referred to may end before the last sleep does.
  base::Clock& clock = common->with.clock;
  bool has_more = false;
  while (!common->stopping) {
    const bool goes_on = co_await base::sleep_for(clock, has_more ? kBreath : kRound);
    if (!goes_on || common->stopping) co_return;
    has_more = co_await prune(common);
    if (!has_more && !common->stopping) co_await forget_secrets(common);
  }
}

}  // namespace paynamed::delivery
