#include "state/reader.hpp"

#include <algorithm>
#include <map>

namespace paynamed::state {
namespace {

#define PAYNAMED_NAME_COLUMNS                                                                            \
  "SELECT n.name, n.state, n.owner, n.reference, n.livemode, n.source, n.value, n.ttl, n.dns_instance, " \
  "n.node_instance, n.node, n.offer_id, n.created, n.updated, n.live_since, n.quarantined_until, r.id, " \
  "n.revision FROM names n LEFT JOIN runs r ON r.key = n.open_run "
#define PAYNAMED_RUN_COLUMNS                                                                   \
  "SELECT r.key, r.id, r.verb, n.name, r.state, r.reason, r.accepted, r.updated, r.finished, " \
  "r.correlation_id "
#define PAYNAMED_OPEN_RUN_QUERY                                                                        \
  PAYNAMED_RUN_COLUMNS                                                                                 \
  ", r.tenant, t.name, i.traceparent, i.input, s.pipeline FROM runs r JOIN names n ON n.key = r.name " \
  "JOIN tenants t ON t.key = r.tenant JOIN run_inputs i ON i.run = r.key JOIN snapshots s ON s.key = " \
  "i.snapshot "
#define PAYNAMED_OFFER_COLUMNS                                                                        \
  "o.offer_id, o.offer, n.name, o.source, o.state, o.node_instance, o.node, o.offer_key, o.created, " \
  "o.expires, o.retired_until "

#define PAYNAMED_DOMAIN_COLUMNS                                                              \
  "l.domain, l.looked, d.degraded, d.code, d.reason, d.since, d.changed, d.signatures_end, " \
  "d.registration_end "
#define PAYNAMED_DOMAIN_TABLES \
  "FROM domain_looks l LEFT JOIN domains d ON d.tenant = ?1 AND d.domain = l.domain "
#define PAYNAMED_WATCHED_COLUMNS "n.key, t.name, n.name, n.value, n.state, n.open_run IS NOT NULL "

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

RunRow run_row(const Statement& row) {
  RunRow run;
  run.key = row.integer(0);
  run.id = row.uuid(1);
  run.verb = static_cast<Verb>(row.integer(2));
  run.name = row.text(3);
  run.state = static_cast<RunState>(row.integer(4));
  run.reason = row.text(5);
  run.accepted = row.time(6);
  run.updated = row.time(7);
  run.finished = row.optional_time(8);
  run.correlation_id = row.text(9);
  return run;
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

// All rows of a query that was just started.
template <class Row, class Read>
base::Result<std::vector<Row>> collect(Statement& statement, base::Result<bool> row, Read read) {
  std::vector<Row> rows;
  for (; row && *row; row = statement.next()) rows.push_back(read(statement));
  if (!row) return base::fail(row.error());
  return rows;
}

template <class Row, class Read>
base::Result<std::optional<Row>> at_most_one(Statement& statement, base::Result<bool> row, Read read) {
  if (!row) return base::fail(row.error());
  if (!*row) return std::nullopt;
  std::optional<Row> found = read(statement);
  statement.reset();
  return found;
}

// Several reads of one moment.
class Snapshot {
 public:
  Snapshot(Statement& begin, Statement& end) : end_(end), begun_(begin.run()) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() {
    if (begun_) static_cast<void>(end_.run());
  }
  const base::Result<void>& begun() const { return begun_; }

 private:
  Statement& end_;
  base::Result<void> begun_;
};

}  // namespace

Reader::Reader(Connection connection)
    : connection_(std::move(connection)),
      begin_(connection_, "BEGIN"),
      end_(connection_, "ROLLBACK"),
      find_tenant_(connection_, "SELECT key FROM tenants WHERE name = ?"),
      find_name_(connection_, PAYNAMED_NAME_COLUMNS "WHERE n.name = ?1 AND n.tenant = ?2 AND n.state >= 0"),
      list_names_(connection_, PAYNAMED_NAME_COLUMNS
                  "WHERE n.tenant = ?1 AND n.name > ?2 AND n.state >= 0 AND (?3 IS NULL OR n.state = ?3) AND "
                  "(?4 = '' OR substr(n.name, instr(n.name, '@') + 1) = ?4) ORDER BY n.name LIMIT ?5"),
      list_unusual_names_(
          connection_, PAYNAMED_NAME_COLUMNS
          "WHERE n.tenant = ?1 AND n.name > ?2 AND n.state IN (0, 1, 3, 4) AND n.state = ?3 AND "
          "(?4 = '' OR substr(n.name, instr(n.name, '@') + 1) = ?4) ORDER BY n.name LIMIT ?5"),
      offers_of_(connection_,
                 "SELECT " PAYNAMED_OFFER_COLUMNS
                 "FROM names n JOIN offers o ON o.name = n.key WHERE n.name = ?1 AND o.tenant = ?2 "
                 "ORDER BY o.key DESC LIMIT ?3"),
      retired_offers_(
          connection_,
          "SELECT " PAYNAMED_OFFER_COLUMNS
          ", t.name, o.key FROM offers o INDEXED BY offers_retired JOIN names n ON n.key = o.name "
          "JOIN tenants t ON t.key = o.tenant WHERE o.state = 1 AND o.retired_until <= ?1 AND "
          "(o.retired_until, o.key) > (?2, ?3) ORDER BY o.retired_until, o.key LIMIT ?4"),
      ending_offers_(connection_,
                     "SELECT " PAYNAMED_OFFER_COLUMNS
                     ", t.name, o.key FROM offers o INDEXED BY offers_ending JOIN names n ON n.key = o.name "
                     "JOIN tenants t ON t.key = o.tenant WHERE o.state = 0 AND o.expiry_announced = 0 AND "
                     "o.expires IS NOT NULL AND o.expires < ?1 AND (o.expires, o.key) > (?2, ?3) "
                     "ORDER BY o.expires, o.key LIMIT ?4"),
      newest_name_(connection_, "SELECT coalesce(max(key), 0) FROM names"),
      watched_name_(connection_, "SELECT " PAYNAMED_WATCHED_COLUMNS
                                 "FROM names n JOIN tenants t ON t.key = n.tenant "
                                 "WHERE n.key = ? AND n.state IN (2, 3)"),
      degraded_names_(connection_, "SELECT " PAYNAMED_WATCHED_COLUMNS
                                   "FROM tenants t JOIN names n INDEXED BY names_unusual ON n.tenant = t.key "
                                   "WHERE n.state = 3 AND n.state IN (0, 1, 3, 4) LIMIT ?"),
      find_proof_(connection_,
                  "SELECT p.value, p.leaf, t.chain, p.made, p.valid_from, p.expires, p.max_cache_ttl "
                  "FROM names n JOIN proofs p ON p.name = n.key JOIN proof_trunks t ON t.key = p.trunk "
                  "WHERE n.name = ? AND n.state >= 0 AND n.value = p.value"),
      proofs_ending_(connection_,
                     "SELECT t.name, n.name, p.expires, p.name FROM proofs p INDEXED BY proofs_by_end "
                     "JOIN names n ON n.key = p.name JOIN tenants t ON t.key = p.tenant "
                     "WHERE p.expires < ?1 AND (p.expires, p.name) > (?2, ?3) "
                     "ORDER BY p.expires, p.name LIMIT ?4"),
      find_domain_(connection_, "SELECT " PAYNAMED_DOMAIN_COLUMNS
                                ", l.zone, l.registration " PAYNAMED_DOMAIN_TABLES "WHERE l.domain = ?2"),
      list_domains_(connection_, "SELECT " PAYNAMED_DOMAIN_COLUMNS PAYNAMED_DOMAIN_TABLES
                                 "WHERE l.domain > ?2 ORDER BY l.domain LIMIT ?3"),
      find_key_use_(connection_,
                    "SELECT r.id, k.request_hash FROM idempotency_keys k JOIN runs r ON r.key = k.run "
                    "WHERE k.tenant = ?1 AND k.key = ?2"),
      find_run_(connection_, PAYNAMED_RUN_COLUMNS
                "FROM runs r JOIN names n ON n.key = r.name WHERE r.id = ?1 AND r.tenant = ?2"),
      run_key_(connection_, "SELECT key FROM runs WHERE id = ?1 AND tenant = ?2"),
      runs_of_tenant_(
          connection_, PAYNAMED_RUN_COLUMNS
          "FROM runs r INDEXED BY runs_of_tenant JOIN names n ON n.key = r.name WHERE r.tenant = ?1 AND "
          "r.key < ?2 AND (?3 IS NULL OR r.state = ?3) AND ?4 IS NOT NULL ORDER BY r.key DESC LIMIT ?5"),
      runs_of_name_(
          connection_, PAYNAMED_RUN_COLUMNS
          "FROM names n JOIN runs r INDEXED BY runs_of_name ON r.name = n.key WHERE r.tenant = ?1 AND "
          "r.key < ?2 AND (?3 IS NULL OR r.state = ?3) AND n.name = ?4 ORDER BY r.key DESC LIMIT ?5"),
      runs_open_(
          connection_, PAYNAMED_RUN_COLUMNS
          "FROM runs r INDEXED BY runs_open JOIN names n ON n.key = r.name WHERE r.finished IS NULL AND "
          "r.tenant = ?1 AND r.key < ?2 AND r.state = ?3 AND ?4 IS NOT NULL ORDER BY r.key DESC LIMIT ?5"),
      runs_compensated_(
          connection_, PAYNAMED_RUN_COLUMNS
          "FROM runs r INDEXED BY runs_compensated JOIN names n ON n.key = r.name WHERE r.state = 4 AND "
          "r.tenant = ?1 AND r.key < ?2 AND r.state = ?3 AND ?4 IS NOT NULL ORDER BY r.key DESC LIMIT ?5"),
      journal_of_(connection_,
                  "SELECT kind, step, attempt, time, payload FROM journal WHERE run = ? ORDER BY seq"),
      load_run_(connection_, PAYNAMED_OPEN_RUN_QUERY "WHERE r.key = ?"),
      open_runs_(
          connection_, PAYNAMED_OPEN_RUN_QUERY
          "WHERE r.key IN (SELECT key FROM runs INDEXED BY runs_open WHERE finished IS NULL AND key > ?1 "
          "ORDER BY key LIMIT ?2) ORDER BY r.key"),
      head_(connection_, "SELECT coalesce(max(seq), 0) FROM events WHERE tenant = ?"),
      events_(connection_,
              "SELECT e.seq, t.name, e.version, e.subject, e.id, e.time, r.id, e.correlation_id, "
              "e.traceparent, e.data "
              "FROM events e JOIN event_types t ON t.key = e.type LEFT JOIN runs r ON r.key = e.run "
              "WHERE e.tenant = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3"),
      uses_(connection_, "SELECT instance, names, offers FROM instance_uses WHERE names > 0 OR offers > 0"),
      domain_uses_(connection_, "SELECT domain, instance, names FROM domain_uses"),
      open_instances_(
          connection_,
          "SELECT i.instances, n.name FROM runs r INDEXED BY runs_open JOIN run_inputs i ON i.run = r.key "
          "JOIN names n ON n.key = r.name WHERE r.finished IS NULL"),
      totals_(connection_,
              "SELECT coalesce(t.names, 0), coalesce(t.live, 0), coalesce(t.open_runs, 0), "
              "coalesce(t.paused_runs, 0), "
              "h.last_offset, coalesce(t.degraded, 0) FROM heads h LEFT JOIN totals t ON t.one = 1"),
      moves_(connection_) {}

base::Result<std::unique_ptr<Reader>> Reader::open(const std::string& path, const std::string& vfs) {
  auto connection = Connection::open(path, Connection::Mode::kReadOnly, vfs);
  if (!connection) return base::fail(connection.error());
  // A reader must never fold the WAL into the file, not even the last one that closes it.
  sqlite3_db_config(connection->raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  auto done =
      connection->execute("PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY");
  if (!done) return base::fail(done.error());
  const auto epoch = connection->integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'epoch'");
  if (!epoch) return base::fail(epoch.error());
  std::unique_ptr<Reader> reader(new Reader(std::move(*connection)));
  reader->epoch_ = static_cast<std::uint32_t>(*epoch);
  return reader;
}

base::Result<TenantKey> Reader::tenant_key(std::string_view tenant) {
  // Numbers of tenants never change, so what was once found stays true.
  const auto known = tenants_.find(std::string{tenant});
  if (known != tenants_.end()) return known->second;
  const auto row = find_tenant_.first(tenant);
  if (!row) return base::fail(row.error());
  if (!*row) return TenantKey{0};
  const TenantKey key = find_tenant_.integer(0);
  find_tenant_.reset();
  tenants_.emplace(tenant, key);
  return key;
}

base::Result<std::optional<NameRow>> Reader::find_name(std::string_view tenant, std::string_view name) {
  const auto key = tenant_key(tenant);
  if (!key) return base::fail(key.error());
  return at_most_one<NameRow>(find_name_, find_name_.first(name, *key), name_row);
}

base::Result<std::vector<NameRow>> Reader::list_names(std::string_view tenant, std::string_view domain,
                                                      std::optional<NameState> state, std::string_view after,
                                                      std::uint32_t limit) {
  const auto key = tenant_key(tenant);
  if (!key) return base::fail(key.error());
  Statement& query = state && *state != NameState::kLive ? list_unusual_names_ : list_names_;
  return collect<NameRow>(query, query.first(*key, after, state, domain, std::min(limit, kMaxRows)),
                          name_row);
}

base::Result<std::vector<OfferRow>> Reader::offers_of(std::string_view tenant, std::string_view name,
                                                      std::uint32_t limit) {
  const auto key = tenant_key(tenant);
  if (!key) return base::fail(key.error());
  return collect<OfferRow>(offers_of_, offers_of_.first(name, *key, std::min(limit, kMaxRows)), offer_row);
}

base::Result<std::vector<Store::DueOffer>> Reader::retired_offers_due(base::WallTime now,
                                                                      Store::DuePlace after,
                                                                      std::uint32_t limit) {
  return collect<Store::DueOffer>(
      retired_offers_, retired_offers_.first(now, after.until, after.offer, std::min(limit, kMaxRows)),
      [](const Statement& row) {
        return Store::DueOffer{std::string{row.text(11)}, offer_row(row), {row.time(10), row.integer(12)}};
      });
}

base::Result<std::vector<Store::DueOffer>> Reader::offers_ending(base::WallTime time, Store::DuePlace after,
                                                                 std::uint32_t limit) {
  return collect<Store::DueOffer>(
      ending_offers_, ending_offers_.first(time, after.until, after.offer, std::min(limit, kMaxRows)),
      [](const Statement& row) {
        return Store::DueOffer{std::string{row.text(11)}, offer_row(row), {row.time(9), row.integer(12)}};
      });
}

base::Result<NameKey> Reader::newest_name() {
  const auto row = newest_name_.first();
  if (!row) return base::fail(row.error());
  const NameKey key = newest_name_.integer(0);
  newest_name_.reset();
  return key;
}

base::Result<std::vector<WatchedName>> Reader::watched_names(std::span<const NameKey> keys) {
  std::vector<WatchedName> names;
  for (const NameKey key : keys.first(std::min<std::size_t>(keys.size(), kMaxRows))) {
    auto name = at_most_one<WatchedName>(watched_name_, watched_name_.first(key), watched_name);
    if (!name) return base::fail(name.error());
    if (*name) names.push_back(std::move(**name));
  }
  return names;
}

base::Result<std::vector<WatchedName>> Reader::degraded_names(std::uint32_t limit) {
  return collect<WatchedName>(degraded_names_, degraded_names_.first(std::min(limit, kMaxRows)),
                              watched_name);
}

base::Result<std::optional<Proof>> Reader::find_proof(std::string_view name) {
  return at_most_one<Proof>(find_proof_, find_proof_.first(name), [](const Statement& row) {
    const auto bytes = [&](int column) {
      const Blob blob = row.blob(column);
      return std::vector<std::uint8_t>(blob.begin(), blob.end());
    };
    return Proof{std::string{row.text(0)},
                 bytes(1),
                 bytes(2),
                 row.time(3),
                 row.time(4),
                 row.time(5),
                 static_cast<std::uint32_t>(row.integer(6))};
  });
}

base::Result<std::vector<Store::EndingProof>> Reader::proofs_ending(base::WallTime time,
                                                                    Store::ProofPlace after,
                                                                    std::uint32_t limit) {
  return collect<Store::EndingProof>(
      proofs_ending_, proofs_ending_.first(time, after.expires, after.name, std::min(limit, kMaxRows)),
      [](const Statement& row) {
        return Store::EndingProof{
            std::string{row.text(0)}, std::string{row.text(1)}, {row.time(2), row.integer(3)}};
      });
}

base::Result<std::optional<DomainRow>> Reader::find_domain(std::string_view tenant, std::string_view domain) {
  const auto number = tenant_key(tenant);
  if (!number) return base::fail(number.error());
  return at_most_one<DomainRow>(find_domain_, find_domain_.first(*number, domain), [](const Statement& row) {
    DomainRow found = domain_row(row);
    found.zone = row.text(9);
    found.registration = row.text(10);
    return found;
  });
}

base::Result<std::vector<DomainRow>> Reader::list_domains(std::string_view tenant, std::string_view after,
                                                          std::uint32_t limit) {
  const auto number = tenant_key(tenant);
  if (!number) return base::fail(number.error());
  return collect<DomainRow>(list_domains_, list_domains_.first(*number, after, std::min(limit, kMaxRows)),
                            domain_row);
}

base::Result<std::optional<Store::KeyUse>> Reader::find_key_use(std::string_view tenant,
                                                                std::string_view key) {
  const auto number = tenant_key(tenant);
  if (!number) return base::fail(number.error());
  return at_most_one<Store::KeyUse>(find_key_use_, find_key_use_.first(*number, key),
                                    [](const Statement& row) {
                                      return Store::KeyUse{row.uuid(0), std::string{row.text(1)}};
                                    });
}

base::Result<std::optional<RunRow>> Reader::find_run(std::string_view tenant, base::Uuid id) {
  const auto key = tenant_key(tenant);
  if (!key) return base::fail(key.error());
  return at_most_one<RunRow>(find_run_, find_run_.first(id, *key), run_row);
}

Statement& Reader::runs_query(bool by_name, std::optional<RunState> state) {
  if (by_name) return runs_of_name_;
  if (state && is_open(*state)) return runs_open_;
  if (state == RunState::kCompensated) return runs_compensated_;
  return runs_of_tenant_;
}

base::Result<std::vector<RunRow>> Reader::list_runs(std::string_view tenant, std::string_view name,
                                                    std::optional<RunState> state, base::Uuid before,
                                                    std::uint32_t limit) {
  const auto key = tenant_key(tenant);
  if (!key) return base::fail(key.error());
  RunKey below = INT64_MAX;
  if (before != base::Uuid{}) {
    const auto row = run_key_.first(before, *key);
    if (!row) return base::fail(row.error());
    if (!*row) {
      return base::fail(
          base::invalid_argument("the list cannot go on: there is no run " + before.to_string()));
    }
    below = run_key_.integer(0);
    run_key_.reset();
  }
  Statement& query = runs_query(!name.empty(), state);
  return collect<RunRow>(query, query.first(*key, below, state, name, std::min(limit, kMaxRows)), run_row);
}

base::Result<std::vector<JournalEntry>> Reader::journal_of(RunKey run) {
  return collect<JournalEntry>(journal_of_, journal_of_.first(run), [](const Statement& row) {
    JournalEntry entry;
    entry.kind = static_cast<JournalEntry::Kind>(row.integer(0));
    entry.step = static_cast<std::uint32_t>(row.integer(1));
    entry.attempt = static_cast<std::uint32_t>(row.integer(2));
    entry.time = row.time(3);
    entry.payload = row.text(4);
    return entry;
  });
}

base::Result<std::vector<OpenRun>> Reader::open_runs_of(Statement& statement, base::Result<bool> row) {
  auto runs = collect<OpenRun>(statement, std::move(row), [](const Statement& columns) {
    OpenRun run;
    run.row = run_row(columns);
    run.tenant_key = columns.integer(10);
    run.tenant = columns.text(11);
    run.traceparent = columns.text(12);
    run.input = columns.text(13);
    run.pipeline = columns.text(14);
    return run;
  });
  if (!runs) return runs;
  for (OpenRun& run : *runs) {
    auto journal = journal_of(run.row.key);
    if (!journal) return base::fail(journal.error());
    run.journal = std::move(*journal);
  }
  return runs;
}

base::Result<std::optional<OpenRun>> Reader::load_run(RunKey run) {
  const Snapshot snapshot(begin_, end_);
  if (!snapshot.begun()) return base::fail(snapshot.begun().error());
  auto runs = open_runs_of(load_run_, load_run_.first(run));
  if (!runs) return base::fail(runs.error());
  if (runs->empty()) return std::nullopt;
  return std::move(runs->front());
}

base::Result<std::vector<OpenRun>> Reader::open_runs(RunKey after, std::uint32_t limit) {
  const Snapshot snapshot(begin_, end_);
  if (!snapshot.begun()) return base::fail(snapshot.begun().error());
  return open_runs_of(open_runs_, open_runs_.first(after, std::min(limit, kMaxRows)));
}

base::Result<EventPage> Reader::events_after(std::string_view tenant, Position after, std::uint32_t limit) {
  const Snapshot snapshot(begin_, end_);
  if (!snapshot.begun()) return base::fail(snapshot.begun().error());
  return read_events(tenant, after, limit);
}

base::Result<EventPage> Reader::read_events(std::string_view tenant, Position after, std::uint32_t limit) {
  const auto key = tenant_key(tenant);
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
                           "from elsewhere; read the "
                           "names again and start from the present head"));
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

base::Result<std::vector<InstanceUse>> Reader::instances_in_use() {
  auto all = in_use();
  if (!all) return base::fail(all.error());
  return std::move(all->instances);
}

base::Result<InUse> Reader::in_use() {
  const Snapshot snapshot(begin_, end_);
  if (!snapshot.begun()) return base::fail(snapshot.begun().error());
  std::map<std::string, InstanceUse> instances;
  std::map<std::string, DomainUse> domains;
  auto row = uses_.first();
  for (; row && *row; row = uses_.next()) {
    InstanceUse& use = instances[std::string{uses_.text(0)}];
    use.names = uses_.count(1);
    use.offers = uses_.count(2);
  }
  if (!row) return base::fail(row.error());
  row = domain_uses_.first();
  for (; row && *row; row = domain_uses_.next()) {
    domains[std::string{domain_uses_.text(0)}].names[std::string{domain_uses_.text(1)}] =
        domain_uses_.count(2);
  }
  if (!row) return base::fail(row.error());
  row = open_instances_.first();
  for (; row && *row; row = open_instances_.next()) {
    const std::string_view name = open_instances_.text(1);
    DomainUse& domain = domains[std::string{name.substr(name.find('@') + 1)}];
    ++domain.open_runs;
    std::string_view rest = open_instances_.text(0);
    while (!rest.empty()) {
      const auto end = std::min(rest.find(' '), rest.size());
      const std::string instance{rest.substr(0, end)};
      ++instances[instance].open_runs;
      ++domain.runs_with[instance];
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (!row) return base::fail(row.error());
  const auto moves = moves_.open_moves();
  if (!moves) return base::fail(moves.error());
  for (const MoveRow& move : *moves) {
    ++instances[move.from].moves;
    ++instances[move.to].moves;
    domains[move.domain].moving = DomainUse::Move{move.from, move.to};
  }
  InUse all;
  for (auto& [instance, use] : instances) {
    use.instance = instance;
    all.instances.push_back(std::move(use));
  }
  for (auto& [domain, use] : domains) {
    auto moved = moves_.last_finished(domain);
    if (!moved) return base::fail(moved.error());
    use.moved = *std::move(moved);
    use.domain = domain;
    all.domains.push_back(std::move(use));
  }
  return all;
}

base::Result<Totals> Reader::totals() {
  const auto row = totals_.first();
  if (!row) return base::fail(row.error());
  if (!*row) return base::fail(base::data_loss("the state file has no heads; restore a backup"));
  const Totals totals{totals_.count(0), totals_.count(1), totals_.count(5),
                      totals_.count(2), totals_.count(3), totals_.count(4)};
  totals_.reset();
  return totals;
}

base::Result<std::unique_ptr<ReaderPool>> ReaderPool::open(const std::string& path, const std::string& vfs,
                                                           std::size_t count) {
  auto pool = std::make_unique<ReaderPool>();
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    auto reader = Reader::open(path, vfs);
    if (!reader) return base::fail(reader.error());
    pool->idle_.push_back(std::move(*reader));
  }
  return pool;
}

ReaderPool::Lease ReaderPool::lend() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [this] { return !idle_.empty(); });
  auto reader = std::move(idle_.back());
  idle_.pop_back();
  return Lease(*this, std::move(reader));
}

void ReaderPool::give_back(std::unique_ptr<Reader> reader) {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(reader));
  }
  returned_.notify_one();
}

}  // namespace paynamed::state
