// TenantKeys: the number of a tenant by its name.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.hpp"
#include "state/model.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

class TenantKeys {
 public:
  explicit TenantKeys(Connection& connection) : find_(connection, "SELECT key FROM tenants WHERE name = ?") {}

  // The tenant's number; 0, which no tenant has, when it never wrote anything.
  base::Result<TenantKey> key_of(std::string_view tenant);

 private:
  // Numbers of tenants never change, so what was once found stays true.
  std::unordered_map<std::string, TenantKey> known_;
  Statement find_;
};

}  // namespace paynamed::state
