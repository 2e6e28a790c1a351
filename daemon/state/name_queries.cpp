#include "state/name_queries.hpp"

#include <algorithm>

#include "state/rows.hpp"

namespace paynamed::state {
namespace {

#define PAYNAMED_NAME_COLUMNS                                                                            \
  "SELECT n.name, n.state, n.owner, n.reference, n.livemode, n.source, n.value, n.ttl, n.dns_instance, " \
  "n.node_instance, n.node, n.offer_id, n.created, n.updated, n.live_since, n.quarantined_until, r.id, " \
  "n.revision FROM names n LEFT JOIN runs r ON r.key = n.open_run "

#define PAYNAMED_WATCHED_COLUMNS "n.key, t.name, n.name, n.value, n.state, n.open_run IS NOT NULL "

NameRow name_row(const Statement& row) {
  NameRow name;
  name.name = row.text(0);
  name.domain = name.name.substr(name.name.find('@') + 1);
  name.state = static_cast<NameState>(row.integer(1));
  name.owner = row.text(2);
  name.reference = row.text(3);
  name.livemode = row.integer(4) != 0;
  name.source = static_cast<SourceKind>(row.integer(5));
  name.value = row.text(6);
  name.ttl_seconds = static_cast<std::uint32_t>(row.integer(7));
  name.dns_instance = row.text(8);
  name.node_instance = row.text(9);
  name.node = row.text(10);
  name.offer_id = row.text(11);
  name.created = row.time(12);
  name.updated = row.time(13);
  name.live_since = row.optional_time(14);
  name.quarantined_until = row.optional_time(15);
  name.open_run = row.optional_uuid(16);
  name.revision = row.count(17);
  return name;
}

WatchedName watched_name(const Statement& row) {
  WatchedName name;
  name.key = row.integer(0);
  name.tenant = row.text(1);
  name.name = row.text(2);
  name.value = row.text(3);
  name.state = static_cast<NameState>(row.integer(4));
  name.busy = row.integer(5) != 0;
  return name;
}

}  // namespace

NameQueries::NameQueries(Connection& connection, TenantKeys& tenants)
    : tenants_(&tenants),
      find_name_(connection, PAYNAMED_NAME_COLUMNS "WHERE n.name = ?1 AND n.tenant = ?2 AND n.state >= 0"),
      list_names_(connection, PAYNAMED_NAME_COLUMNS
                  "WHERE n.tenant = ?1 AND n.name > ?2 AND n.state >= 0 AND (?3 IS NULL OR n.state = ?3) AND "
                  "(?4 = '' OR substr(n.name, instr(n.name, '@') + 1) = ?4) ORDER BY n.name LIMIT ?5"),
      list_unusual_names_(
          connection, PAYNAMED_NAME_COLUMNS
          "WHERE n.tenant = ?1 AND n.name > ?2 AND n.state IN (0, 1, 3, 4) AND n.state = ?3 AND "
          "(?4 = '' OR substr(n.name, instr(n.name, '@') + 1) = ?4) ORDER BY n.name LIMIT ?5"),
      newest_name_(connection, "SELECT coalesce(max(key), 0) FROM names"),
      watched_name_(connection, "SELECT " PAYNAMED_WATCHED_COLUMNS
                                "FROM names n JOIN tenants t ON t.key = n.tenant "
                                "WHERE n.key = ? AND n.state IN (2, 3)"),
      degraded_names_(connection, "SELECT " PAYNAMED_WATCHED_COLUMNS
                                  "FROM tenants t JOIN names n INDEXED BY names_unusual ON n.tenant = t.key "
                                  "WHERE n.state = 3 AND n.state IN (0, 1, 3, 4) LIMIT ?") {}

base::Result<std::optional<NameRow>> NameQueries::find_name(std::string_view tenant, std::string_view name) {
  const auto key = tenants_->key_of(tenant);
  if (!key) return base::fail(key.error());
  return at_most_one<NameRow>(find_name_, find_name_.first(name, *key), name_row);
}

base::Result<std::vector<NameRow>> NameQueries::list_names(std::string_view tenant, std::string_view domain,
                                                           std::optional<NameState> state,
                                                           std::string_view after, std::uint32_t limit) {
  const auto key = tenants_->key_of(tenant);
  if (!key) return base::fail(key.error());
  Statement& query = state && *state != NameState::kLive ? list_unusual_names_ : list_names_;
  return collect<NameRow>(query, query.first(*key, after, state, domain, std::min(limit, kMaxRows)),
                          name_row);
}

base::Result<NameKey> NameQueries::newest_name() {
  const auto row = newest_name_.first();
  if (!row) return base::fail(row.error());
  const NameKey key = newest_name_.integer(0);
  newest_name_.reset();
  return key;
}

base::Result<std::vector<WatchedName>> NameQueries::watched_names(std::span<const NameKey> keys) {
  std::vector<WatchedName> names;
  for (const NameKey key : keys.first(std::min<std::size_t>(keys.size(), kMaxRows))) {
    auto name = at_most_one<WatchedName>(watched_name_, watched_name_.first(key), watched_name);
    if (!name) return base::fail(name.error());
    if (*name) names.push_back(std::move(**name));
  }
  return names;
}

base::Result<std::vector<WatchedName>> NameQueries::degraded_names(std::uint32_t limit) {
  return collect<WatchedName>(degraded_names_, degraded_names_.first(std::min(limit, kMaxRows)),
                              watched_name);
}

}  // namespace paynamed::state
