// PaymentQueries: the read side of payments, invoices and cursors.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/invoices.hpp"
#include "state/payments.hpp"
#include "state/sqlite.hpp"
#include "state/tenant_keys.hpp"

namespace paynamed::state {

class PaymentQueries {
 public:
  PaymentQueries(Connection& connection, TenantKeys& tenants);

  // As PaymentStore.
  base::Result<std::optional<NodeCursor>> find_cursor(const PaymentSource& source);
  base::Result<std::vector<NodeCursor>> node_cursors(std::uint32_t limit);
  base::Result<std::optional<PaymentRow>> find_payment(std::string_view tenant, base::Uuid id);
  base::Result<std::vector<PaymentRow>> list_payments(std::string_view tenant, std::string_view name,
                                                      base::Uuid before, std::uint32_t limit);
  // As InvoiceStore.
  base::Result<std::optional<InvoiceRow>> find_invoice(std::string_view tenant, base::Uuid id);
  base::Result<std::vector<InvoiceRow>> list_invoices(std::string_view tenant, std::string_view name,
                                                      std::optional<InvoiceState> state, base::Uuid before,
                                                      std::uint32_t limit);
  base::Result<std::vector<NodePlace>> places_of_open_invoices();
  base::Result<std::vector<base::Uuid>> invoices_due(const NodePlace& place, base::WallTime until,
                                                     std::uint32_t limit);
  base::Result<std::vector<InvoiceIntent>> open_intents(base::WallTime before, IntentPlace after,
                                                        std::uint32_t limit);

 private:
  // The key of the row to go on before; the largest number for the zero id. INVALID_ARGUMENT when there is
  // none.
  base::Result<std::int64_t> key_below(Statement& find, TenantKey tenant, base::Uuid before);

  TenantKeys* tenants_;
  Statement find_cursor_;
  Statement cursors_;
  Statement find_payment_;
  Statement payment_key_;
  Statement payments_of_tenant_;
  Statement payments_of_name_;
  Statement find_invoice_;
  Statement invoice_key_;
  Statement invoices_of_tenant_;
  Statement invoices_in_state_;
  Statement invoices_of_name_;
  Statement invoices_of_name_in_state_;
  Statement next_place_;
  Statement due_;
  Statement intents_;
};

}  // namespace paynamed::state
