// DomainQueries: how watched domains stand.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"
#include "state/tenant_keys.hpp"

namespace paynamed::state {

class DomainQueries {
 public:
  DomainQueries(Connection& connection, TenantKeys& tenants);

  // As Store.
  base::Result<std::optional<DomainRow>> find_domain(std::string_view tenant, std::string_view domain);
  base::Result<std::vector<DomainRow>> list_domains(std::string_view tenant, std::string_view after,
                                                    std::uint32_t limit);

 private:
  TenantKeys* tenants_;
  Statement find_domain_;
  Statement list_domains_;
};

}  // namespace paynamed::state
