#include "delivery/replays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "delivery/webhook_events.hpp"
#include "events/event_filter.hpp"

namespace paynamed::delivery {
namespace asio = boost::asio;
using base::Result;
using state::DeliveryFilter;
using state::DeliveryRow;
using state::DeliveryState;
using state::WebhookRow;

namespace {

constexpr std::uint32_t kPage = 500;
constexpr std::uint32_t kWebhookPage = 100;

DeliveryFilter filter_of(const ReplayWish& wish) {
  DeliveryFilter filter;
  filter.webhook = wish.webhook;
  filter.state = wish.state;
  filter.types = wish.types;
  filter.since = wish.since;
  filter.until = wish.until;
  if (wish.from) filter.from_seq = wish.from->seq;
  if (wish.to) filter.to_seq = wish.to->seq;
  filter.event = wish.event;
  return filter;
}

base::Status too_many(std::uint64_t count) {
  return base::invalid_argument(fmt::format(
      "{} deliveries or more are above the {} of one replay; narrow it, by from and to for example", count,
      kMostReplayed));
}

Result<void> check_positions(const ReplayWish& wish, const WebhookRow& webhook) {
  for (const auto& position : {wish.from, wish.to}) {
    if (!position || position->epoch == webhook.cursor.epoch) continue;
    return base::fail(base::out_of_range(fmt::format(
        "position {}-{} is of another log than this one, whose epoch is {}: the state was restored since",
        position->epoch, position->seq, webhook.cursor.epoch)));
  }
  return {};
}

// Of the thread that many share.
asio::awaitable<void> others_turn() {
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
}

DeliveryRow waiting_row(const state::Event& event, const WebhookRow& webhook, base::WallTime now) {
  DeliveryRow row;
  row.webhook = webhook.id;
  row.seq = event.seq;
  row.event = event.id;
  row.type = event.type;
  row.subject = event.subject;
  row.next = row.created = row.updated = now;
  return row;
}

}  // namespace

asio::awaitable<Result<std::uint64_t>> Replays::count(std::string tenant, DeliveryFilter filter) const {
  std::uint64_t sum = 0;
  for (std::uint64_t before = 0;;) {
    const auto some = with_.store.count_deliveries(tenant, filter, before);
    if (!some) co_return base::fail(some.error());
    sum += some->count;
    before = some->next;
    if (before == 0 || sum > kMostReplayed) co_return sum;
    co_await others_turn();
  }
}

asio::awaitable<Result<std::uint64_t>> Replays::count_replayed(std::string tenant,
                                                               DeliveryFilter filter) const {
  if (filter.state) co_return co_await count(std::move(tenant), std::move(filter));
  filter.state = DeliveryState::kDead;
  const auto dead = co_await count(tenant, filter);
  if (!dead || *dead > kMostReplayed) co_return dead;
  filter.state = DeliveryState::kDelivered;
  const auto delivered = co_await count(std::move(tenant), std::move(filter));
  if (!delivered) co_return delivered;
  co_return *dead + *delivered;
}

Result<std::set<std::uint64_t>> Replays::known_of(const std::string& tenant,
                                                  const DeliveryFilter& page) const {
  std::set<std::uint64_t> known;
  std::uint64_t before = 0;
  do {
    const auto rows = with_.store.list_deliveries(tenant, page, before, kPage);
    if (!rows) return base::fail(rows.error());
    for (const DeliveryRow& row : rows->rows) known.insert(row.seq);
    before = rows->next;
  } while (before != 0);
  return known;
}

asio::awaitable<Result<std::vector<DeliveryRow>>> Replays::missed(const ReplayWish& wish,
                                                                  const WebhookRow& webhook) const {
  std::vector<DeliveryRow> rows;
  // What the cursor has not come to is on its way.
  const std::uint64_t last = std::min(wish.to ? wish.to->seq : webhook.cursor.seq, webhook.cursor.seq);
  std::uint64_t first = std::max<std::uint64_t>(wish.from ? wish.from->seq : 1, 1);
  if (first <= last && last - first >= kMostReplayed) {
    co_return base::fail(base::invalid_argument(fmt::format(
        "from and to are {} events apart; at most {} in one replay", last - first + 1, kMostReplayed)));
  }
  const auto wanted = events::EventFilter::make(webhook.settings.types, webhook.settings.names);
  const auto narrowed = events::EventFilter::make(wish.types, {});
  if (!wanted) co_return base::fail(wanted.error());
  if (!narrowed) co_return base::fail(narrowed.error());
  const base::WallTime now = with_.clock.wall();
  while (first <= last) {
    const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(kPage, last - first + 1));
    const auto page = with_.log.events_after(wish.tenant, {webhook.cursor.epoch, first - 1}, most);
    if (!page) co_return base::fail(page.error());
    if (page->events.empty()) break;
    DeliveryFilter of_page;
    of_page.webhook = webhook.id;
    of_page.from_seq = first;
    of_page.to_seq = page->events.back().seq;
    const auto known = known_of(wish.tenant, of_page);
    if (!known) co_return base::fail(known.error());
    for (const state::Event& event : page->events) {
      if (known->contains(event.seq) || is_about(event.type, event.subject, webhook.id.to_string())) continue;
      const auto seen = events::served(event, wish.tenant, webhook.cursor.epoch);
      if (wanted->matches(seen) && narrowed->matches(seen)) rows.push_back(waiting_row(event, webhook, now));
    }
    first = page->events.back().seq + 1;
    co_await others_turn();
  }
  co_return rows;
}

asio::awaitable<Result<void>> Replays::check_one_is_known(const ReplayWish& wish,
                                                          DeliveryFilter filter) const {
  const bool is_one = wish.event || (wish.from && wish.to && *wish.from == *wish.to);
  if (!is_one) co_return Result<void>{};
  filter.state = std::nullopt;
  const auto any = co_await count(wish.tenant, std::move(filter));
  if (!any) co_return base::fail(any.error());
  if (*any > 0) co_return Result<void>{};
  co_return base::fail(base::not_found(
      "no delivery of this event to this webhook is known: the webhook does not want it, or it is no longer "
      "kept; give its position to send it all the same when the filter lets it through"));
}

asio::awaitable<Result<std::uint64_t>> Replays::replay(ReplayWish wish) {
  const auto webhook = with_.store.find_webhook(wish.tenant, wish.webhook);
  if (!webhook) co_return base::fail(webhook.error());
  if (!*webhook) co_return base::fail(base::not_found("there is no such webhook"));
  if (auto fine = check_positions(wish, **webhook); !fine) co_return base::fail(fine.error());
  if (const auto types = events::EventFilter::make(wish.types, {}); !types)
    co_return base::fail(types.error());
  DeliveryFilter filter = filter_of(wish);
  const auto known = co_await count_replayed(wish.tenant, filter);
  if (!known) co_return base::fail(known.error());
  if (*known > kMostReplayed) co_return base::fail(too_many(*known));
  std::vector<DeliveryRow> more;
  if ((wish.from || wish.to) && !wish.state && !wish.since && !wish.until && !wish.event) {
    auto rows = co_await missed(wish, **webhook);
    if (!rows) co_return base::fail(rows.error());
    more = *std::move(rows);
  }
  const std::uint64_t all = *known + more.size();
  if (all > kMostReplayed) co_return base::fail(too_many(all));
  if (all == 0) {
    if (auto one = co_await check_one_is_known(wish, filter); !one) co_return base::fail(one.error());
  }
  if (wish.dry_run || all == 0) co_return all;
  auto replayed = co_await with_.store.replay_deliveries(wish.tenant, std::move(filter), std::move(more),
                                                         with_.clock.wall());
  if (replayed) with_.changed(wish.webhook);
  co_return replayed;
}

asio::awaitable<Result<std::vector<ReplayedOf>>> Replays::replay_dead_letters(DeadLetterWish wish) {
  if (const auto types = events::EventFilter::make(wish.types, {}); !types)
    co_return base::fail(types.error());
  std::vector<ReplayedOf> counted;
  std::uint64_t sum = 0;
  base::Uuid after;
  for (bool more = true; more;) {
    const auto page = with_.store.list_webhooks(wish.tenant, after, kWebhookPage);
    if (!page) co_return base::fail(page.error());
    more = page->size() == kWebhookPage;
    for (const WebhookRow& webhook : *page) {
      after = webhook.id;
      if (webhook.dead == 0) continue;
      DeliveryFilter filter;
      filter.webhook = webhook.id;
      filter.state = DeliveryState::kDead;
      filter.types = wish.types;
      filter.since = wish.since;
      filter.until = wish.until;
      const auto dead = co_await count(wish.tenant, std::move(filter));
      // It may be deleted meanwhile.
      if (!dead && dead.error().code() == base::Code::kNotFound) continue;
      if (!dead) co_return base::fail(dead.error());
      if (*dead > 0) counted.push_back({webhook.id, *dead});
      sum += *dead;
    }
  }
  if (sum > kMostReplayed) co_return base::fail(too_many(sum));
  if (wish.dry_run) co_return counted;
  for (ReplayedOf& each : counted) {
    ReplayWish of_one;
    of_one.tenant = wish.tenant;
    of_one.webhook = each.webhook;
    of_one.state = DeliveryState::kDead;
    of_one.types = wish.types;
    of_one.since = wish.since;
    of_one.until = wish.until;
    const auto replayed = co_await replay(std::move(of_one));
    // One that was deleted meanwhile has no letters any more.
    if (!replayed && replayed.error().code() != base::Code::kNotFound) co_return base::fail(replayed.error());
    each.deliveries = replayed.value_or(0);
  }
  co_return counted;
}

}  // namespace paynamed::delivery
