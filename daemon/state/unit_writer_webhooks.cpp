// What UnitWriter writes about webhooks: targets, their secrets, and what became of events for them.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "state/unit_writer.hpp"

namespace paynamed::state {
namespace {

// So many rows of a replay are written in one transaction.
constexpr std::uint32_t kReplayed = 1'000;
// So many rows get a time when their target gives up its order; the others need none.
constexpr std::uint32_t kReleased = 1'000;
// So many deleted targets end in one transaction.
constexpr int kMostEnded = 100;
// More than a cursor is behind what was looked at.
constexpr std::uint32_t kPassed = 8'192;

}  // namespace

base::Result<StoredWebhook> UnitWriter::webhook_of(const std::string& tenant, const base::Uuid& id) {
  auto found = webhooks_.find(id);
  if (!found) return base::fail(found.error());
  if (!*found || (*found)->row.tenant != tenant)
    return base::fail(base::not_found("there is no such webhook"));
  return std::move(**found);
}

base::Result<std::optional<CreatedWebhook>> UnitWriter::replay(TenantKey tenant, const NewWebhook& webhook) {
  if (webhook.idempotency_key.empty()) return std::nullopt;
  const auto used = webhooks_.find_key(tenant, webhook.idempotency_key);
  if (!used) return base::fail(used.error());
  if (!*used) return std::nullopt;
  if ((*used)->request_hash != webhook.request_hash) {
    return base::fail(base::invalid_argument(
        "this Idempotency-Key was used for another request; take a new key for a new request"));
  }
  auto stored = webhooks_.find((*used)->webhook);
  if (!stored) return base::fail(stored.error());
  if (!*stored) {
    return base::fail(base::failed_precondition(
        "the webhook that this request made was deleted since; take a new Idempotency-Key to make it again"));
  }
  return CreatedWebhook{std::move((*stored)->row), true};
}

base::Result<void> UnitWriter::check_start(TenantKey tenant, const NewWebhook& webhook) const {
  if (webhook.from_now) return {};
  const Position from = webhook.webhook.cursor;
  // "From the start" is a position of every epoch.
  const bool is_of_log = from.epoch == webhooks_.epoch() || from.seq == 0;
  if (is_of_log && from.seq <= log_.head(tenant)) return {};
  return base::fail(
      base::out_of_range("this position is not of this log: the state was restored, or the position comes "
                         "from elsewhere; take the present head, or leave it out to begin now"));
}

base::Result<CreatedWebhook> UnitWriter::write(const CreateWebhookUnit& unit) {
  const NewWebhook& wish = unit.webhook;
  const auto tenant = log_.tenant_key(wish.webhook.tenant);
  if (!tenant) return base::fail(tenant.error());
  auto before = replay(*tenant, wish);
  if (!before) return base::fail(before.error());
  if (*before) return std::move(**before);
  const auto count = webhooks_.count(*tenant);
  if (!count) return base::fail(count.error());
  if (*count >= kMostWebhooks) {
    return base::fail(base::failed_precondition(fmt::format(
        "there are {} webhooks, as many as a tenant may have; delete those that are not used any more",
        *count)));
  }
  if (auto may = check_start(*tenant, wish); !may) return base::fail(may.error());
  dirty_ = true;
  for (const SealedSecret& secret : wish.secrets) {
    if (auto done = nodes_.put_secret(secret, wish.event.time); !done) return base::fail(done.error());
  }
  if (!wish.idempotency_key.empty()) {
    if (auto done = webhooks_.put_key(*tenant, wish); !done) return base::fail(done.error());
  }
  if (auto done = write_events(*tenant, 0, {wish.event}, {unit.fact}, {}, {}); !done)
    return base::fail(done.error());
  WebhookRow row = wish.webhook;
  row.revision = 1;
  row.cursor = {webhooks_.epoch(), wish.from_now ? log_.head(*tenant) : wish.webhook.cursor.seq};
  if (auto done = webhooks_.insert(*tenant, row); !done) return base::fail(done.error());
  dirty_ = false;
  return CreatedWebhook{std::move(row), false};
}

base::Result<void> UnitWriter::replace_secrets(const WebhookRow& webhook, const WebhookChange& change) {
  if (!change.secrets) return {};
  for (const WebhookSecret& old : webhook.secrets) {
    const bool stays = std::ranges::any_of(
        *change.secrets, [&](const WebhookSecret& secret) { return secret.name == old.name; });
    if (stays) continue;
    if (auto done = nodes_.erase_secret(secret_handle(webhook, old.name)); !done) return done;
    secrets_in_wal_ = true;
  }
  for (const SealedSecret& secret : change.sealed) {
    if (auto done = nodes_.put_secret(secret, change.time); !done) return done;
  }
  return {};
}

// What the filter of before does not want is not looked at with another one.
base::Result<void> UnitWriter::pass_unwanted(StoredWebhook& webhook, const WebhookChange& change) {
  WebhookRow& row = webhook.row;
  if (!change.settings || change.settings->types == row.settings.types) return {};
  const auto passed = webhooks_.pass_unwanted(webhook, kPassed);
  if (!passed) return base::fail(passed.error());
  row.cursor.seq = *passed;
  return {};
}

base::Result<WebhookRow> UnitWriter::write(const ChangeWebhookUnit& unit) {
  const WebhookChange& change = unit.change;
  auto stored = webhook_of(change.tenant, change.id);
  if (!stored) return base::fail(stored.error());
  WebhookRow& row = stored->row;
  if (change.expected_revision != 0 && change.expected_revision != row.revision) {
    return base::fail(
        base::aborted(fmt::format("the webhook has revision {}, expected {}; read it again and decide anew",
                                  row.revision, change.expected_revision)));
  }
  dirty_ = true;
  if (auto done = replace_secrets(row, change); !done) return base::fail(done.error());
  if (change.secrets) row.secrets = *change.secrets;
  if (auto done = pass_unwanted(*stored, change); !done) return base::fail(done.error());
  const bool begins_anew = change.state == WebhookState::kActive ||
                           (change.settings && change.settings->address != row.settings.address);
  if (change.settings) {
    const bool was_ordered = std::exchange(row.settings, *change.settings).ordered;
    if (was_ordered != row.settings.ordered) {
      // Nothing that was left without a time then is behind another one now.
      const std::uint32_t most = was_ordered ? kReleased : std::numeric_limits<std::uint32_t>::max();
      if (auto done = deliveries_.release(stored->key, change.time, most); !done)
        return base::fail(done.error());
    }
  }
  if (change.state) {
    row.state = *change.state;
    row.reason = change.reason;
  }
  if (begins_anew) {
    row.failing_since.reset();
    row.told_failing = row.told_dead_letter = false;
    if (row.state == WebhookState::kActive) row.reason.clear();
  }
  if (auto done = webhooks_.put_standing(stored->key, row); !done) return base::fail(done.error());
  row.updated = change.time;
  ++row.revision;
  if (auto done = webhooks_.update(stored->key, row); !done) return base::fail(done.error());
  if (change.event) {
    auto done = write_events(stored->tenant, 0, {*change.event}, unit.facts, {}, {});
    if (!done) return base::fail(done.error());
  }
  dirty_ = false;
  return std::move(row);
}

base::Result<void> UnitWriter::write(const DeleteWebhookUnit& unit) {
  const auto stored = webhook_of(unit.tenant, unit.id);
  if (!stored) return base::fail(stored.error());
  dirty_ = true;
  for (const WebhookSecret& secret : stored->row.secrets) {
    if (auto done = nodes_.erase_secret(secret_handle(stored->row, secret.name)); !done) return done;
    secrets_in_wal_ = true;
  }
  if (auto done = webhooks_.erase(stored->key); !done) return done;
  if (auto done = write_events(stored->tenant, 0, {unit.event}, {unit.fact}, {}, {}); !done) return done;
  dirty_ = false;
  return {};
}

base::Result<void> UnitWriter::write(const DeliveriesUnit& unit) {
  const DeliveryUpdate& update = unit.update;
  auto stored = webhooks_.find(update.webhook);
  if (!stored) return base::fail(stored.error());
  if (!*stored) return base::fail(base::not_found("there is no such webhook"));
  StoredWebhook& webhook = **stored;
  dirty_ = true;
  DeliveryTable::Change change;
  for (const DeliveryUpdate::Done& done : update.done) {
    const auto put = deliveries_.put(webhook, done);
    if (!put) return base::fail(put.error());
    change.add(*put);
  }
  auto counted = webhooks_.count_deliveries(webhook.key, change.waiting, change.dead);
  if (!counted) return counted;
  if (auto done = write_events(webhook.tenant, 0, update.events, unit.facts, {}, {}); !done) return done;
  if (auto done = put_standing(webhook, unit); !done) return done;
  dirty_ = false;
  return {};
}

base::Result<void> UnitWriter::put_standing(StoredWebhook& webhook, const DeliveriesUnit& unit) {
  const DeliveryUpdate& update = unit.update;
  WebhookRow& row = webhook.row;
  if (update.cursor) row.cursor.seq = std::max(row.cursor.seq, *update.cursor);
  // What its owner did meanwhile stands: a target that was just made active, or another, begins anew.
  const bool is_same = update.revision == 0 || update.revision == row.revision;
  const bool counts = is_same && row.state == WebhookState::kActive;
  if (update.standing && counts) {
    row.failing_since = update.standing->failing_since;
    row.told_failing = update.standing->told_failing;
    row.told_dead_letter = update.standing->told_dead_letter;
    row.reason = update.standing->reason;
  }
  if (update.standing && update.standing->delivered) row.delivered = update.standing->delivered;
  if (auto done = webhooks_.put_standing(webhook.key, row); !done) return done;
  if (!update.disabled || !counts) return {};
  row.state = WebhookState::kDisabled;
  row.updated = update.disabled->time;
  ++row.revision;
  if (auto done = webhooks_.update(webhook.key, row); !done) return done;
  return write_events(webhook.tenant, 0, {*update.disabled}, {*unit.disabled}, {}, {});
}

base::Result<ReplayedPart> UnitWriter::write(const ReplayUnit& unit) {
  const auto webhook = webhook_of(unit.tenant, unit.filter.webhook);
  if (!webhook) return base::fail(webhook.error());
  dirty_ = true;
  ReplayedPart part;
  DeliveryTable::Change change;
  for (const DeliveryRow& more : unit.more) {
    const auto added = deliveries_.add(*webhook, more.seq, unit.now);
    if (!added) return base::fail(added.error());
    if (!*added) continue;
    ++part.rows;
    ++change.waiting;
  }
  const auto replayed = deliveries_.replay(*webhook, unit.filter, unit.after_seq, unit.now, kReplayed);
  if (!replayed) return base::fail(replayed.error());
  change.add(replayed->change);
  part.rows += replayed->rows;
  part.last_seq = replayed->last_seq;
  part.all = replayed->all;
  auto counted = webhooks_.count_deliveries(webhook->key, change.waiting, change.dead);
  if (!counted) return base::fail(counted.error());
  dirty_ = false;
  return part;
}

base::Result<std::uint64_t> UnitWriter::write(const PruneDeliveriesUnit& unit) {
  dirty_ = true;
  auto delivered = deliveries_.prune(DeliveryState::kDelivered, unit.delivered_before, unit.limit);
  if (!delivered) return base::fail(delivered.error());
  std::uint64_t rows = delivered->rows;
  const auto left = [&] { return unit.limit - static_cast<std::uint32_t>(rows); };
  const auto dead = deliveries_.prune(DeliveryState::kDead, unit.dead_before, left());
  if (!dead) return base::fail(dead.error());
  rows += dead->rows;
  for (const auto& [webhook, count] : dead->dead) {
    if (auto done = webhooks_.count_deliveries(webhook, 0, -count); !done) return base::fail(done.error());
  }
  for (int ended = 0; ended < kMostEnded && rows < unit.limit; ++ended) {
    const auto deleted = webhooks_.next_deleted();
    if (!deleted) return base::fail(deleted.error());
    if (!*deleted) break;
    const std::uint32_t most = left();
    const auto erased = deliveries_.erase_of(**deleted, most);
    if (!erased) return base::fail(erased.error());
    rows += *erased;
    if (*erased == most) break;
    if (auto done = webhooks_.forget_deleted(**deleted); !done) return base::fail(done.error());
  }
  dirty_ = false;
  return rows;
}

}  // namespace paynamed::state
