// Reader: the read side of the store on one read-only connection, and the pool that lends readers out.
//
// Threads: a Reader belongs to one thread at a time; the pool may be used from any thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "state/move_queries.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"

namespace paynamed::state {

// No answer has more rows than this, whatever `limit` says.
inline constexpr std::uint32_t kMaxRows = 1000;
// A page of events ends early when it has so many bytes of data.
inline constexpr std::size_t kMaxPageBytes = 4 << 20;

class Reader {
 public:
  static base::Result<std::unique_ptr<Reader>> open(const std::string& path, const std::string& vfs);

  // As Store.
  base::Result<std::optional<NameRow>> find_name(std::string_view tenant, std::string_view name);
  base::Result<std::vector<NameRow>> list_names(std::string_view tenant, std::string_view domain,
                                                std::optional<NameState> state, std::string_view after,
                                                std::uint32_t limit);
  base::Result<std::vector<OfferRow>> offers_of(std::string_view tenant, std::string_view name,
                                                std::uint32_t limit);
  base::Result<std::vector<Store::DueOffer>> retired_offers_due(base::WallTime now, Store::DuePlace after,
                                                                std::uint32_t limit);
  base::Result<std::vector<Store::DueOffer>> offers_ending(base::WallTime time, Store::DuePlace after,
                                                           std::uint32_t limit);
  base::Result<NameKey> newest_name();
  base::Result<std::vector<WatchedName>> watched_names(std::span<const NameKey> keys);
  base::Result<std::vector<WatchedName>> degraded_names(std::uint32_t limit);
  base::Result<std::optional<Proof>> find_proof(std::string_view name);
  base::Result<std::vector<Store::EndingProof>> proofs_ending(base::WallTime time, Store::ProofPlace after,
                                                              std::uint32_t limit);
  base::Result<std::optional<DomainRow>> find_domain(std::string_view tenant, std::string_view domain);
  base::Result<std::vector<DomainRow>> list_domains(std::string_view tenant, std::string_view after,
                                                    std::uint32_t limit);
  base::Result<std::optional<Store::KeyUse>> find_key_use(std::string_view tenant, std::string_view key);
  base::Result<std::optional<RunRow>> find_run(std::string_view tenant, base::Uuid id);
  base::Result<std::vector<RunRow>> list_runs(std::string_view tenant, std::string_view name,
                                              std::optional<RunState> state, base::Uuid before,
                                              std::uint32_t limit);
  base::Result<std::vector<JournalEntry>> journal_of(RunKey run);
  base::Result<std::optional<OpenRun>> load_run(RunKey run);
  base::Result<std::vector<OpenRun>> open_runs(RunKey after, std::uint32_t limit);
  base::Result<EventPage> events_after(std::string_view tenant, Position after, std::uint32_t limit);
  base::Result<std::vector<InstanceUse>> instances_in_use();
  base::Result<InUse> in_use();
  base::Result<Totals> totals();

  MoveQueries& moves() { return moves_; }

  std::uint32_t epoch() const { return epoch_; }
  Connection& connection() { return connection_; }

 private:
  explicit Reader(Connection connection);

  // The tenant's number; 0, which no tenant has, when it never wrote anything.
  base::Result<TenantKey> tenant_key(std::string_view tenant);
  base::Result<std::vector<OpenRun>> open_runs_of(Statement& statement, base::Result<bool> row);
  base::Result<EventPage> read_events(std::string_view tenant, Position after, std::uint32_t limit);
  // The newest-first query for this kind of filter.
  Statement& runs_query(bool by_name, std::optional<RunState> state);

  Connection connection_;
  std::uint32_t epoch_ = 0;
  std::unordered_map<std::string, TenantKey> tenants_;

  Statement begin_;
  Statement end_;
  Statement find_tenant_;
  Statement find_name_;
  Statement list_names_;
  Statement list_unusual_names_;
  Statement offers_of_;
  Statement retired_offers_;
  Statement ending_offers_;
  Statement newest_name_;
  Statement watched_name_;
  Statement degraded_names_;
  Statement find_proof_;
  Statement proofs_ending_;
  Statement find_domain_;
  Statement list_domains_;
  Statement find_key_use_;
  Statement find_run_;
  Statement run_key_;
  Statement runs_of_tenant_;
  Statement runs_of_name_;
  Statement runs_open_;
  Statement runs_compensated_;
  Statement journal_of_;
  Statement load_run_;
  Statement open_runs_;
  Statement head_;
  Statement events_;
  Statement uses_;
  Statement domain_uses_;
  Statement open_instances_;
  Statement totals_;
  MoveQueries moves_;
};

class ReaderPool {
 public:
  static base::Result<std::unique_ptr<ReaderPool>> open(const std::string& path, const std::string& vfs,
                                                        std::size_t count);

  // A borrowed reader, given back when it goes out of scope.
  class Lease {
   public:
    Lease(ReaderPool& pool, std::unique_ptr<Reader> reader) : pool_(&pool), reader_(std::move(reader)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (reader_) pool_->give_back(std::move(reader_));
    }
    Reader* operator->() { return reader_.get(); }

   private:
    ReaderPool* pool_;
    std::unique_ptr<Reader> reader_;
  };
  // Waits while all are lent: reads are short.
  Lease lend();

 private:
  void give_back(std::unique_ptr<Reader> reader);

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Reader>> idle_;  // the last used last: its cache is warm
};

}  // namespace paynamed::state
