#include "state/migrations.hpp"

#include <fmt/format.h>

#include <array>

namespace paynamed::state {
namespace {

// Rows refer to each other by integer keys, and most grow at their right edge: a registration dirties few
// pages however large the file is. Only names_by_name and names_listing are hit at random places, once a
// name.
//
// names: a row stays when a registration was compensated (state -1), so that runs can go on referring to it.
constexpr const char* kSchema1 = R"sql(
CREATE TABLE meta(
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO meta VALUES ('epoch', '1'), ('instance', lower(hex(randomblob(16))));

CREATE TABLE tenants(
  key  INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

-- Where the log stands: one row, written once a batch.
CREATE TABLE heads(
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  last_offset INTEGER NOT NULL,
  chain       BLOB    NOT NULL,
  last_run    INTEGER NOT NULL
);
INSERT INTO heads VALUES (1, 0, zeroblob(32), 0);

CREATE TABLE event_types(
  key  INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE events(
  offset         INTEGER PRIMARY KEY,
  tenant         INTEGER NOT NULL,
  seq            INTEGER NOT NULL,
  id             BLOB    NOT NULL,
  type           INTEGER NOT NULL,
  version        INTEGER NOT NULL,
  subject        TEXT    NOT NULL,
  time           INTEGER NOT NULL,
  run            INTEGER,
  correlation_id TEXT    NOT NULL,
  traceparent    TEXT    NOT NULL,
  data           TEXT    NOT NULL,
  prev_hash      BLOB    NOT NULL
);
CREATE UNIQUE INDEX events_by_seq ON events(tenant, seq);

CREATE TABLE journal(
  run     INTEGER NOT NULL,
  seq     INTEGER NOT NULL,
  tenant  INTEGER NOT NULL,
  kind    INTEGER NOT NULL,
  step    INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  time    INTEGER NOT NULL,
  payload TEXT    NOT NULL,
  PRIMARY KEY (run, seq)
) WITHOUT ROWID;

CREATE TABLE snapshots(
  key      INTEGER PRIMARY KEY,
  tenant   INTEGER NOT NULL,
  hash     BLOB    NOT NULL,
  pipeline TEXT    NOT NULL,
  UNIQUE (tenant, hash)
);

CREATE TABLE run_inputs(
  run         INTEGER PRIMARY KEY,
  tenant      INTEGER NOT NULL,
  snapshot    INTEGER NOT NULL,
  traceparent TEXT    NOT NULL,
  instances   TEXT    NOT NULL,
  input       TEXT    NOT NULL
);

CREATE TABLE idempotency_keys(
  tenant       INTEGER NOT NULL,
  key          TEXT    NOT NULL,
  request_hash TEXT    NOT NULL,
  run          INTEGER NOT NULL,
  time         INTEGER NOT NULL,
  PRIMARY KEY (tenant, key)
) WITHOUT ROWID;

-- Read models: functions of the events.
CREATE TABLE names(
  key               INTEGER PRIMARY KEY,
  tenant            INTEGER NOT NULL,
  name              TEXT    NOT NULL,
  state             INTEGER NOT NULL,
  owner             TEXT    NOT NULL,
  reference         TEXT    NOT NULL,
  livemode          INTEGER NOT NULL,
  source            INTEGER NOT NULL,
  created           INTEGER NOT NULL,
  updated           INTEGER NOT NULL,
  open_run          INTEGER,
  revision          INTEGER NOT NULL,
  live_since        INTEGER,
  quarantined_until INTEGER,
  ttl               INTEGER NOT NULL DEFAULT 0,
  dns_instance      TEXT    NOT NULL DEFAULT '',
  node_instance     TEXT    NOT NULL DEFAULT '',
  node              TEXT    NOT NULL DEFAULT '',
  offer_id          TEXT    NOT NULL DEFAULT '',
  value             TEXT    NOT NULL DEFAULT '',
  -- What a quarantined name was before somebody began to register it again.
  prior_until       INTEGER,
  prior_tenant      INTEGER,
  prior_owner       TEXT,
  prior_reference   TEXT,
  prior_source      INTEGER,
  prior_livemode    INTEGER
);
CREATE UNIQUE INDEX names_by_name ON names(name);
CREATE INDEX names_listing ON names(tenant, name);
CREATE INDEX names_unusual ON names(tenant, state, name) WHERE state IN (0, 1, 3, 4);

CREATE TABLE offers(
  key           INTEGER PRIMARY KEY,
  tenant        INTEGER NOT NULL,
  name          INTEGER NOT NULL,
  offer_id      TEXT    NOT NULL,
  offer         TEXT    NOT NULL,
  source        INTEGER NOT NULL,
  state         INTEGER NOT NULL,
  node_instance TEXT    NOT NULL,
  node          TEXT    NOT NULL,
  offer_key     TEXT    NOT NULL,
  created       INTEGER NOT NULL,
  expires       INTEGER,
  retired_until INTEGER
);
CREATE UNIQUE INDEX offers_of_name ON offers(name, offer_id);
CREATE INDEX offers_retired ON offers(retired_until) WHERE state = 1;

CREATE TABLE runs(
  key            INTEGER PRIMARY KEY,
  id             BLOB    NOT NULL,
  tenant         INTEGER NOT NULL,
  verb           INTEGER NOT NULL,
  name           INTEGER NOT NULL,
  state          INTEGER NOT NULL,
  reason         TEXT    NOT NULL,
  accepted       INTEGER NOT NULL,
  updated        INTEGER NOT NULL,
  finished       INTEGER,
  correlation_id TEXT    NOT NULL
);
CREATE UNIQUE INDEX runs_by_id ON runs(id);
CREATE UNIQUE INDEX runs_open ON runs(name) WHERE finished IS NULL;
CREATE INDEX runs_of_tenant ON runs(tenant, key);
CREATE INDEX runs_of_name ON runs(name, key);
CREATE INDEX runs_compensated ON runs(tenant, key) WHERE state = 4;

CREATE TABLE totals(
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  names       INTEGER NOT NULL,
  live        INTEGER NOT NULL,
  open_runs   INTEGER NOT NULL,
  paused_runs INTEGER NOT NULL
);

CREATE TABLE instance_uses(
  instance TEXT PRIMARY KEY,
  names    INTEGER NOT NULL,
  offers   INTEGER NOT NULL
) WITHOUT ROWID;
)sql";

// Proofs are operational rows. names.key is a number that a rebuild gives again.
constexpr const char* kSchema2 = R"sql(
CREATE TABLE proof_trunks(
  key   INTEGER PRIMARY KEY,
  hash  BLOB NOT NULL UNIQUE,
  chain BLOB NOT NULL
);

CREATE TABLE proofs(
  name          INTEGER PRIMARY KEY,
  tenant        INTEGER NOT NULL,
  value         TEXT    NOT NULL,
  leaf          BLOB    NOT NULL,
  trunk         INTEGER NOT NULL,
  made          INTEGER NOT NULL,
  valid_from    INTEGER NOT NULL,
  expires       INTEGER NOT NULL,
  max_cache_ttl INTEGER NOT NULL
);
CREATE INDEX proofs_by_end ON proofs(expires);
CREATE INDEX proofs_by_trunk ON proofs(trunk);
)sql";

// What the monitor counts and announces.
constexpr const char* kSchema3 = R"sql(
ALTER TABLE totals ADD COLUMN degraded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE offers ADD COLUMN expiry_announced INTEGER NOT NULL DEFAULT 0;
CREATE INDEX offers_ending ON offers(expires)
  WHERE state = 0 AND expiry_announced = 0 AND expires IS NOT NULL;
)sql";

// What was said about domains (a read model, by tenant, as events are), and what the last looks at them found
// (operational).
constexpr const char* kSchema4 = R"sql(
CREATE TABLE domains(
  tenant           INTEGER NOT NULL,
  domain           TEXT    NOT NULL,
  degraded         INTEGER NOT NULL,
  code             TEXT    NOT NULL,
  reason           TEXT    NOT NULL,
  since            INTEGER,
  changed          INTEGER,
  signatures_end   INTEGER,
  registration_end INTEGER,
  PRIMARY KEY (tenant, domain)
) WITHOUT ROWID;

CREATE TABLE domain_looks(
  domain       TEXT PRIMARY KEY,
  looked       INTEGER,
  zone         TEXT NOT NULL,
  registration TEXT NOT NULL
) WITHOUT ROWID;
)sql";

// How many names of a domain have their record at which instance: a domain with names stays where it is. A
// read model; rows that count nothing are not kept.
constexpr const char* kSchema5 = R"sql(
CREATE TABLE domain_uses(
  domain   TEXT    NOT NULL,
  instance TEXT    NOT NULL,
  names    INTEGER NOT NULL,
  PRIMARY KEY (domain, instance)
) WITHOUT ROWID;
INSERT INTO domain_uses
  SELECT substr(name, instr(name, '@') + 1), dns_instance, count(*) FROM names WHERE dns_instance <> '' GROUP BY 1, 2;
)sql";

// Moves of domains between instances (operational).
constexpr const char* kSchema6 = R"sql(
CREATE TABLE domain_moves(
  key      INTEGER PRIMARY KEY,
  id       BLOB    NOT NULL UNIQUE,
  domain   TEXT    NOT NULL,
  source   TEXT    NOT NULL,
  target   TEXT    NOT NULL,
  phase    INTEGER NOT NULL,
  pause    TEXT    NOT NULL,
  details  TEXT    NOT NULL,
  started  INTEGER NOT NULL,
  updated  INTEGER NOT NULL,
  finished INTEGER,
  last_run INTEGER NOT NULL,
  revision INTEGER NOT NULL
);
CREATE UNIQUE INDEX domain_moves_open ON domain_moves(domain) WHERE finished IS NULL;
CREATE INDEX domain_moves_of_domain ON domain_moves(domain, key);

CREATE TABLE domain_move_names(
  move   INTEGER NOT NULL,
  name   TEXT    NOT NULL,
  state  INTEGER NOT NULL,
  value  TEXT    NOT NULL,
  reason TEXT    NOT NULL,
  PRIMARY KEY (move, name)
) WITHOUT ROWID;
CREATE INDEX domain_move_names_in_state ON domain_move_names(move, state, name);
)sql";

// Offers in the order of their ends, announced or not: names are rotated before.
constexpr const char* kSchema7 = R"sql(
CREATE INDEX offers_active_ending ON offers(expires) WHERE state = 0 AND expires IS NOT NULL;
)sql";

// Payments and invoices (read models), what the node is being asked to make, and where the payments of each
// node were read to (operational). payments.id is a hash of what makes a payment one (payment_id()), so its
// index is what keeps it from being taken in twice; that and invoices_by_id and offers_by_offer_id are hit at
// random places. The first 64 bits of an offer's id tell offers apart well enough for an index.
constexpr const char* kSchema8 = R"sql(
CREATE INDEX offers_by_offer_id ON offers(substr(offer_id, 1, 16));

CREATE TABLE payments(
  key           INTEGER PRIMARY KEY,
  tenant        INTEGER NOT NULL,
  id            BLOB    NOT NULL,
  node_id       TEXT    NOT NULL,
  pay_key       TEXT    NOT NULL,
  name          INTEGER NOT NULL,
  offer_id      TEXT    NOT NULL,
  invoice       BLOB,
  received_msat INTEGER NOT NULL,
  paid_at       INTEGER NOT NULL,
  taken_in      INTEGER NOT NULL,
  payment_hash  TEXT    NOT NULL,
  payer_note    TEXT    NOT NULL,
  late          INTEGER NOT NULL,
  livemode      INTEGER NOT NULL
);
CREATE UNIQUE INDEX payments_by_id ON payments(id);
CREATE INDEX payments_of_tenant ON payments(tenant, key);
CREATE INDEX payments_of_name ON payments(name, key);
CREATE INDEX payments_of_invoice ON payments(invoice, key) WHERE invoice IS NOT NULL;

CREATE TABLE invoices(
  key           INTEGER PRIMARY KEY,
  tenant        INTEGER NOT NULL,
  id            BLOB    NOT NULL,
  name          INTEGER NOT NULL,
  node_instance TEXT    NOT NULL,
  node          TEXT    NOT NULL,
  bolt11        TEXT    NOT NULL,
  payment_hash  TEXT    NOT NULL,
  amount_msat   INTEGER NOT NULL,
  memo          TEXT    NOT NULL,
  reference     TEXT    NOT NULL,
  created       INTEGER NOT NULL,
  expires       INTEGER NOT NULL,
  state         INTEGER NOT NULL,
  received_msat INTEGER NOT NULL,
  paid_at       INTEGER,
  livemode      INTEGER NOT NULL
);
CREATE UNIQUE INDEX invoices_by_id ON invoices(id);
CREATE INDEX invoices_of_tenant ON invoices(tenant, key);
CREATE INDEX invoices_of_name ON invoices(name, key);
CREATE INDEX invoices_open ON invoices(expires, key) WHERE state = 0;

CREATE TABLE invoice_intents(
  id              BLOB    PRIMARY KEY,
  tenant          INTEGER NOT NULL,
  name            INTEGER NOT NULL,
  node_instance   TEXT    NOT NULL,
  node            TEXT    NOT NULL,
  amount_msat     INTEGER NOT NULL,
  memo            TEXT    NOT NULL,
  reference       TEXT    NOT NULL,
  expiry          INTEGER NOT NULL,
  created         INTEGER NOT NULL,
  state           INTEGER NOT NULL,
  idempotency_key TEXT,
  request_hash    TEXT    NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX invoice_intents_by_key ON invoice_intents(tenant, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX invoice_intents_open ON invoice_intents(created) WHERE state = 0;

CREATE TABLE node_cursors(
  node_id      TEXT    NOT NULL,
  instance     TEXT    NOT NULL,
  node         TEXT    NOT NULL,
  cursor       TEXT    NOT NULL,
  last_payment INTEGER,
  taken_in     INTEGER NOT NULL,
  strays       INTEGER NOT NULL,
  resyncs      INTEGER NOT NULL,
  PRIMARY KEY (node_id, instance, node)
) WITHOUT ROWID;

ALTER TABLE totals ADD COLUMN payments INTEGER NOT NULL DEFAULT 0;
)sql";

// Nodes that their owners added and what each tenant has at which node (read models); looks at nodes, sealed
// secrets and what idempotency keys were used for (operational).
constexpr const char* kSchema9 = R"sql(
CREATE TABLE nodes(
  id        BLOB    PRIMARY KEY,
  tenant    INTEGER NOT NULL,
  owner     TEXT    NOT NULL,
  instance  TEXT    NOT NULL,
  reference TEXT    NOT NULL,
  label     TEXT    NOT NULL,
  node_id   TEXT    NOT NULL,
  secrets   TEXT    NOT NULL,
  added     INTEGER NOT NULL,
  UNIQUE (instance, reference)
) WITHOUT ROWID;
CREATE INDEX nodes_by_node_id ON nodes(node_id);

CREATE TABLE node_uses(
  instance TEXT    NOT NULL,
  node     TEXT    NOT NULL,
  tenant   INTEGER NOT NULL,
  names    INTEGER NOT NULL,
  offers   INTEGER NOT NULL,
  PRIMARY KEY (instance, node, tenant)
) WITHOUT ROWID;
INSERT INTO node_uses
  SELECT node_instance, node, tenant, sum(is_name), sum(1 - is_name) FROM (
    SELECT node_instance, node, tenant, 1 AS is_name FROM names WHERE node_instance <> ''
    UNION ALL
    SELECT node_instance, node, tenant, 0 FROM offers WHERE node_instance <> '' AND state <> 2)
  GROUP BY 1, 2, 3;

CREATE TABLE node_looks(
  instance     TEXT    NOT NULL,
  reference    TEXT    NOT NULL,
  looked       INTEGER NOT NULL,
  reachable    INTEGER NOT NULL,
  signer       INTEGER NOT NULL,
  receivable   INTEGER NOT NULL,
  custody      INTEGER NOT NULL,
  inbound_msat INTEGER NOT NULL,
  node_id      TEXT    NOT NULL,
  version      TEXT    NOT NULL,
  network      TEXT    NOT NULL,
  code         TEXT    NOT NULL,
  explanation  TEXT    NOT NULL,
  seen         INTEGER,
  missed       INTEGER NOT NULL,
  reached      INTEGER NOT NULL,
  told         TEXT    NOT NULL,
  PRIMARY KEY (instance, reference)
) WITHOUT ROWID;

CREATE TABLE secrets(
  handle  TEXT    PRIMARY KEY,
  sealed  BLOB    NOT NULL,
  created INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE node_keys(
  tenant       INTEGER NOT NULL,
  key          TEXT    NOT NULL,
  request_hash TEXT    NOT NULL,
  node         BLOB    NOT NULL,
  PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
)sql";

// Orders (a read model), what the node is being asked to make for them, and their offers that the node is to
// disable (operational). What becomes due is found by the node that it is at, for until when its payments
// were read is a matter of the node. orders.state: below 2 it waits for money. payments.order_id, not
// `order`, which is a word of SQL.
constexpr const char* kSchema10 = R"sql(
CREATE TABLE orders(
  key           INTEGER PRIMARY KEY,
  tenant        INTEGER NOT NULL,
  id            BLOB    NOT NULL,
  name          INTEGER NOT NULL,
  node_instance TEXT    NOT NULL,
  node          TEXT    NOT NULL,
  amount_msat   INTEGER NOT NULL,
  currency      TEXT    NOT NULL,
  amount        TEXT    NOT NULL,
  rate          TEXT    NOT NULL,
  rate_source   TEXT    NOT NULL,
  memo          TEXT    NOT NULL,
  reference     TEXT    NOT NULL,
  bolt11        TEXT    NOT NULL,
  payment_hash  TEXT    NOT NULL,
  offer         TEXT    NOT NULL,
  offer_id      TEXT    NOT NULL,
  created       INTEGER NOT NULL,
  expires       INTEGER NOT NULL,
  state         INTEGER NOT NULL,
  received_msat INTEGER NOT NULL,
  paid_at       INTEGER,
  livemode      INTEGER NOT NULL
);
CREATE UNIQUE INDEX orders_by_id ON orders(id);
CREATE INDEX orders_of_tenant ON orders(tenant, key);
CREATE INDEX orders_of_tenant_in_state ON orders(tenant, state, key);
CREATE INDEX orders_of_name ON orders(name, key);
CREATE INDEX orders_of_name_in_state ON orders(name, state, key);
CREATE INDEX orders_of_reference ON orders(tenant, reference, key) WHERE reference <> '';
CREATE INDEX orders_by_offer_id ON orders(substr(offer_id, 1, 16)) WHERE offer_id <> '';
CREATE INDEX orders_by_hash ON orders(substr(payment_hash, 1, 16)) WHERE payment_hash <> '';
CREATE INDEX orders_waiting_at ON orders(node_instance, node, expires, key) WHERE state < 2;

CREATE TABLE order_intents(
  id              BLOB    PRIMARY KEY,
  tenant          INTEGER NOT NULL,
  name            INTEGER NOT NULL,
  node_instance   TEXT    NOT NULL,
  node            TEXT    NOT NULL,
  amount_msat     INTEGER NOT NULL,
  currency        TEXT    NOT NULL,
  amount          TEXT    NOT NULL,
  rate            TEXT    NOT NULL,
  rate_source     TEXT    NOT NULL,
  memo            TEXT    NOT NULL,
  reference       TEXT    NOT NULL,
  expires_in      INTEGER NOT NULL,
  bolt11          INTEGER NOT NULL,
  bolt12          INTEGER NOT NULL,
  created         INTEGER NOT NULL,
  state           INTEGER NOT NULL,
  replayed        INTEGER NOT NULL DEFAULT 0,
  idempotency_key TEXT,
  request_hash    TEXT    NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX order_intents_by_key ON order_intents(tenant, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX order_intents_open ON order_intents(created) WHERE state = 0;

CREATE TABLE offers_to_disable(
  node_instance TEXT    NOT NULL,
  node          TEXT    NOT NULL,
  order_id      BLOB    NOT NULL,
  offer_id      TEXT    NOT NULL,
  since         INTEGER NOT NULL,
  ends          INTEGER NOT NULL,
  PRIMARY KEY (node_instance, node, order_id)
) WITHOUT ROWID;

ALTER TABLE payments ADD COLUMN order_id BLOB;
ALTER TABLE payments ADD COLUMN claimed_name TEXT NOT NULL DEFAULT '';
CREATE INDEX payments_of_order ON payments(order_id, key) WHERE order_id IS NOT NULL;

CREATE INDEX invoices_of_tenant_in_state ON invoices(tenant, state, key);
CREATE INDEX invoices_of_name_in_state ON invoices(name, state, key);
CREATE INDEX invoices_by_hash ON invoices(substr(payment_hash, 1, 16));
DROP INDEX invoices_open;
CREATE INDEX invoices_open_at ON invoices(node_instance, node, expires, key) WHERE state = 0;
-- A key of which nothing came is free again.
UPDATE invoice_intents SET idempotency_key = NULL WHERE state = 2;
)sql";

// Targets that are notified and what became of each event for each of them; all operational.
//
// What a target is (webhooks) is written seldom, where it stands (webhook_standings) with every group of
// outcomes. Keys are never used twice, for the rows of a deleted target go little by little.
//
// An event that is delivered at once, as nearly all are, is one row in one tree, and one at the right edge of
// deliveries_over, by which old rows are found: the last attempt is a part of the row, only those before it
// are in delivery_attempts. What an event is stands in the log, to which (tenant of the target, seq) leads;
// its subject is repeated while it waits, for the order of a subject.
constexpr const char* kSchema11 = R"sql(
CREATE TABLE webhooks(
  key         INTEGER PRIMARY KEY AUTOINCREMENT,
  id          BLOB    NOT NULL,
  tenant      INTEGER NOT NULL,
  instance    TEXT    NOT NULL,
  address     TEXT    NOT NULL,
  description TEXT    NOT NULL,
  types       TEXT    NOT NULL,
  names       TEXT    NOT NULL,
  schedule    TEXT    NOT NULL,
  concurrency INTEGER NOT NULL,
  per_minute  INTEGER NOT NULL,
  ordered     INTEGER NOT NULL,
  secrets     TEXT    NOT NULL,
  state       INTEGER NOT NULL,
  created     INTEGER NOT NULL,
  updated     INTEGER NOT NULL,
  revision    INTEGER NOT NULL
);
CREATE UNIQUE INDEX webhooks_by_id ON webhooks(id);
CREATE INDEX webhooks_of_tenant ON webhooks(tenant, id);

CREATE TABLE webhook_standings(
  webhook          INTEGER PRIMARY KEY,
  cursor           INTEGER NOT NULL,
  reason           TEXT    NOT NULL,
  failing_since    INTEGER,
  delivered        INTEGER,
  told_failing     INTEGER NOT NULL,
  told_dead_letter INTEGER NOT NULL,
  waiting          INTEGER NOT NULL,
  dead             INTEGER NOT NULL
);

CREATE TABLE webhook_keys(
  tenant       INTEGER NOT NULL,
  key          TEXT    NOT NULL,
  request_hash TEXT    NOT NULL,
  webhook      BLOB    NOT NULL,
  PRIMARY KEY (tenant, key)
) WITHOUT ROWID;

CREATE TABLE deleted_webhooks(
  webhook INTEGER PRIMARY KEY
);

CREATE TABLE deliveries(
  webhook        INTEGER NOT NULL,
  seq            INTEGER NOT NULL,
  state          INTEGER NOT NULL,
  attempts       INTEGER NOT NULL,
  tries          INTEGER NOT NULL,
  next           INTEGER,
  created        INTEGER NOT NULL,
  updated        INTEGER NOT NULL,
  subject        TEXT,
  reason         TEXT    NOT NULL,
  -- The last attempt, if there was one.
  time           INTEGER,
  latency        INTEGER,
  status         INTEGER,
  succeeded      INTEGER,
  attempt_reason TEXT,
  answer         BLOB,
  PRIMARY KEY (webhook, seq)
) WITHOUT ROWID;
CREATE INDEX deliveries_over ON deliveries(updated) WHERE state = 1;
CREATE INDEX deliveries_dead_since ON deliveries(updated) WHERE state = 2;
CREATE INDEX deliveries_unusual ON deliveries(webhook, state, seq) WHERE state <> 1;
CREATE INDEX deliveries_due ON deliveries(webhook, next, seq) WHERE state = 0;
CREATE INDEX deliveries_of_subject ON deliveries(webhook, subject, seq) WHERE state = 0;

CREATE TABLE delivery_attempts(
  webhook   INTEGER NOT NULL,
  seq       INTEGER NOT NULL,
  number    INTEGER NOT NULL,
  time      INTEGER NOT NULL,
  latency   INTEGER NOT NULL,
  status    INTEGER NOT NULL,
  succeeded INTEGER NOT NULL,
  reason    TEXT    NOT NULL,
  answer    BLOB    NOT NULL,
  PRIMARY KEY (webhook, seq, number)
) WITHOUT ROWID;
)sql";

constexpr std::array kMigrations{Migration{kSchema1},  Migration{kSchema2}, Migration{kSchema3},
                                 Migration{kSchema4},  Migration{kSchema5}, Migration{kSchema6},
                                 Migration{kSchema7},  Migration{kSchema8}, Migration{kSchema9},
                                 Migration{kSchema10}, Migration{kSchema11}};
constexpr std::array kReadModels{"names",   "offers",   "runs",     "totals", "instance_uses", "domain_uses",
                                 "domains", "payments", "invoices", "orders", "nodes",         "node_uses"};

base::Result<void> step_forward(Connection& connection, const Migration& migration, std::size_t to) {
  if (auto begun = connection.execute("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = connection.execute(migration.sql);
  if (done) done = connection.execute(fmt::format("PRAGMA user_version = {}", to));
  if (done) done = connection.execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
  if (done) done = connection.execute("COMMIT");
  if (!done && sqlite3_get_autocommit(connection.raw()) == 0) {
    // What failed is what the caller has to hear, not whether going back worked: SQLite goes back at close
    // anyway.
    static_cast<void>(connection.execute("ROLLBACK"));
  }
  return done;
}

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}
std::span<const char* const> read_model_tables() {
  return kReadModels;
}

base::Result<std::size_t> check_version(Connection& connection, const std::string& path, std::size_t newest) {
  const auto tables = connection.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return base::fail(tables.error());
  const auto application = connection.integer("PRAGMA application_id");
  if (!application) return base::fail(application.error());
  const auto version = connection.integer("PRAGMA user_version");
  if (!version) return base::fail(version.error());

  const bool empty = *tables == 0 && *application == 0 && *version == 0;
  if (!empty && *application != kApplicationId) {
    return base::fail(base::failed_precondition(
        fmt::format("{} is an SQLite file of another program; choose another path for the state", path)));
  }
  if (*version > static_cast<std::int64_t>(newest)) {
    return base::fail(
        base::failed_precondition(fmt::format("the state file {} has version {} and this paynamed knows "
                                              "versions up to {}; use the paynamed that wrote it, "
                                              "or a newer one",
                                              path, *version, newest)));
  }
  if (*version < 0) {
    return base::fail(
        base::data_loss(fmt::format("the state file {} has the version {}, which never existed; "
                                    "restore a backup",
                                    path, *version)));
  }
  return static_cast<std::size_t>(*version);
}

base::Result<void> migrate(Connection& connection, const std::string& path,
                           std::span<const Migration> steps) {
  const auto version = check_version(connection, path, steps.size());
  if (!version) return base::fail(version.error());
  for (std::size_t at = *version; at < steps.size(); ++at) {
    if (auto done = step_forward(connection, steps[at], at + 1); !done) {
      return base::fail(
          base::Status{done.error().code(),
                       fmt::format("the state file {} could not be brought from version {} to {}; it "
                                   "is unchanged",
                                   path, at, at + 1),
                       done.error().to_string()});
    }
  }
  return {};
}

}  // namespace paynamed::state
