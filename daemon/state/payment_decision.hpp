// What becomes of a payment that a node tells of: the decision of the writer, made inside the transaction
// from the rows that it found, for between a read and a write an offer may have been retired or an invoice
// expired.
//
// A payment is somebody's when it paid an offer or an invoice that we made at this node; what the payer says
// of it decides nothing. Offers of removed names, and those that are retired or disabled, count as any other.
//
// Threads: value types; functions are pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/invoices.hpp"
#include "state/orders.hpp"
#include "state/payments.hpp"

namespace paynamed::state {

// Whose an offer or invoice is. `owner` is nothing when the name has been registered again since: then who
// had it before is not known any more.
struct PaidFor {
  TenantKey tenant = 0;
  std::string name;
  std::optional<std::string> owner;
};

struct PaidOffer {
  PaidFor of;
  std::string reference;  // of the name
  OfferState state = OfferState::kActive;
};

struct PaidInvoice {
  PaidFor of;
  base::Uuid id;
  std::string reference;
  std::uint64_t amount_msat = 0;    // 0: any
  std::uint64_t received_msat = 0;  // before this payment
  InvoiceState state = InvoiceState::kOpen;
  base::WallTime expires;
  bool only_intent = false;  // invoice.created was not said yet, nor will invoice.paid be before it
};

struct PaidOrder {
  PaidFor of;
  base::Uuid id;
  std::string reference;
  OrderStanding standing;
  bool by_key = false;       // its invoice was paid, not its offer
  bool only_intent = false;  // order.created was not said yet, nor will anything else be before it
};

// The rows about one payment. With an invoice or an order the offer does not matter.
struct RowsOfPayment {
  std::optional<PaidInvoice> invoice;
  std::optional<PaidOrder> order;
  std::optional<PaidOffer> offer;
  std::optional<base::Uuid> id;  // its payment_id(), when that was looked for
  bool known = false;            // there is a payment with it
};

enum class Verdict { kStray, kKnown, kTakenIn };

struct PaymentDecision {
  Verdict verdict = Verdict::kStray;
  TenantKey tenant = 0;          // of the events
  std::vector<NewEvent> events;  // payment.received, and what follows from it
  // The order that this payment ended: its offer is to be disabled.
  std::optional<base::Uuid> ended_order = {};
};

// The same whenever the payment is told of. What was paid is part of it, so that a node which claims the id
// of another one cannot pass its payment off as the other's.
base::Uuid payment_id(std::string_view node_id, std::string_view pay_key, std::string_view paid);
// What a payment paid as the last argument of payment_id(): an invoice, an order by its invoice, an offer.
std::string paid_by(const std::optional<base::Uuid>& invoice, const std::optional<base::Uuid>& order,
                    std::string_view offer_id);
std::string paid_by(const RowsOfPayment& rows, std::string_view offer_id);
// The id of invoice.paid of an invoice, which is said once.
base::Uuid invoice_paid_id(base::Uuid invoice);

PaymentDecision decide(const IncomingPayment& payment, const PaymentSource& source, const RowsOfPayment& rows,
                       base::WallTime now);

// invoice.paid of an invoice of which all has arrived.
NewEvent invoice_paid(const PaidInvoice& invoice, std::string_view payment_hash, std::uint64_t received_msat,
                      base::WallTime paid_at, bool livemode, bool late, base::WallTime now);

}  // namespace paynamed::state
