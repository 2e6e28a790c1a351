// WebhookQueries: targets that are notified, and their deliveries.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include "state/sqlite.hpp"
#include "state/tenant_keys.hpp"
#include "state/webhook_table.hpp"
#include "state/webhooks.hpp"

namespace paynamed::state {

class WebhookQueries {
 public:
  WebhookQueries(Connection& connection, TenantKeys& tenants, std::uint32_t epoch);

  // As WebhookStore.
  base::Result<std::vector<WebhookRow>> webhooks(const base::Uuid& after, std::uint32_t limit);
  base::Result<std::vector<WebhookRow>> list_webhooks(std::string_view tenant, const base::Uuid& after,
                                                      std::uint32_t limit);
  base::Result<std::optional<WebhookRow>> find_webhook(std::string_view tenant, const base::Uuid& id);
  base::Result<std::optional<WebhookRow>> load_webhook(const base::Uuid& id);
  base::Result<std::optional<WebhookStore::WebhookKeyUse>> find_webhook_key(std::string_view tenant,
                                                                            std::string_view key);
  base::Result<WebhookStore::DeliveryPage> list_deliveries(std::string_view tenant,
                                                           const DeliveryFilter& filter,
                                                           std::uint64_t before_seq, std::uint32_t limit);
  base::Result<WebhookStore::DeliveryCount> count_deliveries(std::string_view tenant,
                                                             const DeliveryFilter& filter,
                                                             std::uint64_t before_seq);
  base::Result<std::optional<DeliveryRow>> find_delivery(std::string_view tenant, const base::Uuid& webhook,
                                                         std::uint64_t seq);
  base::Result<std::vector<AttemptRow>> attempts_of(const base::Uuid& webhook, std::uint64_t seq,
                                                    std::uint32_t limit);
  base::Result<std::vector<DeliveryRow>> due_deliveries(const base::Uuid& webhook, base::WallTime now,
                                                        std::uint32_t limit);
  base::Result<std::optional<base::WallTime>> next_delivery(const base::Uuid& webhook, base::WallTime after);
  base::Result<std::vector<DeliveryRow>> deliveries_after(const base::Uuid& webhook, std::uint64_t seq,
                                                          std::uint32_t limit);
  base::Result<std::optional<DeliveryRow>> first_waiting(const base::Uuid& webhook, std::string_view subject);

 private:
  base::Result<std::optional<StoredWebhook>> stored(const base::Uuid& id);
  // The numbers of a target and its tenant; of one that is not there those that nobody has.
  struct Place {
    WebhookKey key = 0;
    TenantKey tenant = 0;
    bool ordered = false;
  };
  base::Result<Place> place_of(const base::Uuid& id);
  // NOT_FOUND when the tenant has no such target.
  base::Result<StoredWebhook> stored_of(std::string_view tenant, const base::Uuid& id);
  // The newest first, before `before_seq`; `take` says whether it wants more. Looks at some rows and says
  // before which seq to go on; 0: there are no more.
  template <class Take>
  base::Result<std::uint64_t> walk(const StoredWebhook& webhook, const DeliveryFilter& filter,
                                   std::uint64_t before_seq, Take take);

  TenantKeys* tenants_;
  std::uint32_t epoch_;
  Statement all_;
  Statement of_tenant_;
  Statement find_;
  Statement place_;
  Statement key_;
  Statement newest_first_;
  Statement unusual_newest_first_;
  Statement one_;
  Statement last_attempt_;
  Statement earlier_attempts_;
  Statement due_;
  Statement released_;
  Statement next_;
  Statement after_;
  Statement first_waiting_;
};

}  // namespace paynamed::state
