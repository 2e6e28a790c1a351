#include "state/event_queries.hpp"

#include <algorithm>

#include "state/rows.hpp"

namespace paynamed::state {

EventQueries::EventQueries(Connection& connection, SnapshotStatements& snapshots, TenantKeys& tenants,
                           std::uint32_t epoch)
    : snapshots_(&snapshots),
      tenants_(&tenants),
      epoch_(epoch),
      head_(connection, "SELECT coalesce(max(seq), 0) FROM events WHERE tenant = ?"),
      events_(connection,
              "SELECT e.seq, t.name, e.version, e.subject, e.id, e.time, r.id, e.correlation_id, "
              "e.traceparent, e.data "
              "FROM events e JOIN event_types t ON t.key = e.type LEFT JOIN runs r ON r.key = e.run "
              "WHERE e.tenant = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3") {}

base::Result<EventPage> EventQueries::events_after(std::string_view tenant, Position after,
                                                   std::uint32_t limit) {
  const ReadSnapshot snapshot(*snapshots_);
  if (!snapshot.begun()) return base::fail(snapshot.begun().error());
  return read_events(tenant, after, limit);
}

base::Result<EventPage> EventQueries::read_events(std::string_view tenant, Position after,
                                                  std::uint32_t limit) {
  const auto key = tenants_->key_of(tenant);
  if (!key) return base::fail(key.error());
  EventPage page;
  auto row = head_.first(*key);
  if (!row) return base::fail(row.error());
  page.head = {epoch_, head_.count(0)};
  head_.reset();
  // "From the start" is a position of every epoch.
  if ((after.epoch != epoch_ && after.seq != 0) || after.seq > page.head.seq) {
    return base::fail(
        base::out_of_range("this position is not of this log: the state was restored, or the position comes "
                           "from elsewhere; read the names again and start from the present head"));
  }
  page.next = {epoch_, after.seq};
  std::size_t bytes = 0;
  row = events_.first(*key, after.seq, std::min(limit, kMaxRows));
  for (; row && *row; row = events_.next()) {
    Event event;
    event.seq = events_.count(0);
    event.type = events_.text(1);
    event.version = static_cast<std::uint32_t>(events_.integer(2));
    event.subject = events_.text(3);
    event.id = events_.uuid(4);
    event.time = events_.time(5);
    event.run = events_.optional_uuid(6);
    event.correlation_id = events_.text(7);
    event.traceparent = events_.text(8);
    event.data = events_.text(9);
    bytes += event.data.size();
    page.next.seq = event.seq;
    page.events.push_back(std::move(event));
    if (bytes >= kMaxPageBytes) break;
  }
  if (!row) return base::fail(row.error());
  events_.reset();
  return page;
}

}  // namespace paynamed::state
