// OfferQueries: the offers of a name, and those whose time comes.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"
#include "state/tenant_keys.hpp"

namespace paynamed::state {

class OfferQueries {
 public:
  OfferQueries(Connection& connection, TenantKeys& tenants);

  // As Store.
  base::Result<std::vector<OfferRow>> offers_of(std::string_view tenant, std::string_view name,
                                                std::uint32_t limit);
  base::Result<std::vector<Store::DueOffer>> retired_offers_due(base::WallTime now, Store::DuePlace after,
                                                                std::uint32_t limit);
  base::Result<std::vector<Store::DueOffer>> offers_ending(base::WallTime time, Store::DuePlace after,
                                                           std::uint32_t limit);
  base::Result<std::vector<Store::DueOffer>> active_offers_ending(base::WallTime time, Store::DuePlace after,
                                                                  std::uint32_t limit);

 private:
  TenantKeys* tenants_;
  Statement offers_of_;
  Statement retired_offers_;
  Statement ending_offers_;
  Statement active_ending_offers_;
};

}  // namespace paynamed::state
