#include "state/offer_queries.hpp"

#include <algorithm>

#include "state/rows.hpp"

namespace paynamed::state {
namespace {

#define PAYNAMED_OFFER_COLUMNS                                                                        \
  "o.offer_id, o.offer, n.name, o.source, o.state, o.node_instance, o.node, o.offer_key, o.created, " \
  "o.expires, o.retired_until "

OfferRow offer_row(const Statement& row) {
  OfferRow offer;
  offer.offer_id = row.text(0);
  offer.offer = row.text(1);
  offer.name = row.text(2);
  offer.source = static_cast<SourceKind>(row.integer(3));
  offer.state = static_cast<OfferState>(row.integer(4));
  offer.node_instance = row.text(5);
  offer.node = row.text(6);
  offer.offer_key = row.text(7);
  offer.created = row.time(8);
  offer.expires = row.optional_time(9);
  offer.retired_until = row.optional_time(10);
  return offer;
}

// Followed by the tenant and the offer's key; its place is its end.
Store::DueOffer ending_offer(const Statement& row) {
  return {std::string{row.text(11)}, offer_row(row), {row.time(9), row.integer(12)}};
}

}  // namespace

OfferQueries::OfferQueries(Connection& connection, TenantKeys& tenants)
    : tenants_(&tenants),
      offers_of_(connection,
                 "SELECT " PAYNAMED_OFFER_COLUMNS
                 "FROM names n JOIN offers o ON o.name = n.key WHERE n.name = ?1 AND o.tenant = ?2 "
                 "ORDER BY o.key DESC LIMIT ?3"),
      retired_offers_(
          connection,
          "SELECT " PAYNAMED_OFFER_COLUMNS
          ", t.name, o.key FROM offers o INDEXED BY offers_retired JOIN names n ON n.key = o.name "
          "JOIN tenants t ON t.key = o.tenant WHERE o.state = 1 AND o.retired_until <= ?1 AND "
          "(o.retired_until, o.key) > (?2, ?3) ORDER BY o.retired_until, o.key LIMIT ?4"),
      ending_offers_(connection,
                     "SELECT " PAYNAMED_OFFER_COLUMNS
                     ", t.name, o.key FROM offers o INDEXED BY offers_ending JOIN names n ON n.key = o.name "
                     "JOIN tenants t ON t.key = o.tenant WHERE o.state = 0 AND o.expiry_announced = 0 AND "
                     "o.expires IS NOT NULL AND o.expires < ?1 AND (o.expires, o.key) > (?2, ?3) "
                     "ORDER BY o.expires, o.key LIMIT ?4"),
      active_ending_offers_(
          connection,
          "SELECT " PAYNAMED_OFFER_COLUMNS
          ", t.name, o.key FROM offers o INDEXED BY offers_active_ending JOIN names n ON n.key = o.name "
          "JOIN tenants t ON t.key = o.tenant WHERE o.state = 0 AND o.expires IS NOT NULL AND o.expires < ?1 "
          "AND (o.expires, o.key) > (?2, ?3) ORDER BY o.expires, o.key LIMIT ?4") {}

base::Result<std::vector<OfferRow>> OfferQueries::offers_of(std::string_view tenant, std::string_view name,
                                                            std::uint32_t limit) {
  const auto key = tenants_->key_of(tenant);
  if (!key) return base::fail(key.error());
  return collect<OfferRow>(offers_of_, offers_of_.first(name, *key, std::min(limit, kMaxRows)), offer_row);
}

base::Result<std::vector<Store::DueOffer>> OfferQueries::retired_offers_due(base::WallTime now,
                                                                            Store::DuePlace after,
                                                                            std::uint32_t limit) {
  return collect<Store::DueOffer>(
      retired_offers_, retired_offers_.first(now, after.until, after.offer, std::min(limit, kMaxRows)),
      [](const Statement& row) {
        return Store::DueOffer{std::string{row.text(11)}, offer_row(row), {row.time(10), row.integer(12)}};
      });
}

base::Result<std::vector<Store::DueOffer>> OfferQueries::offers_ending(base::WallTime time,
                                                                       Store::DuePlace after,
                                                                       std::uint32_t limit) {
  return collect<Store::DueOffer>(
      ending_offers_, ending_offers_.first(time, after.until, after.offer, std::min(limit, kMaxRows)),
      ending_offer);
}

base::Result<std::vector<Store::DueOffer>> OfferQueries::active_offers_ending(base::WallTime time,
                                                                              Store::DuePlace after,
                                                                              std::uint32_t limit) {
  return collect<Store::DueOffer>(
      active_ending_offers_,
      active_ending_offers_.first(time, after.until, after.offer, std::min(limit, kMaxRows)), ending_offer);
}

}  // namespace paynamed::state
