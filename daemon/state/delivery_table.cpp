#include "state/delivery_table.hpp"

#include <algorithm>
#include <limits>

#include "state/rows.hpp"

namespace paynamed::state {
namespace {

DeliveryTable::Change change_of(std::optional<DeliveryState> before, std::optional<DeliveryState> after) {
  DeliveryTable::Change change;
  if (before == DeliveryState::kWaiting) --change.waiting;
  if (before == DeliveryState::kDead) --change.dead;
  if (after == DeliveryState::kWaiting) ++change.waiting;
  if (after == DeliveryState::kDead) ++change.dead;
  return change;
}

// Only what waits has to be found by its subject.
std::optional<std::string_view> kept_subject(const DeliveryRow& delivery) {
  if (delivery.state != DeliveryState::kWaiting) return std::nullopt;
  return delivery.subject;
}

std::string_view cut(const std::string& text, std::size_t most) {
  return std::string_view{text}.substr(0, most);
}

Blob answer_of(const AttemptRow& attempt) {
  const std::string_view answer = cut(attempt.answer, kMaxAnswerBytes);
  return {reinterpret_cast<const std::uint8_t*>(answer.data()), answer.size()};
}

// So many rows are looked at in one transaction, however few of them are meant.
constexpr std::size_t kMostScanned = 5'000;

#define PAYNAMED_WITH_EVENT \
  "CROSS JOIN events e ON e.tenant = ?4 AND e.seq = d.seq CROSS JOIN event_types t ON t.key = e.type "

// The last column: it may go.
#define PAYNAMED_OLD \
  "SELECT d.updated, d.webhook, d.seq, s.webhook IS NULL OR d.seq <= s.cursor FROM deliveries d "
#define PAYNAMED_THEIR_CURSORS "LEFT JOIN webhook_standings s ON s.webhook = d.webhook "

// So many old rows are looked at in one transaction.
constexpr std::size_t kMostPassed = 1'000;

}  // namespace

DeliveryTable::DeliveryTable(Connection& connection)
    : find_(connection,
            "SELECT state, time IS NOT NULL, attempts FROM deliveries WHERE webhook = ? AND seq = ?"),
      insert_(connection, "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      keep_attempt_(connection,
                    "INSERT INTO delivery_attempts SELECT webhook, seq, attempts, time, latency, status, "
                    "succeeded, attempt_reason, answer FROM deliveries WHERE webhook = ? AND seq = ?"),
      update_(connection,
              "UPDATE deliveries SET state = ?, attempts = ?, tries = ?, next = ?, updated = ?, subject = ?, "
              "reason = ? WHERE webhook = ? AND seq = ?"),
      update_with_attempt_(
          connection,
          "UPDATE deliveries SET state = ?, attempts = ?, tries = ?, next = ?, updated = ?, subject = ?, "
          "reason = ?, time = ?, latency = ?, status = ?, succeeded = ?, attempt_reason = ?, answer = ? "
          "WHERE webhook = ? AND seq = ?"),
      earlier_waiting_(connection,
                       "SELECT 1 FROM deliveries INDEXED BY deliveries_of_subject WHERE state = 0 AND "
                       "webhook = ? AND subject = ? AND seq < ? LIMIT 1"),
      release_next_(connection,
                    "UPDATE deliveries SET next = ?3 WHERE webhook = ?1 AND next IS NULL AND seq = ("
                    "SELECT min(seq) FROM deliveries INDEXED BY deliveries_of_subject "
                    "WHERE state = 0 AND webhook = ?1 AND subject = ?2)"),
      release_(
          connection,
          "UPDATE deliveries SET next = ?2 WHERE webhook = ?1 AND seq IN (SELECT seq FROM deliveries INDEXED "
          "BY deliveries_due WHERE state = 0 AND webhook = ?1 AND next IS NULL ORDER BY seq LIMIT ?3)"),
      to_replay_(connection,
                 "SELECT d.seq, d.state, d.created, e.id, t.name, e.subject FROM deliveries "
                 "d " PAYNAMED_WITH_EVENT
                 "WHERE d.webhook = ?1 AND d.seq > ?2 AND d.seq <= ?3 AND d.state <> 0 ORDER BY d.seq"),
      unusual_to_replay_(
          connection,
          "SELECT d.seq, d.state, d.created, e.id, t.name, e.subject FROM deliveries d INDEXED BY "
          "deliveries_unusual " PAYNAMED_WITH_EVENT
          "WHERE d.state <> 1 AND d.webhook = ?1 AND d.state = ?5 AND d.seq > ?2 AND d.seq <= ?3 "
          "ORDER BY d.seq"),
      replay_(connection,
              "UPDATE deliveries SET state = 0, tries = 0, next = ?3, updated = ?3, subject = ?4 "
              "WHERE webhook = ?1 AND seq = ?2"),
      try_now_(
          connection,
          "UPDATE deliveries SET next = ?3 WHERE webhook = ?1 AND seq = ?2 AND (next IS NOT NULL OR NOT ?4)"),
      add_(connection,
           "INSERT INTO deliveries(webhook, seq, state, attempts, tries, next, created, updated, subject, "
           "reason) SELECT ?1, seq, 0, 0, 0, ?4, ?4, ?4, subject, '' FROM events WHERE tenant = ?2 AND seq = "
           "?3 "
           "ON CONFLICT DO NOTHING RETURNING 1"),
      over_before_(connection, PAYNAMED_OLD
                   "INDEXED BY deliveries_over " PAYNAMED_THEIR_CURSORS
                   "WHERE d.state = 1 AND d.updated < ?1 AND (d.updated, d.webhook, d.seq) > (?2, ?3, ?4) "
                   "ORDER BY d.updated, d.webhook, d.seq"),
      dead_before_(connection, PAYNAMED_OLD
                   "INDEXED BY deliveries_dead_since " PAYNAMED_THEIR_CURSORS
                   "WHERE d.state = 2 AND d.updated < ?1 AND (d.updated, d.webhook, d.seq) > (?2, ?3, ?4) "
                   "ORDER BY d.updated, d.webhook, d.seq"),
      of_webhook_(connection, "SELECT webhook, seq FROM deliveries WHERE webhook = ? ORDER BY seq LIMIT ?"),
      erase_(connection, "DELETE FROM deliveries WHERE webhook = ? AND seq = ?"),
      erase_attempts_(connection, "DELETE FROM delivery_attempts WHERE webhook = ? AND seq = ?") {}

base::Result<std::optional<DeliveryTable::Before>> DeliveryTable::find(const Place& place) {
  return at_most_one<Before>(find_, find_.first(place.webhook, place.seq), [](const Statement& row) {
    return Before{static_cast<DeliveryState>(row.integer(0)), row.integer(1) != 0,
                  static_cast<std::uint32_t>(row.integer(2))};
  });
}

base::Result<DeliveryTable::Change> DeliveryTable::put(const StoredWebhook& webhook,
                                                       const DeliveryUpdate::Done& done) {
  const Place place{webhook.key, done.delivery.seq};
  const auto before = find(place);
  if (!before) return base::fail(before.error());
  if (*before && (*before)->has_attempt && done.attempt) {
    if (auto kept = keep_attempt_.run(place.webhook, place.seq); !kept) return base::fail(kept.error());
  }
  const auto next = next_of(webhook, done.delivery);
  if (!next) return base::fail(next.error());
  const std::uint32_t attempts = (*before ? (*before)->attempts : 0U) + (done.attempt ? 1U : 0U);
  const Counted counted{std::max(attempts, done.delivery.attempts), *next};
  auto written = *before ? update(place, done, counted) : insert(place, done, counted);
  if (!written) return base::fail(written.error());
  const DeliveryState now = done.delivery.state;
  const bool is_over =
      *before && (*before)->state == DeliveryState::kWaiting && now != DeliveryState::kWaiting;
  if (is_over && webhook.row.settings.ordered) {
    auto released = release_next(webhook.key, done.delivery.subject, done.delivery.updated);
    if (!released) return base::fail(released.error());
  }
  return change_of(*before ? std::optional{(*before)->state} : std::nullopt, now);
}

// Its owner may have given up the order meanwhile, or what it was put behind is over.
base::Result<std::optional<base::WallTime>> DeliveryTable::next_of(const StoredWebhook& webhook,
                                                                   const DeliveryRow& delivery) {
  if (delivery.state != DeliveryState::kWaiting || delivery.next) return delivery.next;
  if (!webhook.row.settings.ordered) return std::optional{delivery.updated};
  const auto earlier = earlier_waiting_.first(webhook.key, delivery.subject, delivery.seq);
  if (!earlier) return base::fail(earlier.error());
  earlier_waiting_.reset();
  return *earlier ? std::nullopt : std::optional{delivery.updated};
}

base::Result<void> DeliveryTable::insert(const Place& place, const DeliveryUpdate::Done& done,
                                         const Counted& counted) {
  const DeliveryRow& row = done.delivery;
  const auto& attempt = done.attempt;
  const auto if_attempted = [&](auto value) {
    return attempt ? std::optional{value(*attempt)} : std::nullopt;
  };
  return insert_.run(place.webhook, place.seq, row.state, counted.attempts, row.tries, counted.next,
                     row.created, row.updated, kept_subject(row), cut(row.reason, kMaxReasonBytes),
                     if_attempted([](const AttemptRow& it) { return it.time; }),
                     if_attempted([](const AttemptRow& it) { return it.latency.count(); }),
                     if_attempted([](const AttemptRow& it) { return it.status; }),
                     if_attempted([](const AttemptRow& it) { return it.delivered; }),
                     if_attempted([](const AttemptRow& it) { return cut(it.reason, kMaxReasonBytes); }),
                     if_attempted([](const AttemptRow& it) { return answer_of(it); }));
}

base::Result<void> DeliveryTable::update(const Place& place, const DeliveryUpdate::Done& done,
                                         const Counted& counted) {
  const DeliveryRow& row = done.delivery;
  if (!done.attempt) {
    return update_.run(row.state, counted.attempts, row.tries, counted.next, row.updated, kept_subject(row),
                       cut(row.reason, kMaxReasonBytes), place.webhook, place.seq);
  }
  const AttemptRow& attempt = *done.attempt;
  return update_with_attempt_.run(
      row.state, counted.attempts, row.tries, counted.next, row.updated, kept_subject(row),
      cut(row.reason, kMaxReasonBytes), attempt.time, attempt.latency.count(), attempt.status,
      attempt.delivered, cut(attempt.reason, kMaxReasonBytes), answer_of(attempt), place.webhook, place.seq);
}

base::Result<void> DeliveryTable::release_next(WebhookKey webhook, std::string_view subject,
                                               base::WallTime now) {
  return release_next_.run(webhook, subject, now);
}

base::Result<void> DeliveryTable::release(WebhookKey webhook, base::WallTime now, std::uint32_t most) {
  return release_.run(webhook, now, most);
}

base::Result<DeliveryTable::Replayed> DeliveryTable::replay(const StoredWebhook& webhook,
                                                            const DeliveryFilter& filter,
                                                            std::uint64_t after_seq, base::WallTime now,
                                                            std::uint32_t limit) {
  constexpr std::uint64_t kLast = std::numeric_limits<std::int64_t>::max();
  const bool is_unusual = filter.state && *filter.state != DeliveryState::kDelivered;
  Statement& rows = is_unusual ? unusual_to_replay_ : to_replay_;
  const std::uint64_t from = filter.from_seq.value_or(0);
  const std::uint64_t after = std::max(after_seq, from == 0 ? 0 : from - 1);
  const std::uint64_t to = std::min(filter.to_seq.value_or(kLast), kLast);
  auto row = is_unusual ? rows.first(webhook.key, after, to, webhook.tenant, *filter.state)
                        : rows.first(webhook.key, after, to, webhook.tenant);
  Replayed replayed;
  replayed.last_seq = after;
  std::vector<DeliveryRow> found;
  for (std::size_t scanned = 0; row && *row; row = rows.next(), ++scanned) {
    if (found.size() == limit || scanned == kMostScanned) break;
    DeliveryRow delivery;
    delivery.seq = rows.count(0);
    delivery.state = static_cast<DeliveryState>(rows.integer(1));
    delivery.created = rows.time(2);
    delivery.event = rows.uuid(3);
    delivery.type = rows.text(4);
    delivery.subject = rows.text(5);
    replayed.last_seq = delivery.seq;
    if (matches(filter, delivery)) found.push_back(std::move(delivery));
  }
  if (!row) return base::fail(row.error());
  replayed.all = !*row;
  rows.reset();
  for (const DeliveryRow& each : found) {
    auto done = each.state == DeliveryState::kWaiting
                    ? try_now_.run(webhook.key, each.seq, now, webhook.row.settings.ordered)
                    : replay_.run(webhook.key, each.seq, now, each.subject);
    if (!done) return base::fail(done.error());
    replayed.change.add(change_of(each.state, DeliveryState::kWaiting));
    ++replayed.rows;
  }
  return replayed;
}

base::Result<bool> DeliveryTable::add(const StoredWebhook& webhook, std::uint64_t seq, base::WallTime now) {
  const auto row = add_.first(webhook.key, webhook.tenant, seq, now);
  if (!row) return base::fail(row.error());
  add_.reset();
  return *row;
}

base::Result<std::vector<DeliveryTable::Place>> DeliveryTable::find_old(Statement& statement, Old& passed,
                                                                        base::WallTime before,
                                                                        std::uint32_t limit) {
  std::vector<Place> places;
  auto row = statement.first(before, passed.updated, passed.place.webhook, passed.place.seq);
  for (std::size_t scanned = 0; row && *row; row = statement.next(), ++scanned) {
    if (places.size() == limit || scanned == kMostPassed) break;
    passed = {statement.time(0), {statement.integer(1), statement.count(2)}};
    if (statement.integer(3) != 0) places.push_back(passed.place);
  }
  if (!row) return base::fail(row.error());
  // Once around: cursors may have come to what stayed.
  if (!*row) passed = {};
  statement.reset();
  return places;
}

base::Result<DeliveryTable::Pruned> DeliveryTable::prune(DeliveryState state, base::WallTime before,
                                                         std::uint32_t limit) {
  const auto places = state == DeliveryState::kDead ? find_old(dead_before_, passed_dead_, before, limit)
                                                    : find_old(over_before_, passed_over_, before, limit);
  if (!places) return base::fail(places.error());
  Pruned pruned;
  for (const Place& place : *places) {
    if (auto done = erase(place); !done) return base::fail(done.error());
    ++pruned.rows;
    if (state != DeliveryState::kDead) continue;
    const auto known =
        std::ranges::find(pruned.dead, place.webhook, &std::pair<WebhookKey, std::int64_t>::first);
    if (known != pruned.dead.end()) {
      ++known->second;
    } else {
      pruned.dead.emplace_back(place.webhook, 1);
    }
  }
  return pruned;
}

base::Result<std::uint64_t> DeliveryTable::erase_of(WebhookKey webhook, std::uint32_t limit) {
  const auto places =
      collect<Place>(of_webhook_, of_webhook_.first(webhook, limit), [](const Statement& row) {
        return Place{row.integer(0), row.count(1)};
      });
  if (!places) return base::fail(places.error());
  for (const Place& place : *places) {
    if (auto done = erase(place); !done) return base::fail(done.error());
  }
  return places->size();
}

base::Result<void> DeliveryTable::erase(const Place& place) {
  if (auto done = erase_attempts_.run(place.webhook, place.seq); !done) return done;
  return erase_.run(place.webhook, place.seq);
}

}  // namespace paynamed::state
