#include "state/domain_queries.hpp"

#include <algorithm>

#include "state/rows.hpp"

namespace paynamed::state {
namespace {

#define PAYNAMED_DOMAIN_COLUMNS                                                              \
  "l.domain, l.looked, d.degraded, d.code, d.reason, d.since, d.changed, d.signatures_end, " \
  "d.registration_end "

#define PAYNAMED_DOMAIN_TABLES \
  "FROM domain_looks l LEFT JOIN domains d ON d.tenant = ?1 AND d.domain = l.domain "

DomainRow domain_row(const Statement& row) {
  DomainRow domain;
  domain.domain = row.text(0);
  domain.looked = row.optional_time(1);
  domain.standing.degraded = row.integer(2) != 0;
  domain.standing.code = row.text(3);
  domain.standing.reason = row.text(4);
  domain.standing.since = row.optional_time(5);
  domain.standing.changed = row.optional_time(6);
  domain.standing.signatures_end = row.optional_time(7);
  domain.standing.registration_end = row.optional_time(8);
  return domain;
}

}  // namespace

DomainQueries::DomainQueries(Connection& connection, TenantKeys& tenants)
    : tenants_(&tenants),
      find_domain_(connection, "SELECT " PAYNAMED_DOMAIN_COLUMNS
                               ", l.zone, l.registration " PAYNAMED_DOMAIN_TABLES "WHERE l.domain = ?2"),
      list_domains_(connection, "SELECT " PAYNAMED_DOMAIN_COLUMNS PAYNAMED_DOMAIN_TABLES
                                "WHERE l.domain > ?2 ORDER BY l.domain LIMIT ?3") {}

base::Result<std::optional<DomainRow>> DomainQueries::find_domain(std::string_view tenant,
                                                                  std::string_view domain) {
  const auto number = tenants_->key_of(tenant);
  if (!number) return base::fail(number.error());
  return at_most_one<DomainRow>(find_domain_, find_domain_.first(*number, domain), [](const Statement& row) {
    DomainRow found = domain_row(row);
    found.zone = row.text(9);
    found.registration = row.text(10);
    return found;
  });
}

base::Result<std::vector<DomainRow>> DomainQueries::list_domains(std::string_view tenant,
                                                                 std::string_view after,
                                                                 std::uint32_t limit) {
  const auto number = tenants_->key_of(tenant);
  if (!number) return base::fail(number.error());
  return collect<DomainRow>(list_domains_, list_domains_.first(*number, after, std::min(limit, kMaxRows)),
                            domain_row);
}

}  // namespace paynamed::state
