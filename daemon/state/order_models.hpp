// OrderModels: orders as a function of the events alone. A part of PaymentModels.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include "base/result.hpp"
#include "state/fact.hpp"
#include "state/model.hpp"
#include "state/orders.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

class OrderModels {
 public:
  explicit OrderModels(Connection& connection);

  // Both fail as ReadModels::apply().
  base::Result<void> created(const Fact& fact, TenantKey tenant, NameKey name, base::WallTime time);
  base::Result<void> became(const Fact& fact, OrderState state);
  base::Result<void> received(base::Uuid order, std::uint64_t msat);

 private:
  base::Result<std::optional<OrderState>> state_of(base::Uuid order);

  Statement find_;
  Statement received_for_;
  Statement insert_;
  Statement set_state_;
  Statement add_;
};

}  // namespace paynamed::state
