// PaymentModels: payments, invoices and orders as a function of the events alone. A part of ReadModels.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "state/fact.hpp"
#include "state/model.hpp"
#include "state/order_models.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

class PaymentModels {
 public:
  explicit PaymentModels(Connection& connection);

  // Where and when the event stands; `name` is the key of the name that it speaks of.
  struct Context {
    TenantKey tenant = 0;
    NameKey name = 0;
    base::WallTime time;
  };
  static bool speaks_of(Fact::Kind kind);
  // Fails as ReadModels::apply().
  base::Result<void> apply(const Fact& fact, const Context& context);

 private:
  base::Result<void> order_spoken_of(const Fact& fact, const Context& context);
  base::Result<void> payment_received(const Fact& fact, const Context& context);
  base::Result<void> invoice_created(const Fact& fact, const Context& context);
  base::Result<void> invoice_ended(const Fact& fact);

  Connection* connection_;
  OrderModels orders_;
  Statement insert_payment_;
  Statement add_to_invoice_;
  Statement received_for_;
  Statement find_invoice_;
  Statement insert_invoice_;
  Statement end_invoice_;
};

}  // namespace paynamed::state
