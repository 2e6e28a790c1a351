#include "delivery/replays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

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
constexpr std::uint64_t kPiece = 10'000;
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

// There may be millions of them, and no index leads to those that are meant: they are looked through piece by
// piece, the newest first.
asio::awaitable<Result<std::uint64_t>> Replays::count_delivered(const WebhookRow& webhook,
                                                                DeliveryFilter filter) const {
  filter.state = DeliveryState::kDelivered;
  const std::uint64_t first = std::max<std::uint64_t>(filter.from_seq.value_or(1), 1);
  const std::optional<std::uint64_t> last = filter.to_seq;
  std::uint64_t piece = std::min(last.value_or(webhook.cursor.seq), webhook.cursor.seq);
  std::uint64_t sum = 0;
  for (bool is_newest = true;; is_newest = false) {
    filter.from_seq = std::max(first, piece < kPiece ? 1 : piece - kPiece + 1);
    // Events beyond the cursor may have been delivered, too.
    filter.to_seq = is_newest ? last : piece;
    const auto some = with_.store.count_deliveries(webhook.tenant, filter);
    if (!some) co_return some;
    sum += *some;
    if (sum > kMostReplayed || *filter.from_seq <= first) co_return sum;
    piece = *filter.from_seq - 1;
    co_await others_turn();
  }
}

asio::awaitable<Result<std::uint64_t>> Replays::count(const WebhookRow& webhook,
                                                      DeliveryFilter filter) const {
  if (filter.state && *filter.state != DeliveryState::kDelivered)
    co_return with_.store.count_deliveries(webhook.tenant, filter);
  std::uint64_t sum = 0;
  if (!filter.state) {
    filter.state = DeliveryState::kDead;
    const auto dead = with_.store.count_deliveries(webhook.tenant, filter);
    if (!dead) co_return dead;
    sum = *dead;
  }
  if (sum > kMostReplayed) co_return sum;
  const auto delivered = co_await count_delivered(webhook, std::move(filter));
  if (!delivered) co_return delivered;
  co_return sum + *delivered;
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
    const auto had = with_.store.list_deliveries(wish.tenant, of_page, 0, most);
    if (!had) co_return base::fail(had.error());
    std::set<std::uint64_t> known;
    for (const DeliveryRow& row : *had) known.insert(row.seq);
    for (const state::Event& event : page->events) {
      if (known.contains(event.seq) || is_about(event.type, event.subject, webhook.id.to_string())) continue;
      const auto seen = events::served(event, wish.tenant, webhook.cursor.epoch);
      if (wanted->matches(seen) && narrowed->matches(seen)) rows.push_back(waiting_row(event, webhook, now));
    }
    first = page->events.back().seq + 1;
    co_await others_turn();
  }
  co_return rows;
}

Result<void> Replays::check_one_is_known(const ReplayWish& wish, DeliveryFilter filter) const {
  const bool is_one = wish.event || (wish.from && wish.to && *wish.from == *wish.to);
  if (!is_one) return {};
  filter.state = std::nullopt;
  const auto any = with_.store.count_deliveries(wish.tenant, filter);
  if (!any) return base::fail(any.error());
  if (*any > 0) return {};
  return base::fail(base::not_found(
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
  const auto known = co_await count(**webhook, filter);
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
    if (auto one = check_one_is_known(wish, filter); !one) co_return base::fail(one.error());
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
      const auto dead = with_.store.count_deliveries(wish.tenant, filter);
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
