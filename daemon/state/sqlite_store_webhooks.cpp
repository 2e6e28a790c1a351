// Webhooks of the SqliteStore.
#include <algorithm>

#include "state/sqlite_store_parts.hpp"
#include "state/webhook_units.hpp"

namespace paynamed::state {
namespace asio = boost::asio;

namespace {

constexpr std::size_t kMoreAtOnce = 500;

}  // namespace

asio::awaitable<Result<CreatedWebhook>> SqliteStore::create_webhook(NewWebhook webhook) {
  auto unit = check(std::move(webhook));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<CreatedWebhook>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<CreatedWebhook>(std::move(action));
}

asio::awaitable<Result<WebhookRow>> SqliteStore::change_webhook(WebhookChange change) {
  auto unit = check(std::move(change));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<WebhookRow>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<WebhookRow>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::delete_webhook(std::string tenant, base::Uuid id, NewEvent event) {
  auto unit = check_webhook_deletion(std::move(tenant), id, std::move(event));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<void>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<Result<void>> SqliteStore::record_deliveries(DeliveryUpdate update) {
  auto unit = check(std::move(update));
  if (!unit) co_return base::fail(unit.error());
  std::function<Result<void>(UnitWriter&)> action = [unit = std::move(*unit)](UnitWriter& writer) {
    return writer.write(unit);
  };
  co_return co_await parts_->submit<void>(std::move(action));
}

asio::awaitable<Result<std::uint64_t>> SqliteStore::replay_deliveries(std::string tenant,
                                                                      DeliveryFilter filter,
                                                                      std::vector<DeliveryRow> more,
                                                                      base::WallTime now) {
  std::uint64_t rows = 0;
  std::size_t given = 0;
  ReplayUnit unit;
  unit.tenant = std::move(tenant);
  unit.filter = std::move(filter);
  unit.now = now;
  for (bool goes_on = true; goes_on;) {
    const std::size_t next = std::min(given + kMoreAtOnce, more.size());
    unit.more.assign(more.begin() + static_cast<std::ptrdiff_t>(given),
                     more.begin() + static_cast<std::ptrdiff_t>(next));
    given = next;
    std::function<Result<ReplayedPart>(UnitWriter&)> action = [unit](UnitWriter& writer) {
      return writer.write(unit);
    };
    const auto part = co_await parts_->submit<ReplayedPart>(std::move(action));
    if (!part) co_return base::fail(part.error());
    rows += part->rows;
    unit.after_seq = part->last_seq;
    goes_on = !part->all || given < more.size();
  }
  co_return rows;
}

asio::awaitable<Result<std::uint64_t>> SqliteStore::prune_deliveries(base::WallTime delivered_before,
                                                                     base::WallTime dead_before,
                                                                     std::uint32_t limit) {
  std::function<Result<std::uint64_t>(UnitWriter&)> action =
      [unit = PruneDeliveriesUnit{delivered_before, dead_before, limit}](UnitWriter& writer) {
        return writer.write(unit);
      };
  co_return co_await parts_->submit<std::uint64_t>(std::move(action));
}

Result<std::vector<WebhookRow>> SqliteStore::webhooks(base::Uuid after, std::uint32_t limit) {
  return parts_->readers->lend()->webhooks().webhooks(after, limit);
}

Result<std::vector<WebhookRow>> SqliteStore::list_webhooks(std::string_view tenant, base::Uuid after,
                                                           std::uint32_t limit) {
  return parts_->readers->lend()->webhooks().list_webhooks(tenant, after, limit);
}

Result<std::optional<WebhookRow>> SqliteStore::find_webhook(std::string_view tenant, base::Uuid id) {
  return parts_->readers->lend()->webhooks().find_webhook(tenant, id);
}

Result<std::optional<WebhookRow>> SqliteStore::load_webhook(base::Uuid id) {
  return parts_->readers->lend()->webhooks().load_webhook(id);
}

Result<std::optional<WebhookStore::WebhookKeyUse>> SqliteStore::find_webhook_key(std::string_view tenant,
                                                                                 std::string_view key) {
  return parts_->readers->lend()->webhooks().find_webhook_key(tenant, key);
}

Result<WebhookStore::DeliveryPage> SqliteStore::list_deliveries(std::string_view tenant,
                                                                const DeliveryFilter& filter,
                                                                std::uint64_t before_seq,
                                                                std::uint32_t limit) {
  return parts_->readers->lend()->webhooks().list_deliveries(tenant, filter, before_seq, limit);
}

Result<WebhookStore::DeliveryCount> SqliteStore::count_deliveries(std::string_view tenant,
                                                                  const DeliveryFilter& filter,
                                                                  std::uint64_t before_seq) {
  return parts_->readers->lend()->webhooks().count_deliveries(tenant, filter, before_seq);
}

Result<std::optional<DeliveryRow>> SqliteStore::find_delivery(std::string_view tenant, base::Uuid webhook,
                                                              std::uint64_t seq) {
  return parts_->readers->lend()->webhooks().find_delivery(tenant, webhook, seq);
}

Result<std::vector<AttemptRow>> SqliteStore::attempts_of(base::Uuid webhook, std::uint64_t seq,
                                                         std::uint32_t limit) {
  return parts_->readers->lend()->webhooks().attempts_of(webhook, seq, limit);
}

Result<std::vector<DeliveryRow>> SqliteStore::due_deliveries(base::Uuid webhook, base::WallTime now,
                                                             std::uint32_t limit) {
  return parts_->readers->lend()->webhooks().due_deliveries(webhook, now, limit);
}

Result<std::optional<base::WallTime>> SqliteStore::next_delivery(base::Uuid webhook, base::WallTime after) {
  return parts_->readers->lend()->webhooks().next_delivery(webhook, after);
}

Result<std::vector<DeliveryRow>> SqliteStore::deliveries_after(base::Uuid webhook, std::uint64_t seq,
                                                               std::uint32_t limit) {
  return parts_->readers->lend()->webhooks().deliveries_after(webhook, seq, limit);
}

Result<std::optional<DeliveryRow>> SqliteStore::first_waiting(base::Uuid webhook, std::string_view subject) {
  return parts_->readers->lend()->webhooks().first_waiting(webhook, subject);
}

}  // namespace paynamed::state
