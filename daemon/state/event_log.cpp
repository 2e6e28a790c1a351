#include "state/event_log.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "state/event_check.hpp"

namespace paynamed::state {
namespace {

void append_number(std::string& bytes, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
}

void append_text(std::string& bytes, std::string_view text) {
  append_number(bytes, text.size());
  bytes.append(text);
}

template <class Bytes>
std::string_view as_text(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool copy_hash(Blob from, Hash& to) {
  if (from.size() != to.size()) return false;
  std::copy(from.begin(), from.end(), to.begin());
  return true;
}

}  // namespace

// Fetched once: SHA256() of OpenSSL 3 looks its algorithm up at every call.
struct RowHasher::Digest {
  struct Free {
    void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD, Free> algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

RowHasher::RowHasher() : digest_(std::make_unique<Digest>()) {}
RowHasher::~RowHasher() = default;

Hash RowHasher::hash(const StoredEvent& event) {
  bytes_.clear();
  append_number(bytes_, static_cast<std::uint64_t>(event.offset));
  append_number(bytes_, static_cast<std::uint64_t>(event.tenant));
  append_number(bytes_, event.seq);
  append_text(bytes_, as_text(event.id.bytes()));
  append_text(bytes_, event.type);
  append_number(bytes_, event.version);
  append_text(bytes_, event.subject);
  append_number(bytes_, static_cast<std::uint64_t>(event.time.time_since_epoch().count()));
  append_number(bytes_, static_cast<std::uint64_t>(event.run));
  append_text(bytes_, event.correlation_id);
  append_text(bytes_, event.traceparent);
  append_text(bytes_, event.data);
  append_text(bytes_, as_text(event.prev_hash));

  Hash hash{};
  unsigned int size = 0;
  if (EVP_DigestInit_ex2(digest_->context.get(), digest_->algorithm.get(), nullptr) != 1 ||
      EVP_DigestUpdate(digest_->context.get(), bytes_.data(), bytes_.size()) != 1 ||
      EVP_DigestFinal_ex(digest_->context.get(), hash.data(), &size) != 1 || size != hash.size()) {
    // Without memory or without SHA-256 there is nothing to go on with, and a wrong hash must never be
    // stored.
    std::fputs("paynamed: OpenSSL computes no SHA-256; stopping\n", stderr);
    std::abort();
  }
  return hash;
}

EventLog::EventLog(Connection& connection)
    : connection_(&connection),
      insert_(
          connection,
          "INSERT INTO events(offset, tenant, seq, id, type, version, subject, time, run, correlation_id, "
          "traceparent, data, prev_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      insert_type_(connection, "INSERT INTO event_types(key, name) VALUES (?, ?)"),
      insert_tenant_(connection, "INSERT INTO tenants(key, name) VALUES (?, ?)"),
      write_heads_(connection, "UPDATE heads SET last_offset = ?, chain = ?, last_run = ?") {}

base::Result<void> EventLog::load() {
  tenant_keys_.clear();
  tenants_.clear();
  types_.clear();
  dirty_ = false;

  Statement heads(*connection_, "SELECT last_offset, chain, last_run FROM heads");
  auto row = heads.first();
  if (!row) return base::fail(row.error());
  if (!*row || !copy_hash(heads.blob(1), chain_)) {
    return base::fail(base::data_loss("the state file has no head of its event log; restore a backup"));
  }
  last_offset_ = heads.integer(0);
  last_run_ = heads.integer(2);
  heads.reset();

  Statement types(*connection_, "SELECT key, name FROM event_types");
  for (row = types.first(); row && *row; row = types.next()) {
    types_.emplace(std::string{types.text(1)}, types.integer(0));
  }
  if (!row) return base::fail(row.error());

  Statement tenants(
      *connection_,
      "SELECT key, name, (SELECT max(seq) FROM events WHERE tenant = tenants.key) FROM tenants");
  for (row = tenants.first(); row && *row; row = tenants.next()) {
    const TenantKey key = tenants.integer(0);
    tenant_keys_.emplace(std::string{tenants.text(1)}, key);
    tenants_.emplace(key, Tenant{std::string{tenants.text(1)}, tenants.count(2), true});
  }
  if (!row) return base::fail(row.error());
  return {};
}

base::Result<TenantKey> EventLog::tenant_key(const std::string& tenant) {
  if (const auto known = tenant_keys_.find(tenant); known != tenant_keys_.end()) return known->second;
  const auto key = static_cast<TenantKey>(tenant_keys_.size()) + 1;
  if (auto done = insert_tenant_.run(key, tenant); !done) return base::fail(done.error());
  tenant_keys_.emplace(tenant, key);
  tenants_.emplace(key, Tenant{tenant, 0, false});
  return key;
}

base::Result<std::int64_t> EventLog::type_key(const std::string& type) {
  if (const auto known = types_.find(type); known != types_.end()) return known->second;
  const auto key = static_cast<std::int64_t>(types_.size()) + 1;
  if (auto done = insert_type_.run(key, type); !done) return base::fail(done.error());
  types_.emplace(type, key);
  return key;
}

base::Result<void> EventLog::append(TenantKey tenant, RunKey run, const NewEvent& event,
                                    std::string_view correlation_id, std::string_view traceparent) {
  PAYNAMED_CHECK_EVENT(event);
  const auto type = type_key(event.type);
  if (!type) return base::fail(type.error());
  Tenant& head = tenants_.at(tenant);
  StoredEvent row;
  row.offset = last_offset_ + 1;
  row.tenant = tenant;
  row.seq = head.seq + 1;
  row.id = event.id;
  row.type = event.type;
  row.version = event.version;
  row.subject = event.subject;
  row.time = event.time;
  row.run = run;
  row.correlation_id = correlation_id;
  row.traceparent = traceparent;
  row.data = event.data;
  row.prev_hash = chain_;
  const auto run_or_null = run == 0 ? std::optional<RunKey>{} : std::optional{run};
  if (auto done =
          insert_.run(row.offset, tenant, row.seq, row.id, *type, row.version, row.subject, row.time,
                      run_or_null, row.correlation_id, row.traceparent, row.data, Blob{row.prev_hash});
      !done) {
    return done;
  }
  chain_ = hasher_.hash(row);
  last_offset_ = row.offset;
  head.seq = row.seq;
  head.changed = true;
  dirty_ = true;
  return {};
}

std::uint64_t EventLog::head(TenantKey tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? 0 : found->second.seq;
}

base::Result<void> EventLog::flush() {
  if (!dirty_) return {};
  dirty_ = false;
  return write_heads_.run(last_offset_, Blob{chain_}, last_run_);
}

std::vector<std::pair<std::string, std::uint64_t>> EventLog::take_changed_heads() {
  std::vector<std::pair<std::string, std::uint64_t>> changed;
  for (auto& [key, tenant] : tenants_) {
    if (std::exchange(tenant.changed, false)) changed.emplace_back(tenant.name, tenant.seq);
  }
  return changed;
}

base::Result<ChainReport> verify_chain(Connection& connection) {
  ChainReport report;
  RowHasher hasher;
  Hash expected{};
  std::int64_t offset = 0;
  const auto broken = [&](std::int64_t at, std::string problem) {
    report.broken_offset = at;
    report.problem = std::move(problem);
    return report;
  };

  // One transaction, so that the head read at the end belongs to the events read before it.
  if (auto begun = connection.execute("BEGIN"); !begun) return base::fail(begun.error());
  struct End {
    Connection& connection;
    ~End() { static_cast<void>(connection.execute("ROLLBACK")); }
  } const end{connection};

  Statement events(
      connection,
      "SELECT e.offset, e.tenant, e.seq, e.id, t.name, e.version, e.subject, e.time, e.run, "
      "e.correlation_id, e.traceparent, e.data, e.prev_hash FROM events e LEFT JOIN event_types t "
      "ON t.key = e.type ORDER BY e.offset");
  std::unordered_map<TenantKey, std::uint64_t> seqs;
  auto row = events.first();
  for (; row && *row; row = events.next()) {
    StoredEvent event;
    event.offset = events.integer(0);
    event.tenant = events.integer(1);
    event.seq = events.count(2);
    event.id = events.uuid(3);
    event.type = events.text(4);
    event.version = static_cast<std::uint32_t>(events.integer(5));
    event.subject = events.text(6);
    event.time = events.time(7);
    event.run = events.integer(8);
    event.correlation_id = events.text(9);
    event.traceparent = events.text(10);
    event.data = events.text(11);
    // A changed row shows in the hash that the row after it holds: the row at fault is the one before.
    if (event.offset != offset + 1) {
      return broken(offset + 1, fmt::format("event {} is missing", offset + 1));
    }
    if (!copy_hash(events.blob(12), event.prev_hash) || event.prev_hash != expected) {
      return broken(
          offset == 0 ? event.offset : offset,
          fmt::format("the hash of event {} is not the one that event {} holds", offset, event.offset));
    }
    if (event.seq != ++seqs[event.tenant]) {
      return broken(event.offset, fmt::format("event {} has the seq {} of its tenant, expected {}",
                                              event.offset, event.seq, seqs[event.tenant]));
    }
    offset = event.offset;
    expected = hasher.hash(event);
    ++report.events;
  }
  if (!row) return base::fail(row.error());

  Statement heads(connection, "SELECT last_offset, chain FROM heads");
  row = heads.first();
  if (!row) return base::fail(row.error());
  Hash chain{};
  if (!*row || heads.integer(0) != offset || !copy_hash(heads.blob(1), chain)) {
    return broken(offset + 1,
                  fmt::format("the log ends at event {}, its head says {}", offset, heads.integer(0)));
  }
  if (chain != expected) {
    return broken(offset, fmt::format("the hash of event {} is not the one that the head holds", offset));
  }
  return report;
}

}  // namespace paynamed::state
