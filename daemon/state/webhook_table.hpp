// WebhookTable: targets that are notified and where they stand, as the writer changes them. Conditions are
// its caller's.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include "state/sqlite.hpp"
#include "state/webhooks.hpp"

namespace paynamed::state {

using WebhookKey = std::int64_t;

// A target with the numbers by which rows refer to it.
struct StoredWebhook {
  WebhookKey key = 0;
  TenantKey tenant = 0;
  WebhookRow row;
};

// The columns of a StoredWebhook, in the order in which read_webhook() wants them, and where they come from.
#define PAYNAMED_WEBHOOK_COLUMNS                                                                        \
  "w.key, w.tenant, w.id, t.name, w.instance, w.address, w.description, w.types, w.names, w.schedule, " \
  "w.concurrency, w.per_minute, w.ordered, w.secrets, w.state, w.created, w.updated, w.revision, "      \
  "s.cursor, s.reason, s.failing_since, s.delivered, s.told_failing, s.told_dead_letter, s.waiting, "   \
  "s.dead "
#define PAYNAMED_WEBHOOKS            \
  "SELECT " PAYNAMED_WEBHOOK_COLUMNS \
  "FROM webhooks w JOIN tenants t ON t.key = w.tenant JOIN webhook_standings s ON s.webhook = w.key "
// `epoch`: of the log, which is in the same file.
StoredWebhook read_webhook(const Statement& row, std::uint32_t epoch);

class WebhookTable {
 public:
  explicit WebhookTable(Connection& connection);

  // Reads what is kept in memory.
  base::Result<void> load();
  std::uint32_t epoch() const { return epoch_; }

  base::Result<std::optional<StoredWebhook>> find(const base::Uuid& id);
  base::Result<std::uint64_t> count(TenantKey tenant);
  base::Result<void> insert(TenantKey tenant, const WebhookRow& webhook);
  // All but its standing, which has functions of its own.
  base::Result<void> update(WebhookKey key, const WebhookRow& webhook);
  // The row; its deliveries are left to erase_deleted().
  base::Result<void> erase(WebhookKey key);

  // Cursor, reason, failing_since, delivered and what was told.
  base::Result<void> put_standing(WebhookKey key, const WebhookRow& webhook);
  // Its cursor when it passes those next events whose types its filter does not let through, at most `most`.
  base::Result<std::uint64_t> pass_unwanted(const StoredWebhook& webhook, std::uint32_t most);
  base::Result<void> count_deliveries(WebhookKey key, std::int64_t waiting, std::int64_t dead);

  base::Result<std::optional<WebhookKey>> next_deleted();
  base::Result<void> forget_deleted(WebhookKey key);

  base::Result<std::optional<WebhookStore::WebhookKeyUse>> find_key(TenantKey tenant, std::string_view key);
  base::Result<void> put_key(TenantKey tenant, const NewWebhook& webhook);

 private:
  Connection* connection_;
  std::uint32_t epoch_ = 1;
  Statement find_;
  Statement count_;
  Statement insert_;
  Statement insert_standing_;
  Statement update_;
  Statement erase_;
  Statement erase_standing_;
  Statement put_deleted_;
  Statement next_deleted_;
  Statement forget_deleted_;
  Statement put_standing_;
  Statement next_events_;
  Statement count_deliveries_;
  Statement find_key_;
  Statement put_key_;
};

}  // namespace paynamed::state
