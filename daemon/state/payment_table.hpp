// PaymentTable: what the writer reads about a payment, and the cursors of nodes. Conditions are its caller's.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <optional>

#include "base/result.hpp"
#include "state/payment_decision.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

class PaymentTable {
 public:
  explicit PaymentTable(Connection& connection);

  // The node's default reference finds what was made under any reference of the instance, another one only
  // its own: who owns one node of an instance says nothing about the others.
  base::Result<RowsOfPayment> rows_of(const IncomingPayment& payment, const PaymentSource& source);
  // Whether what it paid was made by us there.
  base::Result<bool> is_ours(const BrokenPayment& payment, const PaymentSource& source);
  // Empty when no payments were read there yet.
  base::Result<std::string> cursor(const PaymentSource& source);
  // Counts what was read.
  base::Result<void> advance(const PaymentSource& source, const std::string& cursor, const TakenIn& counted,
                             std::optional<base::WallTime> last_payment);
  base::Result<void> restart(const PaymentSource& source);

 private:
  struct Paid {
    const std::optional<base::Uuid>& invoice;
    const std::optional<base::Uuid>& order;
    const std::string& offer_id;
  };
  // The rows of what was paid, without whether the payment is known.
  base::Result<void> find_rows(const Paid& payment, const PaymentSource& source, RowsOfPayment& rows);
  base::Result<std::optional<PaidInvoice>> find_invoice(base::Uuid invoice, const PaymentSource& source);
  base::Result<std::optional<PaidInvoice>> find_intent(base::Uuid invoice, const PaymentSource& source);
  base::Result<std::optional<PaidOrder>> find_order(base::Uuid order, const PaymentSource& source);
  base::Result<std::optional<PaidOrder>> find_order_intent(base::Uuid order, const PaymentSource& source);
  base::Result<std::optional<PaidOrder>> find_order_of_offer(const std::string& offer_id,
                                                             const PaymentSource& source);
  base::Result<std::optional<PaidOffer>> find_offer(const std::string& offer_id, const PaymentSource& source);

  Statement find_invoice_;
  Statement find_intent_;
  Statement find_order_;
  Statement find_order_intent_;
  Statement find_order_of_offer_;
  Statement find_offer_;
  Statement find_payment_;
  Statement find_cursor_;
  Statement advance_;
  Statement restart_;
};

}  // namespace paynamed::state
