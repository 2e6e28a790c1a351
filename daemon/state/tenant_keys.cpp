#include "state/tenant_keys.hpp"

namespace paynamed::state {

base::Result<TenantKey> TenantKeys::key_of(std::string_view tenant) {
  const auto known = known_.find(std::string{tenant});
  if (known != known_.end()) return known->second;
  const auto row = find_.first(tenant);
  if (!row) return base::fail(row.error());
  if (!*row) return TenantKey{0};
  const TenantKey key = find_.integer(0);
  find_.reset();
  known_.emplace(tenant, key);
  return key;
}

}  // namespace paynamed::state
