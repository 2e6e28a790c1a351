// InvoiceTable: intents of invoices, as the writer changes them, and what it reads of invoices. Conditions
// are its caller's.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <optional>

#include "base/result.hpp"
#include "state/invoices.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

// The columns of an InvoiceIntent, of invoice_intents i with names n and tenants t.
#define PAYNAMED_INTENT_COLUMNS                                                                              \
  "i.id, t.name, n.name, i.node_instance, i.node, i.amount_msat, i.memo, i.reference, i.expiry, i.created, " \
  "i.state "
InvoiceIntent read_intent(const Statement& row);

// The columns of an InvoiceRow, of invoices i with names n.
#define PAYNAMED_INVOICE_COLUMNS                                                                          \
  "i.id, n.name, i.node_instance, i.node, i.bolt11, i.payment_hash, i.amount_msat, i.memo, i.reference, " \
  "i.created, i.expires, i.state, i.received_msat, i.paid_at, i.livemode "
inline constexpr int kInvoiceColumns = 15;
InvoiceRow read_invoice(const Statement& row);

// What invoice_intents.state holds.
enum class IntentState { kOpen, kMade, kGivenUp };

class InvoiceTable {
 public:
  explicit InvoiceTable(Connection& connection);

  // An intent under the tenant's idempotency key.
  struct KeyUse {
    InvoiceIntent intent;
    std::string request_hash;
  };
  base::Result<std::optional<KeyUse>> find_key(TenantKey tenant, std::string_view key);
  base::Result<void> insert_intent(TenantKey tenant, NameKey name, const InvoiceIntent& intent,
                                   const NewInvoice& wish);
  struct StoredIntent {
    TenantKey tenant = 0;
    InvoiceIntent intent;
    bool keyed = false;
    bool given_up = false;
  };
  base::Result<std::optional<StoredIntent>> find_intent(base::Uuid id);
  base::Result<void> set_made(base::Uuid id);
  // With its idempotency key gone: nothing came of it, so the same request may begin anew.
  base::Result<void> set_given_up(base::Uuid id);
  base::Result<void> erase_intent(base::Uuid id);

  struct StoredInvoice {
    TenantKey tenant = 0;
    InvoiceRow row;
  };
  base::Result<std::optional<StoredInvoice>> find_invoice(base::Uuid id);
  // What has arrived for an invoice, and when and with what the last of it.
  struct Received {
    std::uint64_t msat = 0;
    base::WallTime paid_at;
    std::string payment_hash;
  };
  base::Result<std::optional<Received>> received_for(base::Uuid id);

 private:
  Statement find_key_;
  Statement insert_;
  Statement find_intent_;
  Statement set_made_;
  Statement set_given_up_;
  Statement erase_;
  Statement find_invoice_;
  Statement received_for_;
};

}  // namespace paynamed::state
