// NameQueries: names as they stand.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"
#include "state/tenant_keys.hpp"

namespace paynamed::state {

class NameQueries {
 public:
  NameQueries(Connection& connection, TenantKeys& tenants);

  // As Store.
  base::Result<std::optional<NameRow>> find_name(std::string_view tenant, std::string_view name);
  base::Result<std::vector<NameRow>> list_names(std::string_view tenant, std::string_view domain,
                                                std::optional<NameState> state, std::string_view after,
                                                std::uint32_t limit);
  base::Result<NameKey> newest_name();
  base::Result<std::vector<WatchedName>> watched_names(std::span<const NameKey> keys);
  base::Result<std::vector<WatchedName>> degraded_names(std::uint32_t limit);

 private:
  TenantKeys* tenants_;
  Statement find_name_;
  Statement list_names_;
  Statement list_unusual_names_;
  Statement newest_name_;
  Statement watched_name_;
  Statement degraded_names_;
};

}  // namespace paynamed::state
