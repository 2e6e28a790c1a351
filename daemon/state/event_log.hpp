// EventLog: appends events and keeps their hash chain.
//
// Each row holds prev_hash, the SHA-256 of the row before it, so that a row cannot be changed, dropped or put
// between without every later row showing it; `heads` holds the hash of the last row.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/result.hpp"
#include "state/model.hpp"
#include "state/sqlite.hpp"

namespace paynamed::state {

using Hash = std::array<std::uint8_t, 32>;

// An event as it is stored.
struct StoredEvent {
  std::int64_t offset = 0;
  TenantKey tenant = 0;
  std::uint64_t seq = 0;
  base::Uuid id;
  std::string_view type;
  std::uint32_t version = 1;
  std::string_view subject;
  base::WallTime time;
  RunKey run = 0;  // 0: none
  std::string_view correlation_id;
  std::string_view traceparent;
  std::string_view data;
  Hash prev_hash{};
};

// The SHA-256 of a row: every field in the order above, numbers as 8 bytes big-endian, texts with their
// length before them (the type as its word, the run as 0 when there is none).
class RowHasher {
 public:
  RowHasher();
  ~RowHasher();
  Hash hash(const StoredEvent& event);

 private:
  struct Digest;
  std::unique_ptr<Digest> digest_;
  std::string bytes_;
};

class EventLog {
 public:
  explicit EventLog(Connection& connection);

  // Reads where the log stands; also after a rollback.
  base::Result<void> load();
  // The number of a tenant, which is made when it is not known.
  base::Result<TenantKey> tenant_key(const std::string& tenant);
  // Appends; `run` 0 for none.
  base::Result<void> append(TenantKey tenant, RunKey run, const NewEvent& event,
                            std::string_view correlation_id, std::string_view traceparent);
  // The seq of the tenant's last event, 0 before the first; also of one that is not committed yet.
  std::uint64_t head(TenantKey tenant) const;
  RunKey next_run() { return dirty_ = true, ++last_run_; }
  // Writes `heads` if something was appended.
  base::Result<void> flush();

  // Where each tenant stands that changed since the last call, by name.
  std::vector<std::pair<std::string, std::uint64_t>> take_changed_heads();

 private:
  struct Tenant {
    std::string name;
    std::uint64_t seq = 0;
    bool changed = false;
  };
  base::Result<std::int64_t> type_key(const std::string& type);

  std::int64_t last_offset_ = 0;
  RunKey last_run_ = 0;
  Hash chain_{};
  bool dirty_ = false;
  std::unordered_map<std::string, TenantKey> tenant_keys_;
  std::unordered_map<TenantKey, Tenant> tenants_;
  std::unordered_map<std::string, std::int64_t> types_;
  RowHasher hasher_;

  Connection* connection_;
  Statement insert_;
  Statement insert_type_;
  Statement insert_tenant_;
  Statement write_heads_;
};

// What verify_chain() found.
struct ChainReport {
  std::uint64_t events = 0;
  std::optional<std::int64_t> broken_offset;  // the first event that is not as it was written; none: all are
  std::string problem;                        // why it is broken
};

// Walks all events in the connection's file. Fails only when the file cannot be read.
base::Result<ChainReport> verify_chain(Connection& connection);

}  // namespace paynamed::state
