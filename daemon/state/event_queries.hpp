// EventQueries: pages of a tenant's log.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "state/read_snapshot.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"
#include "state/tenant_keys.hpp"

namespace paynamed::state {

// A page of events ends early when it has so many bytes of data.
inline constexpr std::size_t kMaxPageBytes = 4 << 20;

class EventQueries {
 public:
  EventQueries(Connection& connection, SnapshotStatements& snapshots, TenantKeys& tenants,
               std::uint32_t epoch);

  // As Store.
  base::Result<EventPage> events_after(std::string_view tenant, Position after, std::uint32_t limit);

 private:
  base::Result<EventPage> read_events(std::string_view tenant, Position after, std::uint32_t limit);

  SnapshotStatements* snapshots_;
  TenantKeys* tenants_;
  std::uint32_t epoch_;
  Statement head_;
  Statement events_;
};

}  // namespace paynamed::state
