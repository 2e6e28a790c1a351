// OrderQueries: the read side of orders.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/orders.hpp"
#include "state/sqlite.hpp"
#include "state/tenant_keys.hpp"

namespace paynamed::state {

class OrderQueries {
 public:
  OrderQueries(Connection& connection, TenantKeys& tenants);

  // As OrderStore.
  base::Result<std::optional<OrderRow>> find_order(std::string_view tenant, base::Uuid id);
  base::Result<std::vector<OrderRow>> list_orders(std::string_view tenant, const OrderFilter& filter,
                                                  base::Uuid before, std::uint32_t limit);
  base::Result<std::vector<NodePlace>> places_of_open_orders();
  base::Result<std::vector<base::Uuid>> orders_due(const NodePlace& place, base::WallTime until,
                                                   std::uint32_t limit);
  base::Result<std::vector<OrderIntent>> open_order_intents(base::WallTime before, IntentPlace after,
                                                            std::uint32_t limit);
  base::Result<std::vector<NodePlace>> places_of_offers_to_disable();
  base::Result<std::vector<OfferToDisable>> offers_to_disable(const NodePlace& place, base::Uuid after,
                                                              std::uint32_t limit);

 private:
  // The narrowest index for what is asked.
  Statement& listing(const OrderFilter& filter);

  TenantKeys* tenants_;
  Statement find_;
  Statement key_;
  Statement of_tenant_;
  Statement of_tenant_in_state_;
  Statement of_name_;
  Statement of_name_in_state_;
  Statement of_reference_;
  Statement next_place_;
  Statement due_;
  Statement intents_;
  Statement next_offer_place_;
  Statement offers_;
};

}  // namespace paynamed::state
