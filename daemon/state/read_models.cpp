#include "state/read_models.hpp"

#include <fmt/format.h>

#include "state/node_table.hpp"

namespace paynamed::state {
namespace {

base::Status contradiction(std::string_view what) {
  return base::internal(fmt::format("an event was not stored, because {}; report this defect", what));
}

constexpr std::int64_t number(NameState state) {
  return static_cast<std::int64_t>(state);
}

}  // namespace

ReadModels::ReadModels(Connection& connection)
    : connection_(&connection),
      payments_(connection),
      find_name_(connection,
                 "SELECT key, tenant, state, owner, open_run, revision, quarantined_until, dns_instance, "
                 "node_instance, prior_until IS NOT NULL, value, node FROM names WHERE name = ?"),
      insert_name_(
          connection,
          "INSERT INTO names(key, tenant, name, state, owner, reference, livemode, source, created, updated, "
          "open_run, revision) VALUES (NULL, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, 1)"),
      begin_again_(
          connection,
          // The right sides see the row as it was.
          "UPDATE names SET "
          "prior_until = iif(state = 4, quarantined_until, NULL), prior_tenant = iif(state = 4, tenant, "
          "NULL), "
          "prior_owner = iif(state = 4, owner, NULL), prior_reference = iif(state = 4, reference, NULL), "
          "prior_source = iif(state = 4, source, NULL), prior_livemode = iif(state = 4, livemode, NULL), "
          "tenant = ?2, state = 0, owner = ?3, reference = ?4, livemode = ?5, source = ?6, created = ?7, "
          "updated = ?7, "
          "open_run = ?8, revision = revision + 1, live_since = NULL, quarantined_until = NULL, ttl = 0, "
          "dns_instance = '', node_instance = '', node = '', offer_id = '', value = '' WHERE key = ?1"),
      begin_other_verb_(
          connection, "UPDATE names SET open_run = ?2, updated = ?3, revision = revision + 1 WHERE key = ?1"),
      restore_quarantine_(
          connection,
          "UPDATE names SET tenant = prior_tenant, state = 4, owner = prior_owner, reference = "
          "prior_reference, "
          "source = prior_source, livemode = prior_livemode, quarantined_until = prior_until, open_run = "
          "NULL, "
          "updated = ?2, revision = revision + 1, live_since = NULL, ttl = 0, dns_instance = '', "
          "node_instance = '', "
          "node = '', offer_id = '', value = '', prior_until = NULL, prior_tenant = NULL, prior_owner = "
          "NULL, "
          "prior_reference = NULL, prior_source = NULL, prior_livemode = NULL WHERE key = ?1"),
      free_name_(
          connection,
          "UPDATE names SET state = -1, owner = '', reference = '', open_run = NULL, updated = ?2, "
          "revision = revision + 1, live_since = NULL, quarantined_until = NULL, ttl = 0, dns_instance = '', "
          "node_instance = '', node = '', offer_id = '', value = '' WHERE key = ?1"),
      end_run_of_name_(
          connection,
          "UPDATE names SET open_run = NULL, updated = ?2, revision = revision + 1, prior_until = NULL, "
          "prior_tenant = NULL, prior_owner = NULL, prior_reference = NULL, prior_source = NULL, "
          "prior_livemode = NULL WHERE key = ?1"),
      record_name_(
          connection,
          "UPDATE names SET state = ?2, value = ?3, ttl = ?4, dns_instance = ?5, offer_id = ?6, source = ?7, "
          "node_instance = ?8, node = ?9, live_since = ?10, quarantined_until = NULL, updated = ?11, "
          "revision = revision + 1 WHERE key = ?1"),
      make_live_(connection,
                 "UPDATE names SET state = 2, live_since = coalesce(live_since, ?2), updated = ?2, "
                 "revision = revision + 1 WHERE key = ?1"),
      degrade_(connection,
               "UPDATE names SET state = 3, live_since = NULL, updated = ?2, revision = revision + 1 "
               "WHERE key = ?1"),
      remove_name_(connection,
                   "UPDATE names SET state = 4, owner = coalesce(?2, owner), quarantined_until = ?3, "
                   "live_since = NULL, "
                   "ttl = 0, dns_instance = '', node_instance = '', node = '', offer_id = '', value = '', "
                   "updated = ?4, revision = revision + 1 WHERE key = ?1"),
      move_name_(connection,
                 "UPDATE names SET dns_instance = ?2, updated = ?3, revision = revision + 1 WHERE key = ?1"),
      insert_run_(connection,
                  "INSERT INTO runs(key, id, tenant, verb, name, state, reason, accepted, updated, finished, "
                  "correlation_id) VALUES (?1, ?2, ?3, ?4, ?5, 0, '', ?6, ?6, NULL, ?7)"),
      find_run_(connection, "SELECT state, verb, name FROM runs WHERE key = ? AND finished IS NULL"),
      move_run_(connection, "UPDATE runs SET state = ?2, reason = ?3, updated = ?4 WHERE key = ?1"),
      end_run_(connection,
               "UPDATE runs SET state = ?2, reason = ?3, updated = ?4, finished = ?4 WHERE key = ?1"),
      find_offer_(connection,
                  "SELECT key, state, node_instance, node, tenant FROM offers WHERE name = ? AND offer_id = "
                  "? AND tenant = ?"),
      put_offer_(
          connection,
          "INSERT INTO offers(key, tenant, name, offer_id, offer, source, state, node_instance, node, "
          "offer_key, created, expires, retired_until) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, NULL) "
          "ON CONFLICT(name, offer_id) DO UPDATE SET tenant = excluded.tenant, offer = excluded.offer, "
          "source = excluded.source, state = 0, node_instance = excluded.node_instance, node = "
          "excluded.node, "
          "offer_key = excluded.offer_key, expires = excluded.expires, retired_until = NULL, "
          "expiry_announced = 0"),
      end_offer_(connection, "UPDATE offers SET state = ?2, retired_until = ?3 WHERE key = ?1"),
      announce_end_(connection, "UPDATE offers SET expiry_announced = 1 WHERE key = ?1"),
      find_domain_(connection, "SELECT degraded, code FROM domains WHERE tenant = ? AND domain = ?"),
      put_domain_(connection,
                  "INSERT INTO domains VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, NULL, NULL) "
                  "ON CONFLICT DO UPDATE SET degraded = ?3, code = ?4, reason = ?5, since = ?6"),
      change_domain_(connection,
                     "INSERT INTO domains VALUES (?1, ?2, 0, '', '', NULL, ?3, NULL, NULL) "
                     "ON CONFLICT DO UPDATE SET changed = ?3"),
      announce_signatures_(connection,
                           "INSERT INTO domains VALUES (?1, ?2, 0, '', '', NULL, NULL, ?3, NULL) "
                           "ON CONFLICT DO UPDATE SET signatures_end = ?3"),
      announce_registration_(connection,
                             "INSERT INTO domains VALUES (?1, ?2, 0, '', '', NULL, NULL, NULL, ?3) "
                             "ON CONFLICT DO UPDATE SET registration_end = ?3"),
      write_totals_(
          connection,
          "INSERT OR REPLACE INTO totals(one, names, live, open_runs, paused_runs, degraded, payments) "
          "VALUES (1, ?, ?, ?, ?, ?, ?)"),
      write_uses_(connection, "INSERT OR REPLACE INTO instance_uses VALUES (?, ?, ?)"),
      write_domain_uses_(connection, "INSERT OR REPLACE INTO domain_uses VALUES (?, ?, ?)"),
      erase_domain_uses_(connection, "DELETE FROM domain_uses WHERE domain = ? AND instance = ?"),
      insert_node_(
          connection,
          "INSERT INTO nodes(id, tenant, owner, instance, reference, label, node_id, secrets, added) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      erase_node_(connection,
                  "DELETE FROM nodes WHERE id = ? AND tenant = ? AND instance = ? AND reference = ?"),
      change_node_(
          connection,
          "UPDATE nodes SET secrets = ? WHERE id = ? AND tenant = ? AND instance = ? AND reference = "
          "?"),
      write_node_uses_(connection, "INSERT OR REPLACE INTO node_uses VALUES (?, ?, ?, ?, ?)"),
      erase_node_uses_(connection, "DELETE FROM node_uses WHERE instance = ? AND node = ? AND tenant = ?") {}

base::Result<void> ReadModels::load() {
  totals_ = {};
  totals_changed_ = false;
  uses_.clear();
  domain_uses_.clear();
  node_uses_.clear();
  Statement totals(*connection_,
                   "SELECT names, live, open_runs, paused_runs, degraded, payments FROM totals");
  auto row = totals.first();
  if (!row) return base::fail(row.error());
  if (*row) {
    totals_ = {totals.integer(0), totals.integer(1), totals.integer(2),
               totals.integer(3), totals.integer(4), totals.integer(5)};
  }
  totals.reset();

  Statement uses(*connection_, "SELECT instance, names, offers FROM instance_uses");
  for (row = uses.first(); row && *row; row = uses.next()) {
    uses_.emplace(std::string{uses.text(0)}, Uses{uses.integer(1), uses.integer(2), false});
  }
  if (!row) return base::fail(row.error());

  Statement domains(*connection_, "SELECT domain, instance, names FROM domain_uses");
  for (row = domains.first(); row && *row; row = domains.next()) {
    domain_uses_.emplace(std::pair{std::string{domains.text(0)}, std::string{domains.text(1)}},
                         Uses{domains.integer(2), 0, false});
  }
  if (!row) return base::fail(row.error());

  Statement nodes(*connection_, "SELECT instance, node, tenant, names, offers FROM node_uses");
  for (row = nodes.first(); row && *row; row = nodes.next()) {
    node_uses_.emplace(std::tuple{std::string{nodes.text(0)}, std::string{nodes.text(1)}, nodes.integer(2)},
                       Uses{nodes.integer(3), nodes.integer(4), false});
  }
  if (!row) return base::fail(row.error());
  return {};
}

base::Result<void> ReadModels::flush() {
  if (std::exchange(totals_changed_, false)) {
    if (auto done = write_totals_.run(totals_.names, totals_.live, totals_.open_runs, totals_.paused_runs,
                                      totals_.degraded, totals_.payments);
        !done) {
      return done;
    }
  }
  for (auto& [instance, uses] : uses_) {
    if (!std::exchange(uses.changed, false)) continue;
    if (auto done = write_uses_.run(instance, uses.names, uses.offers); !done) return done;
  }
  for (auto at = domain_uses_.begin(); at != domain_uses_.end();) {
    const auto& [domain, instance] = at->first;
    Uses& uses = at->second;
    if (std::exchange(uses.changed, false)) {
      auto done = uses.names == 0 ? erase_domain_uses_.run(domain, instance)
                                  : write_domain_uses_.run(domain, instance, uses.names);
      if (!done) return done;
    }
    at = uses.names == 0 ? domain_uses_.erase(at) : std::next(at);
  }
  return flush_node_uses();
}

base::Result<void> ReadModels::flush_node_uses() {
  for (auto at = node_uses_.begin(); at != node_uses_.end();) {
    const auto& [instance, node, tenant] = at->first;
    Uses& uses = at->second;
    const bool is_unused = uses.names == 0 && uses.offers == 0;
    if (std::exchange(uses.changed, false)) {
      auto done = is_unused ? erase_node_uses_.run(instance, node, tenant)
                            : write_node_uses_.run(instance, node, tenant, uses.names, uses.offers);
      if (!done) return done;
    }
    at = is_unused ? node_uses_.erase(at) : std::next(at);
  }
  return {};
}

base::Result<void> ReadModels::apply(const Fact& fact, const Context& context) {
  using Kind = Fact::Kind;
  switch (fact.kind) {
    case Kind::kOther:
      return {};
    case Kind::kRunAccepted:
      return run_accepted(fact, context);
    case Kind::kRunPaused:
      return run_moved(fact, context, RunState::kPaused);
    case Kind::kRunResumed:
      return run_moved(fact, context, fact.compensating ? RunState::kCompensating : RunState::kRunning);
    case Kind::kRunCompensating:
      return run_moved(fact, context, RunState::kCompensating);
    case Kind::kRunCompleted:
      return run_ended(fact, context, RunState::kCompleted);
    case Kind::kRunCompensated:
      return run_ended(fact, context, RunState::kCompensated);
    case Kind::kOfferCreated:
      return offer_created(fact, context);
    case Kind::kOfferRetired:
      return offer_ended(fact, context, OfferState::kRetired);
    case Kind::kOfferDisabled:
      return offer_ended(fact, context, OfferState::kDisabled);
    case Kind::kOfferExpiring:
      return offer_expiring(fact, context);
    case Kind::kNamePublished:
      return name_recorded(fact, context, NameState::kPublished);
    case Kind::kNameLive:
      return name_live(fact, context);
    case Kind::kNameDegraded:
      return name_degraded(fact, context);
    case Kind::kNameRecovered:
      return name_recovered(fact, context);
    case Kind::kNameReverted:
      return name_recorded(fact, context, fact.name_state);
    case Kind::kNameRemoved:
      return name_removed(fact, context);
    case Kind::kNameMoved:
      return name_moved(fact, context);
    case Kind::kDomainDegraded:
    case Kind::kDomainRecovered:
    case Kind::kDomainChanged:
    case Kind::kDomainExpiring:
      return domain_spoken_of(fact, context);
    case Kind::kPaymentReceived:
    case Kind::kInvoiceCreated:
    case Kind::kInvoicePaid:
    case Kind::kInvoiceExpired:
    case Kind::kOrderCreated:
    case Kind::kOrderPaid:
    case Kind::kOrderUnderpaid:
    case Kind::kOrderOverpaid:
    case Kind::kOrderLate:
    case Kind::kOrderExpired:
      return payment_spoken_of(fact, context);
    case Kind::kNodeAdded:
      return node_added(fact, context);
    case Kind::kNodeRemoved:
      return node_removed(fact, context);
    case Kind::kNodeCredentialsChanged:
      return node_credentials_changed(fact, context);
    case Kind::kNodeReachable:
    case Kind::kNodeUnreachable:
      return {};
  }
  return base::fail(contradiction("its kind is not known"));
}

base::Result<std::optional<NameEntry>> ReadModels::find_name(std::string_view name) {
  const auto row = find_name_.first(name);
  if (!row) return base::fail(row.error());
  if (!*row) return std::nullopt;
  NameEntry entry;
  entry.key = find_name_.integer(0);
  entry.tenant = find_name_.integer(1);
  entry.state = find_name_.integer(2);
  entry.owner = find_name_.text(3);
  if (!find_name_.is_null(4)) entry.open_run = find_name_.integer(4);
  entry.revision = find_name_.count(5);
  entry.quarantined_until = find_name_.optional_time(6);
  entry.dns_instance = find_name_.text(7);
  entry.node_instance = find_name_.text(8);
  entry.was_quarantined = find_name_.integer(9) != 0;
  entry.value = find_name_.text(10);
  entry.node = find_name_.text(11);
  find_name_.reset();
  return entry;
}

base::Result<NameEntry> ReadModels::name_of(const Fact& fact, const Context& context) {
  auto found = find_name(fact.name);
  if (!found) return base::fail(found.error());
  if (!*found || (*found)->is_free()) {
    return base::fail(contradiction(fmt::format("it speaks of {}, which is not registered", fact.name)));
  }
  if ((*found)->tenant != context.tenant) {
    return base::fail(contradiction(fmt::format("it speaks of {}, which another tenant has", fact.name)));
  }
  return std::move(**found);
}

base::Result<void> ReadModels::run_accepted(const Fact& fact, const Context& context) {
  if (context.run == 0) return base::fail(contradiction("run.accepted belongs to no run"));
  auto found = find_name(fact.name);
  if (!found) return base::fail(found.error());
  std::optional<NameEntry>& name = *found;

  std::int64_t name_key = 0;
  if (fact.verb == Verb::kRegister) {
    const std::string owner = fact.owner.value_or("");
    if (!name) {
      if (auto done = insert_name_.run(context.tenant, fact.name, owner, fact.reference, fact.livemode,
                                       fact.source, context.time, context.time, context.run);
          !done) {
        return done;
      }
      name_key = sqlite3_last_insert_rowid(connection_->raw());
    } else {
      if (!name->is_free() && !name->is(NameState::kQuarantined)) {
        return base::fail(contradiction(fmt::format("it registers {}, which is taken", fact.name)));
      }
      if (auto done = begin_again_.run(name->key, context.tenant, owner, fact.reference, fact.livemode,
                                       fact.source, context.time, context.run);
          !done) {
        return done;
      }
      name_key = name->key;
    }
    count_name(fact.name, name.value_or(NameEntry{}), number(NameState::kRegistering), {}, {}, {},
               context.tenant);
  } else {
    auto mine = name_of(fact, context);
    if (!mine) return base::fail(mine.error());
    name_key = mine->key;
    if (auto done = begin_other_verb_.run(name_key, context.run, context.time); !done) return done;
  }
  ++totals_.open_runs;
  totals_changed_ = true;
  return insert_run_.run(context.run, fact.run, context.tenant, fact.verb, name_key, context.time,
                         fact.correlation_id);
}

base::Result<void> ReadModels::run_moved(const Fact& fact, const Context& context, RunState to) {
  const auto row = find_run_.first(context.run);
  if (!row) return base::fail(row.error());
  if (!*row) return base::fail(contradiction("its run is not open"));
  const auto from = static_cast<RunState>(find_run_.integer(0));
  find_run_.reset();
  totals_.paused_runs += (to == RunState::kPaused ? 1 : 0) - (from == RunState::kPaused ? 1 : 0);
  totals_changed_ = true;
  return move_run_.run(context.run, to, fact.reason, context.time);
}

base::Result<void> ReadModels::run_ended(const Fact& fact, const Context& context, RunState to) {
  const auto row = find_run_.first(context.run);
  if (!row) return base::fail(row.error());
  if (!*row) return base::fail(contradiction("its run is not open"));
  const auto from = static_cast<RunState>(find_run_.integer(0));
  const auto verb = static_cast<Verb>(find_run_.integer(1));
  find_run_.reset();
  const auto name = name_of(fact, context);
  if (!name) return base::fail(name.error());

  --totals_.open_runs;
  if (from == RunState::kPaused) --totals_.paused_runs;
  totals_changed_ = true;
  if (auto done = end_run_.run(context.run, to, fact.reason, context.time); !done) return done;
  if (to != RunState::kCompensated || verb != Verb::kRegister)
    return end_run_of_name_.run(name->key, context.time);
  if (name->was_quarantined) {
    count_name(fact.name, *name, number(NameState::kQuarantined), {}, {}, {}, context.tenant);
    return restore_quarantine_.run(name->key, context.time);
  }
  count_name(fact.name, *name, kFreeName, {}, {}, {}, context.tenant);
  return free_name_.run(name->key, context.time);
}

base::Result<void> ReadModels::offer_created(const Fact& fact, const Context& context) {
  const auto name = name_of(fact, context);
  if (!name) return base::fail(name.error());
  const auto row = find_offer_.first(name->key, fact.offer_id, context.tenant);
  if (!row) return base::fail(row.error());
  if (*row && find_offer_.integer(1) != static_cast<std::int64_t>(OfferState::kDisabled)) {
    use_offer(find_offer_.text(2), find_offer_.text(3), find_offer_.integer(4), -1);
  }
  find_offer_.reset();
  use_offer(fact.node_instance, fact.node, context.tenant, 1);
  return put_offer_.run(nullptr, context.tenant, name->key, fact.offer_id, fact.offer, fact.source,
                        fact.node_instance, fact.node, fact.offer_key, context.time, fact.until);
}

base::Result<void> ReadModels::offer_ended(const Fact& fact, const Context& context, OfferState to) {
  // Not name_of(): an offer outlives its name.
  const auto name = find_name(fact.name);
  if (!name) return base::fail(name.error());
  const auto row =
      *name ? find_offer_.first((*name)->key, fact.offer_id, context.tenant) : base::Result<bool>{false};
  if (!row) return base::fail(row.error());
  if (!*row) return base::fail(contradiction(fmt::format("{} has no offer {}", fact.name, fact.offer_id)));
  const std::int64_t key = find_offer_.integer(0);
  const bool was_disabled = find_offer_.integer(1) == static_cast<std::int64_t>(OfferState::kDisabled);
  const bool is_disabled = to == OfferState::kDisabled;
  if (was_disabled != is_disabled)
    use_offer(find_offer_.text(2), find_offer_.text(3), find_offer_.integer(4), is_disabled ? -1 : 1);
  find_offer_.reset();
  return end_offer_.run(key, to, is_disabled ? std::nullopt : fact.until);
}

base::Result<void> ReadModels::offer_expiring(const Fact& fact, const Context& context) {
  const auto name = find_name(fact.name);
  if (!name) return base::fail(name.error());
  const auto row =
      *name ? find_offer_.first((*name)->key, fact.offer_id, context.tenant) : base::Result<bool>{false};
  if (!row) return base::fail(row.error());
  if (!*row) return base::fail(contradiction(fmt::format("{} has no offer {}", fact.name, fact.offer_id)));
  const std::int64_t key = find_offer_.integer(0);
  find_offer_.reset();
  return announce_end_.run(key);
}

base::Result<void> ReadModels::name_recorded(const Fact& fact, const Context& context, NameState to) {
  const auto name = name_of(fact, context);
  if (!name) return base::fail(name.error());
  count_name(fact.name, *name, number(to), fact.dns_instance, fact.node_instance, fact.node, context.tenant);
  const auto live_since = to == NameState::kLive ? std::optional{context.time} : std::nullopt;
  return record_name_.run(name->key, to, fact.value, fact.ttl, fact.dns_instance, fact.offer_id, fact.source,
                          fact.node_instance, fact.node, live_since, context.time);
}

base::Result<void> ReadModels::name_live(const Fact& fact, const Context& context) {
  const auto name = name_of(fact, context);
  if (!name) return base::fail(name.error());
  if (name->is(NameState::kQuarantined) || name->is(NameState::kRegistering)) {
    return base::fail(contradiction(fmt::format("{} is live without a record", fact.name)));
  }
  count_state(fact.name, *name, NameState::kLive);
  return make_live_.run(name->key, context.time);
}

base::Result<void> ReadModels::name_degraded(const Fact& fact, const Context& context) {
  const auto name = name_of(fact, context);
  if (!name) return base::fail(name.error());
  if (!name->is(NameState::kLive)) {
    return base::fail(contradiction(fmt::format("{} is degraded and was not live", fact.name)));
  }
  count_state(fact.name, *name, NameState::kDegraded);
  return degrade_.run(name->key, context.time);
}

base::Result<void> ReadModels::name_recovered(const Fact& fact, const Context& context) {
  const auto name = name_of(fact, context);
  if (!name) return base::fail(name.error());
  if (!name->is(NameState::kDegraded)) {
    return base::fail(contradiction(fmt::format("{} recovered and was not degraded", fact.name)));
  }
  count_state(fact.name, *name, NameState::kLive);
  return make_live_.run(name->key, context.time);
}

base::Result<void> ReadModels::name_removed(const Fact& fact, const Context& context) {
  const auto name = name_of(fact, context);
  if (!name) return base::fail(name.error());
  count_name(fact.name, *name, number(NameState::kQuarantined), {}, {}, {}, context.tenant);
  return remove_name_.run(name->key, fact.owner, fact.until, context.time);
}

base::Result<void> ReadModels::name_moved(const Fact& fact, const Context& context) {
  const auto name = name_of(fact, context);
  if (!name) return base::fail(name.error());
  if (name->dns_instance.empty()) {
    return base::fail(contradiction(fmt::format("{} was moved and has no record", fact.name)));
  }
  use_names(name->dns_instance, name->node_instance, -1);
  use_names(fact.dns_instance, name->node_instance, 1);
  use_domain(fact.name, name->dns_instance, -1);
  use_domain(fact.name, fact.dns_instance, 1);
  return move_name_.run(name->key, fact.dns_instance, context.time);
}

base::Result<void> ReadModels::payment_spoken_of(const Fact& fact, const Context& context) {
  // Not name_of(): what was made for a name can be paid for ever, whoever has it by then.
  const auto name = find_name(fact.name);
  if (!name) return base::fail(name.error());
  if (!*name) return base::fail(contradiction(fmt::format("there never was a name {}", fact.name)));
  if (auto done = payments_.apply(fact, {context.tenant, (*name)->key, context.time}); !done) return done;
  if (fact.kind != Fact::Kind::kPaymentReceived) return {};
  ++totals_.payments;
  totals_changed_ = true;
  return {};
}

base::Result<void> ReadModels::domain_spoken_of(const Fact& fact, const Context& context) {
  using Kind = Fact::Kind;
  if (fact.kind == Kind::kDomainChanged) return change_domain_.run(context.tenant, fact.domain, context.time);
  if (fact.kind == Kind::kDomainExpiring) {
    Statement& announce = fact.of_registration ? announce_registration_ : announce_signatures_;
    return announce.run(context.tenant, fact.domain, fact.until);
  }
  const auto row = find_domain_.first(context.tenant, fact.domain);
  if (!row) return base::fail(row.error());
  const bool was_degraded = *row && find_domain_.integer(0) != 0;
  const bool same_code = was_degraded && find_domain_.text(1) == fact.code;
  find_domain_.reset();
  const bool is_degraded = fact.kind == Kind::kDomainDegraded;
  if (is_degraded && same_code) {
    return base::fail(contradiction(fmt::format("{} is degraded for this already", fact.domain)));
  }
  if (!is_degraded && !was_degraded) {
    return base::fail(contradiction(fmt::format("{} recovered and was not degraded", fact.domain)));
  }
  return put_domain_.run(context.tenant, fact.domain, is_degraded, fact.code, fact.reason, context.time);
}

void ReadModels::count_state(std::string_view name, const NameEntry& before, NameState state) {
  count_name(name, before, number(state), before.dns_instance, before.node_instance, before.node,
             before.tenant);
}

void ReadModels::count_name(std::string_view name, const NameEntry& before, std::int64_t state,
                            std::string_view dns_instance, std::string_view node_instance,
                            std::string_view node, TenantKey tenant) {
  totals_.names += (state == kFreeName ? 0 : 1) - (before.is_free() ? 0 : 1);
  const auto by = [&](NameState counted) {
    return (state == number(counted) ? 1 : 0) - (before.is(counted) ? 1 : 0);
  };
  totals_.live += by(NameState::kLive);
  totals_.degraded += by(NameState::kDegraded);
  totals_changed_ = true;
  if (before.node_instance != node_instance || before.node != node) {
    use_node(before.node_instance, before.node, before.tenant, -1, 0);
    use_node(node_instance, node, tenant, 1, 0);
  }
  if (before.dns_instance == dns_instance && before.node_instance == node_instance) return;
  use_names(before.dns_instance, before.node_instance, -1);
  use_names(dns_instance, node_instance, 1);
  if (before.dns_instance == dns_instance) return;
  use_domain(name, before.dns_instance, -1);
  use_domain(name, dns_instance, 1);
}

void ReadModels::use_names(std::string_view dns_instance, std::string_view node_instance, std::int64_t by) {
  for (const std::string_view instance : {dns_instance, node_instance}) {
    if (instance.empty()) continue;
    Uses& uses = uses_[std::string{instance}];
    uses.names += by;
    uses.changed = true;
    if (dns_instance == node_instance) return;
  }
}

void ReadModels::use_domain(std::string_view name, std::string_view dns_instance, std::int64_t by) {
  if (dns_instance.empty()) return;
  const std::string_view domain = name.substr(name.find('@') + 1);
  Uses& uses = domain_uses_[{std::string{domain}, std::string{dns_instance}}];
  uses.names += by;
  uses.changed = true;
}

void ReadModels::use_offer(std::string_view node_instance, std::string_view node, TenantKey tenant,
                           std::int64_t by) {
  if (node_instance.empty()) return;
  Uses& uses = uses_[std::string{node_instance}];
  uses.offers += by;
  uses.changed = true;
  use_node(node_instance, node, tenant, 0, by);
}

void ReadModels::use_node(std::string_view node_instance, std::string_view node, TenantKey tenant,
                          std::int64_t names, std::int64_t offers) {
  if (node_instance.empty()) return;
  Uses& uses = node_uses_[{std::string{node_instance}, std::string{node}, tenant}];
  uses.names += names;
  uses.offers += offers;
  uses.changed = true;
}

base::Result<void> ReadModels::node_added(const Fact& fact, const Context& context) {
  return insert_node_.run(fact.added_node, context.tenant, fact.owner.value_or(""), fact.node_instance,
                          fact.node, fact.label, fact.node_id, joined_words(fact.secrets), context.time);
}

base::Result<void> ReadModels::node_removed(const Fact& fact, const Context& context) {
  if (auto done = erase_node_.run(fact.added_node, context.tenant, fact.node_instance, fact.node); !done)
    return done;
  if (sqlite3_changes(connection_->raw()) != 1)
    return base::fail(contradiction("it removes a node that is not there"));
  return {};
}

base::Result<void> ReadModels::node_credentials_changed(const Fact& fact, const Context& context) {
  auto done = change_node_.run(joined_words(fact.secrets), fact.added_node, context.tenant,
                               fact.node_instance, fact.node);
  if (!done) return done;
  if (sqlite3_changes(connection_->raw()) != 1)
    return base::fail(contradiction("it is about a node that is not there"));
  return {};
}

}  // namespace paynamed::state
