#include "state/webhook_queries.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include "state/rows.hpp"

namespace paynamed::state {
namespace {

// Of the rows that one call looks at.
constexpr std::size_t kMostScanned = 2'000;
constexpr std::uint64_t kLast = std::numeric_limits<std::int64_t>::max();

// ?1 is the target's number, ?2 its tenant's. What an event is stands in the log.
#define PAYNAMED_DELIVERIES                                                                            \
  "SELECT d.seq, e.id, t.name, e.subject, d.state, d.attempts, d.tries, d.next, d.reason, d.created, " \
  "d.updated FROM deliveries d "
#define PAYNAMED_THEIR_EVENTS \
  "CROSS JOIN events e ON e.tenant = ?2 AND e.seq = d.seq CROSS JOIN event_types t ON t.key = e.type "

DeliveryRow read_delivery(const Statement& row, const base::Uuid& webhook) {
  DeliveryRow delivery;
  delivery.webhook = webhook;
  delivery.seq = row.count(0);
  delivery.event = row.uuid(1);
  delivery.type = row.text(2);
  delivery.subject = row.text(3);
  delivery.state = static_cast<DeliveryState>(row.integer(4));
  delivery.attempts = static_cast<std::uint32_t>(row.integer(5));
  delivery.tries = static_cast<std::uint32_t>(row.integer(6));
  delivery.next = row.optional_time(7);
  delivery.reason = row.text(8);
  delivery.created = row.time(9);
  delivery.updated = row.time(10);
  return delivery;
}

AttemptRow read_attempt(const Statement& row) {
  AttemptRow attempt;
  attempt.number = static_cast<std::uint32_t>(row.integer(0));
  attempt.time = row.time(1);
  attempt.latency = base::Duration{row.integer(2)};
  attempt.status = static_cast<std::uint32_t>(row.integer(3));
  attempt.delivered = row.integer(4) != 0;
  attempt.reason = row.text(5);
  const Blob answer = row.blob(6);
  attempt.answer.assign(answer.begin(), answer.end());
  return attempt;
}

}  // namespace

WebhookQueries::WebhookQueries(Connection& connection, TenantKeys& tenants, std::uint32_t epoch)
    : tenants_(&tenants),
      epoch_(epoch),
      all_(connection, PAYNAMED_WEBHOOKS "WHERE w.id > ? ORDER BY w.id LIMIT ?"),
      of_tenant_(connection, PAYNAMED_WEBHOOKS "WHERE w.tenant = ? AND w.id > ? ORDER BY w.id LIMIT ?"),
      find_(connection, PAYNAMED_WEBHOOKS "WHERE w.id = ?"),
      place_(connection, "SELECT key, tenant, ordered FROM webhooks WHERE id = ?"),
      key_(connection, "SELECT webhook, request_hash FROM webhook_keys WHERE tenant = ? AND key = ?"),
      newest_first_(connection, PAYNAMED_DELIVERIES PAYNAMED_THEIR_EVENTS
                    "WHERE d.webhook = ?1 AND d.seq >= ?3 AND d.seq < ?4 ORDER BY d.seq DESC"),
      unusual_newest_first_(connection, PAYNAMED_DELIVERIES
                            "INDEXED BY deliveries_unusual " PAYNAMED_THEIR_EVENTS
                            "WHERE d.state <> 1 AND d.webhook = ?1 AND d.state = ?5 AND d.seq >= ?3 AND "
                            "d.seq < ?4 ORDER BY d.seq DESC"),
      one_(connection, PAYNAMED_DELIVERIES PAYNAMED_THEIR_EVENTS "WHERE d.webhook = ?1 AND d.seq = ?3"),
      last_attempt_(connection,
                    "SELECT attempts, time, latency, status, succeeded, attempt_reason, answer FROM "
                    "deliveries WHERE webhook = ? AND seq = ? AND time IS NOT NULL"),
      earlier_attempts_(connection,
                        "SELECT number, time, latency, status, succeeded, reason, answer FROM "
                        "delivery_attempts WHERE webhook = ? AND seq = ? ORDER BY number LIMIT ?"),
      due_(connection, PAYNAMED_DELIVERIES
           "INDEXED BY deliveries_due " PAYNAMED_THEIR_EVENTS
           "WHERE d.state = 0 AND d.webhook = ?1 AND d.next <= ?3 ORDER BY d.next, d.seq LIMIT ?4"),
      released_(connection, PAYNAMED_DELIVERIES
                "INDEXED BY deliveries_due " PAYNAMED_THEIR_EVENTS
                "WHERE d.state = 0 AND d.webhook = ?1 AND d.next IS NULL ORDER BY d.seq LIMIT ?3"),
      next_(connection,
            "SELECT next FROM deliveries INDEXED BY deliveries_due WHERE state = 0 AND webhook = ? AND next "
            "> ? ORDER BY next LIMIT 1"),
      after_(connection, PAYNAMED_DELIVERIES PAYNAMED_THEIR_EVENTS
             "WHERE d.webhook = ?1 AND d.seq > ?3 ORDER BY d.seq LIMIT ?4"),
      first_waiting_(connection, PAYNAMED_DELIVERIES
                     "INDEXED BY deliveries_of_subject " PAYNAMED_THEIR_EVENTS
                     "WHERE d.state = 0 AND d.webhook = ?1 AND d.subject = ?3 ORDER BY d.seq LIMIT 1") {}

base::Result<std::optional<StoredWebhook>> WebhookQueries::stored(const base::Uuid& id) {
  return at_most_one<StoredWebhook>(find_, find_.first(id),
                                    [this](const Statement& row) { return read_webhook(row, epoch_); });
}

base::Result<WebhookQueries::Place> WebhookQueries::place_of(const base::Uuid& id) {
  const auto place = at_most_one<Place>(place_, place_.first(id), [](const Statement& row) {
    return Place{row.integer(0), row.integer(1), row.integer(2) != 0};
  });
  if (!place) return base::fail(place.error());
  return place->value_or(Place{});
}

base::Result<StoredWebhook> WebhookQueries::stored_of(std::string_view tenant, const base::Uuid& id) {
  auto found = stored(id);
  if (!found) return base::fail(found.error());
  if (!*found || (*found)->row.tenant != tenant)
    return base::fail(base::not_found("there is no such webhook"));
  return std::move(**found);
}

base::Result<std::vector<WebhookRow>> WebhookQueries::webhooks(const base::Uuid& after, std::uint32_t limit) {
  return collect<WebhookRow>(all_, all_.first(after, std::min(limit, kMaxRows)),
                             [this](const Statement& row) { return read_webhook(row, epoch_).row; });
}

base::Result<std::vector<WebhookRow>> WebhookQueries::list_webhooks(std::string_view tenant,
                                                                    const base::Uuid& after,
                                                                    std::uint32_t limit) {
  const auto key = tenants_->key_of(tenant);
  if (!key) return base::fail(key.error());
  return collect<WebhookRow>(of_tenant_, of_tenant_.first(*key, after, std::min(limit, kMaxRows)),
                             [this](const Statement& row) { return read_webhook(row, epoch_).row; });
}

base::Result<std::optional<WebhookRow>> WebhookQueries::find_webhook(std::string_view tenant,
                                                                     const base::Uuid& id) {
  auto found = load_webhook(id);
  if (found && *found && (*found)->tenant != tenant) return std::optional<WebhookRow>{};
  return found;
}

base::Result<std::optional<WebhookRow>> WebhookQueries::load_webhook(const base::Uuid& id) {
  auto found = stored(id);
  if (!found) return base::fail(found.error());
  if (!*found) return std::optional<WebhookRow>{};
  return std::move((*found)->row);
}

base::Result<std::optional<WebhookStore::WebhookKeyUse>> WebhookQueries::find_webhook_key(
    std::string_view tenant, std::string_view key) {
  const auto number = tenants_->key_of(tenant);
  if (!number) return base::fail(number.error());
  return at_most_one<WebhookStore::WebhookKeyUse>(key_, key_.first(*number, key), [](const Statement& row) {
    return WebhookStore::WebhookKeyUse{row.uuid(0), std::string{row.text(1)}};
  });
}

template <class Take>
base::Result<std::uint64_t> WebhookQueries::walk(const StoredWebhook& webhook, const DeliveryFilter& filter,
                                                 std::uint64_t before_seq, Take take) {
  std::uint64_t before = before_seq == 0 ? kLast : std::min(before_seq, kLast);
  if (filter.to_seq && *filter.to_seq < before) before = *filter.to_seq + 1;
  const std::uint64_t from = std::min(filter.from_seq.value_or(0), kLast);
  const bool is_unusual = filter.state && *filter.state != DeliveryState::kDelivered;
  Statement& rows = is_unusual ? unusual_newest_first_ : newest_first_;
  auto row = is_unusual ? rows.first(webhook.key, webhook.tenant, from, before, *filter.state)
                        : rows.first(webhook.key, webhook.tenant, from, before);
  std::uint64_t last = 0;
  bool wants_more = true;
  for (std::size_t scanned = 0; row && *row && wants_more && scanned < kMostScanned;
       row = rows.next(), ++scanned) {
    DeliveryRow delivery = read_delivery(rows, webhook.row.id);
    last = delivery.seq;
    if (matches(filter, delivery)) wants_more = take(std::move(delivery));
  }
  if (!row) return base::fail(row.error());
  const bool is_all = !*row;
  rows.reset();
  return is_all ? 0 : last;
}

base::Result<WebhookStore::DeliveryPage> WebhookQueries::list_deliveries(std::string_view tenant,
                                                                         const DeliveryFilter& filter,
                                                                         std::uint64_t before_seq,
                                                                         std::uint32_t limit) {
  const auto webhook = stored_of(tenant, filter.webhook);
  if (!webhook) return base::fail(webhook.error());
  const std::size_t most = std::clamp<std::uint32_t>(limit, 1, kMaxRows);
  WebhookStore::DeliveryPage page;
  const auto next = walk(*webhook, filter, before_seq, [&](DeliveryRow delivery) {
    page.rows.push_back(std::move(delivery));
    return page.rows.size() < most;
  });
  if (!next) return base::fail(next.error());
  page.next = *next;
  return page;
}

base::Result<WebhookStore::DeliveryCount> WebhookQueries::count_deliveries(std::string_view tenant,
                                                                           const DeliveryFilter& filter,
                                                                           std::uint64_t before_seq) {
  const auto webhook = stored_of(tenant, filter.webhook);
  if (!webhook) return base::fail(webhook.error());
  WebhookStore::DeliveryCount count;
  const auto next = walk(*webhook, filter, before_seq, [&](const DeliveryRow&) { return ++count.count > 0; });
  if (!next) return base::fail(next.error());
  count.next = *next;
  return count;
}

base::Result<std::optional<DeliveryRow>> WebhookQueries::find_delivery(std::string_view tenant,
                                                                       const base::Uuid& webhook,
                                                                       std::uint64_t seq) {
  const auto found = stored(webhook);
  if (!found) return base::fail(found.error());
  if (!*found || (*found)->row.tenant != tenant) return std::optional<DeliveryRow>{};
  return at_most_one<DeliveryRow>(one_, one_.first((*found)->key, (*found)->tenant, seq),
                                  [&](const Statement& row) { return read_delivery(row, webhook); });
}

base::Result<std::vector<AttemptRow>> WebhookQueries::attempts_of(const base::Uuid& webhook,
                                                                  std::uint64_t seq, std::uint32_t limit) {
  const auto found = place_of(webhook);
  if (!found) return base::fail(found.error());
  const std::uint32_t most = std::min(limit, kMaxRows);
  auto attempts =
      collect<AttemptRow>(earlier_attempts_, earlier_attempts_.first(found->key, seq, most), read_attempt);
  if (!attempts) return attempts;
  auto last = at_most_one<AttemptRow>(last_attempt_, last_attempt_.first(found->key, seq), read_attempt);
  if (!last) return base::fail(last.error());
  if (*last && attempts->size() < most) attempts->push_back(std::move(**last));
  return attempts;
}

base::Result<std::vector<DeliveryRow>> WebhookQueries::due_deliveries(const base::Uuid& webhook,
                                                                      base::WallTime now,
                                                                      std::uint32_t limit) {
  const auto found = place_of(webhook);
  if (!found) return base::fail(found.error());
  const auto read = [&](const Statement& row) { return read_delivery(row, webhook); };
  const std::uint32_t most = std::min(limit, kMaxRows);
  auto due = collect<DeliveryRow>(due_, due_.first(found->key, found->tenant, now, most), read);
  if (!due || due->size() == most || found->ordered) return due;
  const auto left = most - static_cast<std::uint32_t>(due->size());
  auto released = collect<DeliveryRow>(released_, released_.first(found->key, found->tenant, left), read);
  if (!released) return released;
  std::ranges::move(*released, std::back_inserter(*due));
  return due;
}

base::Result<std::optional<base::WallTime>> WebhookQueries::next_delivery(const base::Uuid& webhook,
                                                                          base::WallTime after) {
  const auto found = place_of(webhook);
  if (!found) return base::fail(found.error());
  return at_most_one<base::WallTime>(next_, next_.first(found->key, after),
                                     [](const Statement& row) { return row.time(0); });
}

base::Result<std::vector<DeliveryRow>> WebhookQueries::deliveries_after(const base::Uuid& webhook,
                                                                        std::uint64_t seq,
                                                                        std::uint32_t limit) {
  const auto found = place_of(webhook);
  if (!found) return base::fail(found.error());
  return collect<DeliveryRow>(after_, after_.first(found->key, found->tenant, seq, std::min(limit, kMaxRows)),
                              [&](const Statement& row) { return read_delivery(row, webhook); });
}

base::Result<std::optional<DeliveryRow>> WebhookQueries::first_waiting(const base::Uuid& webhook,
                                                                       std::string_view subject) {
  const auto found = place_of(webhook);
  if (!found) return base::fail(found.error());
  return at_most_one<DeliveryRow>(first_waiting_, first_waiting_.first(found->key, found->tenant, subject),
                                  [&](const Statement& row) { return read_delivery(row, webhook); });
}

}  // namespace paynamed::state
