#include "state/unit_writer.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

namespace paynamed::state {
namespace {

// How many pipelines are remembered with their keys; a configuration has a handful.
constexpr std::size_t kRememberedSnapshots = 32;

bool ends_run(const Fact& fact) {
  return fact.kind == Fact::Kind::kRunCompleted || fact.kind == Fact::Kind::kRunCompensated;
}

std::string joined(const std::vector<std::string>& instances) {
  std::string text;
  for (const std::string& instance : instances) {
    if (!text.empty()) text.push_back(' ');
    text += instance;
  }
  return text;
}

std::string day_of(base::WallTime time) {
  return base::to_rfc3339(time).substr(0, 10);
}

}  // namespace

UnitWriter::UnitWriter(Connection& connection, std::uint64_t max_open_runs)
    : connection_(&connection),
      max_open_runs_(max_open_runs),
      log_(connection),
      models_(connection),
      proofs_(connection),
      moves_(connection),
      payments_(connection),
      invoices_(connection),
      orders_(connection),
      nodes_(connection),
      webhooks_(connection),
      deliveries_(connection),
      begin_(connection, "BEGIN IMMEDIATE"),
      commit_(connection, "COMMIT"),
      roll_back_(connection, "ROLLBACK"),
      find_key_(
          connection,
          "SELECT k.request_hash, k.run, r.id FROM idempotency_keys k LEFT JOIN runs r ON r.key = k.run "
          "WHERE k.tenant = ? AND k.key = ?"),
      insert_key_(
          connection,
          "INSERT INTO idempotency_keys(tenant, key, request_hash, run, time) VALUES (?, ?, ?, ?, ?)"),
      find_run_(
          connection,
          "SELECT r.tenant, r.id, r.finished IS NULL, n.name, r.correlation_id, i.traceparent, "
          "(SELECT coalesce(max(seq), 0) FROM journal WHERE run = r.key) "
          "FROM runs r JOIN names n ON n.key = r.name JOIN run_inputs i ON i.run = r.key WHERE r.key = ?"),
      find_run_by_id_(connection, "SELECT 1 FROM runs WHERE id = ?"),
      find_snapshot_(connection, "SELECT key FROM snapshots WHERE tenant = ? AND hash = ?"),
      insert_snapshot_(connection,
                       "INSERT INTO snapshots(key, tenant, hash, pipeline) VALUES (NULL, ?, ?, ?)"),
      insert_input_(connection,
                    "INSERT INTO run_inputs(run, tenant, snapshot, traceparent, instances, input) "
                    "VALUES (?, ?, ?, ?, ?, ?)"),
      find_value_(connection, "SELECT key, value FROM names WHERE name = ? AND tenant = ? AND state >= 0"),
      insert_entry_(connection,
                    "INSERT INTO journal(run, seq, tenant, kind, step, attempt, time, payload) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
      put_look_(connection,
                "INSERT INTO domain_looks VALUES (?1, ?2, coalesce(?3, ''), coalesce(?4, '')) "
                "ON CONFLICT DO UPDATE SET looked = coalesce(?2, looked), zone = coalesce(?3, zone), "
                "registration = coalesce(?4, registration)") {}

base::Result<void> UnitWriter::load() {
  dirty_ = false;
  open_.clear();
  snapshots_.clear();
  if (auto done = log_.load(); !done) return done;
  if (auto done = webhooks_.load(); !done) return done;
  return models_.load();
}

// A reader that sees the index of the WAL while it is being written takes the write lock for a moment to look
// again (walIndexReadHdr in SQLite's wal.c). Only here is that waited for: a checkpoint that meets a reader
// gives up and comes again.
base::Result<void> UnitWriter::begin() {
  constexpr int kLongestMs = 5'000;
  sqlite3_busy_timeout(connection_->raw(), kLongestMs);
  auto begun = begin_.run();
  sqlite3_busy_timeout(connection_->raw(), 0);
  return begun;
}

base::Result<void> UnitWriter::commit() {
  if (auto done = log_.flush(); !done) return done;
  if (auto done = models_.flush(); !done) return done;
  return commit_.run();
}

base::Result<void> UnitWriter::rebuild() {
  if (auto done = log_.flush(); !done) return done;
  dirty_ = true;
  if (auto done = rebuild_read_models(*connection_); !done) return done;
  return load();
}

base::Result<void> UnitWriter::roll_back() {
  // SQLite may have gone back by itself (a full disk); then there is nothing left to end.
  if (sqlite3_get_autocommit(connection_->raw()) == 0) {
    if (auto done = roll_back_.run(); !done) return done;
  }
  return load();
}

base::Result<AcceptedRun> UnitWriter::write(const AcceptUnit& unit) {
  const NewRun& run = unit.run;
  const auto tenant = log_.tenant_key(run.tenant);
  if (!tenant) return base::fail(tenant.error());
  auto before = replay(*tenant, run);
  if (!before) return base::fail(before.error());
  if (*before) return std::move(**before);
  const std::uint64_t most = run.bulk ? max_open_runs_ - max_open_runs_ / 10 : max_open_runs_;
  if (models_.open_runs() >= most) {
    return base::fail(base::resource_exhausted(
                          fmt::format("{} runs are open, as many as the settings allow{}; try again later",
                                      models_.open_runs(), run.bulk ? " for bulk work" : ""))
                          .with_retry_after(1000));
  }
  if (auto may = check_name(*tenant, run); !may) return base::fail(may.error());
  const auto same_id = find_run_by_id_.first(run.id);
  if (!same_id) return base::fail(same_id.error());
  find_run_by_id_.reset();
  if (*same_id) {
    return base::fail(base::internal(
        fmt::format("the run {} was not accepted, because there is one with this id; report this defect",
                    run.id.to_string())));
  }

  dirty_ = true;
  const auto snapshot = snapshot_key(*tenant, run.pipeline);
  if (!snapshot) return base::fail(snapshot.error());
  const RunKey key = log_.next_run();
  if (auto done =
          insert_input_.run(key, *tenant, *snapshot, run.traceparent, joined(run.instances), run.input);
      !done) {
    return base::fail(done.error());
  }
  if (!run.idempotency_key.empty()) {
    if (auto done = insert_key_.run(*tenant, run.idempotency_key, run.request_hash, key, run.time); !done) {
      return base::fail(done.error());
    }
  }
  OpenEntry& entry = open_[key];
  entry = {*tenant, run.id, run.name, run.correlation_id, run.traceparent, 0};
  if (auto done = write_events(*tenant, key, run.events, unit.facts, run.correlation_id, run.traceparent);
      !done) {
    return base::fail(done.error());
  }
  if (auto done = write_journal(key, entry, run.journal); !done) return base::fail(done.error());
  if (ends_run(unit.facts.back())) open_.erase(key);
  dirty_ = false;
  return AcceptedRun{key, run.id, *tenant, false};
}

base::Result<std::optional<AcceptedRun>> UnitWriter::replay(TenantKey tenant, const NewRun& run) {
  if (run.idempotency_key.empty()) return std::nullopt;
  const auto row = find_key_.first(tenant, run.idempotency_key);
  if (!row) return base::fail(row.error());
  if (!*row) return std::nullopt;
  const bool same = find_key_.text(0) == run.request_hash;
  const AcceptedRun accepted{find_key_.integer(1), find_key_.uuid(2), tenant, true};
  find_key_.reset();
  if (!same) {
    return base::fail(base::invalid_argument(
        "this Idempotency-Key was used for another request; take a new key for a new request"));
  }
  return accepted;
}

base::Result<void> UnitWriter::check_name(TenantKey tenant, const NewRun& run) {
  const auto found = models_.find_name(run.name);
  if (!found) return base::fail(found.error());
  const std::optional<NameEntry>& name = *found;
  const bool taken = name && !name->is_free() && !name->is(NameState::kQuarantined);
  const bool mine = name && !name->is_free() && name->tenant == tenant;

  if (run.verb == Verb::kRegister) {
    if (taken) {
      // Another tenant must not learn about the run.
      return base::fail(base::Status{base::Code::kAlreadyExists,
                                     fmt::format("{} is taken; choose another name", run.name),
                                     mine && name->open_run ? uuid_of_run(*name->open_run) : std::string{}});
    }
    if (name && name->is(NameState::kQuarantined) && *name->quarantined_until > run.time &&
        !(mine && name->owner == run.owner)) {
      return base::fail(base::failed_precondition(
          fmt::format("{} was released and is kept for its last owner until {}; choose another name, or wait",
                      run.name, day_of(*name->quarantined_until))));
    }
  } else if (!mine || !taken) {
    return base::fail(base::not_found(fmt::format("there is no name {}; register it first", run.name)));
  }
  if (name && name->open_run) {
    return base::fail(
        base::aborted(fmt::format("{} has an open run; wait for its end, or cancel it", run.name),
                      uuid_of_run(*name->open_run)));
  }
  if (run.verb != Verb::kRegister && run.expected_revision != 0 && run.expected_revision != name->revision) {
    return base::fail(
        base::aborted(fmt::format("{} has revision {}, expected {}; read it again and decide anew", run.name,
                                  name->revision, run.expected_revision)));
  }
  return {};
}

std::string UnitWriter::uuid_of_run(RunKey run) {
  const auto entry = open_run(run);
  return entry ? (*entry)->id.to_string() : std::string{};
}

base::Result<UnitWriter::OpenEntry*> UnitWriter::open_run(RunKey key) {
  if (const auto known = open_.find(key); known != open_.end()) return &known->second;
  const auto row = find_run_.first(key);
  if (!row) return base::fail(row.error());
  if (!*row) return base::fail(base::not_found(fmt::format("there is no run {}", key)));
  const bool is_open = find_run_.integer(2) != 0;
  OpenEntry entry{find_run_.integer(0),           find_run_.uuid(1),
                  std::string{find_run_.text(3)}, std::string{find_run_.text(4)},
                  std::string{find_run_.text(5)}, static_cast<std::uint32_t>(find_run_.integer(6))};
  find_run_.reset();
  if (!is_open) {
    return base::fail(base::failed_precondition(
        fmt::format("the run {} is final; nothing can be added to it", entry.id.to_string())));
  }
  return &open_.insert_or_assign(key, std::move(entry)).first->second;
}

base::Result<void> UnitWriter::write(const RecordUnit& unit) {
  const RunUpdate& update = unit.update;
  const auto found = open_run(update.run);
  if (!found) return base::fail(found.error());
  OpenEntry& entry = **found;
  if (entry.entries != update.expected_entries) {
    return base::fail(base::aborted(fmt::format(
        "the run {} has {} journal entries, expected {}: somebody else wrote to it; read it again",
        entry.id.to_string(), entry.entries, update.expected_entries)));
  }
  bool ends = false;
  for (const Fact& fact : unit.facts) {
    const bool of_another_run = fact.run != base::Uuid{} && fact.run != entry.id;
    if (of_another_run || (fact.kind != Fact::Kind::kOther && fact.name != entry.name)) {
      return base::fail(
          base::internal(fmt::format("an update was not recorded, because an event speaks of another run or "
                                     "name than {}; report this defect",
                                     entry.name)));
    }
    ends = ends || ends_run(fact);
  }

  dirty_ = true;
  if (auto done = write_journal(update.run, entry, update.journal); !done) return done;
  if (auto done = write_events(entry.tenant, update.run, update.events, unit.facts, entry.correlation_id,
                               entry.traceparent);
      !done) {
    return done;
  }
  if (update.proof) {
    const auto name = models_.find_name(entry.name);
    if (!name) return base::fail(name.error());
    if (*name) {
      if (auto done = proofs_.put(entry.tenant, (*name)->key, *update.proof); !done) return done;
    }
  }
  if (ends) open_.erase(update.run);
  dirty_ = false;
  return {};
}

base::Result<void> UnitWriter::write(const AppendUnit& unit) {
  const auto tenant = log_.tenant_key(unit.tenant);
  if (!tenant) return base::fail(tenant.error());
  if (unit.standing) {
    if (auto stands = check_standing(*tenant, *unit.standing); !stands) return stands;
  }
  dirty_ = true;
  if (auto done = write_events(*tenant, 0, unit.events, unit.facts, {}, {}); !done) return done;
  dirty_ = false;
  return {};
}

base::Result<void> UnitWriter::check_standing(TenantKey tenant, const Standing& standing) {
  const auto found = models_.find_name(standing.name);
  if (!found) return base::fail(found.error());
  const std::optional<NameEntry>& name = *found;
  if (name && name->tenant == tenant && name->is(standing.state) && name->value == standing.value &&
      !name->open_run) {
    return {};
  }
  return base::fail(base::aborted(
      fmt::format("{} is not as it was when it was looked at; look at it again", standing.name)));
}

base::Result<void> UnitWriter::write(const ProofUnit& unit) {
  const auto tenant = log_.tenant_key(unit.tenant);
  if (!tenant) return base::fail(tenant.error());
  const auto row = find_value_.first(unit.name, *tenant);
  if (!row) return base::fail(row.error());
  const bool same = *row && find_value_.text(1) == unit.proof.value;
  const std::int64_t name = *row ? find_value_.integer(0) : 0;
  find_value_.reset();
  if (!same) {
    return base::fail(
        base::aborted(fmt::format("{} has another value than the one proven; prove it anew", unit.name)));
  }
  dirty_ = true;
  if (auto done = proofs_.put(*tenant, name, unit.proof); !done) return done;
  dirty_ = false;
  return {};
}

base::Result<void> UnitWriter::write(const DomainUnit& unit) {
  const DomainUpdate& update = unit.update;
  dirty_ = true;
  for (std::size_t i = 0; i < update.news.size(); ++i) {
    const DomainUpdate::News& news = update.news[i];
    const auto tenant = log_.tenant_key(news.tenant);
    if (!tenant) return base::fail(tenant.error());
    if (auto done = write_events(*tenant, 0, news.events, unit.facts[i], {}, {}); !done) return done;
  }
  if (auto done = put_look_.run(update.domain, update.looked, update.zone, update.registration); !done)
    return done;
  dirty_ = false;
  return {};
}

base::Result<MoveRow> UnitWriter::write(const StartMoveUnit& unit) {
  const auto open = moves_.find_open(unit.move.domain);
  if (!open) return base::fail(open.error());
  if (*open) {
    return base::fail(
        base::Status{base::Code::kAlreadyExists,
                     fmt::format("{} is being moved from '{}' to '{}'; wait for the end of that, or undo it",
                                 unit.move.domain, (*open)->from, (*open)->to),
                     (*open)->id.to_string()});
  }
  dirty_ = true;
  auto row = moves_.insert(unit.move);
  if (!row) return row;
  if (auto done = write_news(unit.news); !done) return base::fail(done.error());
  dirty_ = false;
  return row;
}

base::Result<MoveRow> UnitWriter::write(const MoveUnit& unit) {
  const auto before = moves_.find(unit.update.move);
  if (!before) return base::fail(before.error());
  if (!*before) return base::fail(base::not_found(fmt::format("there is no move {}", unit.update.move)));
  if ((*before)->revision != unit.update.expected_revision || (*before)->finished) {
    return base::fail(base::aborted(
        fmt::format("the move of {} has changed meanwhile; look at it again", (*before)->domain)));
  }
  dirty_ = true;
  auto row = moves_.update(**before, unit.update);
  if (!row) return row;
  if (auto done = write_news(unit.news); !done) return base::fail(done.error());
  dirty_ = false;
  return row;
}

base::Result<std::vector<bool>> UnitWriter::write(const MoveNamesUnit& unit) {
  const auto move = moves_.find(unit.move);
  if (!move) return base::fail(move.error());
  if (!*move) return base::fail(base::not_found(fmt::format("there is no move {}", unit.move)));
  if ((*move)->phase != unit.phase) {
    return base::fail(base::aborted(fmt::format("the move of {} is {} by now, not {}", (*move)->domain,
                                                to_string((*move)->phase), to_string(unit.phase))));
  }
  std::vector<bool> done;
  dirty_ = true;
  for (std::size_t i = 0; i < unit.names.size(); ++i) {
    const MoveNameUpdate& update = unit.names[i];
    if (update.standing) {
      const auto stands = stands_for(update);
      if (!stands) return base::fail(stands.error());
      done.push_back(*stands);
      if (!*stands) continue;
    } else {
      done.push_back(true);
    }
    if (auto put = moves_.put_name(unit.move, update); !put) return base::fail(put.error());
    if (!update.event) continue;
    const auto tenant = log_.tenant_key(update.tenant);
    if (!tenant) return base::fail(tenant.error());
    auto written = write_events(*tenant, 0, {*update.event}, {*unit.facts[i]}, {}, {});
    if (!written) return base::fail(written.error());
  }
  dirty_ = false;
  return done;
}

base::Result<bool> UnitWriter::stands_for(const MoveNameUpdate& update) {
  const auto found = models_.find_name(update.name);
  if (!found) return base::fail(found.error());
  const std::optional<NameEntry>& name = *found;
  return name && !name->is_free() && !name->open_run && name->value == update.value &&
         (update.held_by.empty() || name->dns_instance == update.held_by);
}

base::Result<void> UnitWriter::write_news(const NewsUnit& unit) {
  for (std::size_t i = 0; i < unit.news.size(); ++i) {
    const auto tenant = log_.tenant_key(unit.news[i].tenant);
    if (!tenant) return base::fail(tenant.error());
    if (auto done = write_events(*tenant, 0, unit.news[i].events, unit.facts[i], {}, {}); !done) return done;
  }
  return {};
}

base::Result<void> UnitWriter::erase_proof_of(const Fact& fact) {
  if (fact.kind != Fact::Kind::kNameRemoved) return {};
  const auto name = models_.find_name(fact.name);
  if (!name) return base::fail(name.error());
  if (!*name) return {};
  return proofs_.erase((*name)->key);
}

base::Result<void> UnitWriter::write_journal(RunKey run, OpenEntry& entry,
                                             const std::vector<JournalEntry>& journal) {
  for (const JournalEntry& line : journal) {
    if (auto done = insert_entry_.run(run, entry.entries + 1, entry.tenant, line.kind, line.step,
                                      line.attempt, line.time, line.payload);
        !done) {
      return done;
    }
    ++entry.entries;
  }
  return {};
}

base::Result<void> UnitWriter::write_events(TenantKey tenant, RunKey run, const std::vector<NewEvent>& events,
                                            const std::vector<Fact>& facts, std::string_view correlation_id,
                                            std::string_view traceparent) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (auto done = log_.append(tenant, run, events[i], correlation_id, traceparent); !done) return done;
    if (auto done = models_.apply(facts[i], {tenant, run, events[i].time}); !done) return done;
    if (auto done = erase_proof_of(facts[i]); !done) return done;
  }
  return {};
}

base::Result<std::int64_t> UnitWriter::snapshot_key(TenantKey tenant, const std::string& pipeline) {
  for (auto at = snapshots_.begin(); at != snapshots_.end(); ++at) {
    if (at->tenant == tenant && at->pipeline == pipeline) {
      snapshots_.splice(snapshots_.begin(), snapshots_, at);
      return snapshots_.front().key;
    }
  }
  Hash hash{};
  if (EVP_Digest(pipeline.data(), pipeline.size(), hash.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return base::fail(base::internal("OpenSSL computes no SHA-256; check the installation"));
  }
  const auto row = find_snapshot_.first(tenant, Blob{hash});
  if (!row) return base::fail(row.error());
  std::int64_t key = 0;
  if (*row) {
    key = find_snapshot_.integer(0);
    find_snapshot_.reset();
  } else {
    if (auto done = insert_snapshot_.run(tenant, Blob{hash}, pipeline); !done)
      return base::fail(done.error());
    key = sqlite3_last_insert_rowid(connection_->raw());
  }
  snapshots_.push_front({tenant, pipeline, key});
  if (snapshots_.size() > kRememberedSnapshots) snapshots_.pop_back();
  return key;
}

}  // namespace paynamed::state
