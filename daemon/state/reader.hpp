// Reader: the read side of the store on one read-only connection, and the pool that lends readers out.
//
// Threads: a Reader belongs to one thread at a time; the pool may be used from any thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "state/domain_queries.hpp"
#include "state/event_queries.hpp"
#include "state/move_queries.hpp"
#include "state/name_queries.hpp"
#include "state/node_queries.hpp"
#include "state/offer_queries.hpp"
#include "state/order_queries.hpp"
#include "state/payment_queries.hpp"
#include "state/proof_queries.hpp"
#include "state/run_queries.hpp"
#include "state/sqlite.hpp"
#include "state/use_queries.hpp"
#include "state/webhook_queries.hpp"

namespace paynamed::state {

class Reader {
 public:
  static base::Result<std::unique_ptr<Reader>> open(const std::string& path, const std::string& vfs);
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  NameQueries& names() { return names_; }
  OfferQueries& offers() { return offers_; }
  ProofQueries& proofs() { return proofs_; }
  DomainQueries& domains() { return domains_; }
  RunQueries& runs() { return runs_; }
  EventQueries& events() { return events_; }
  MoveQueries& moves() { return moves_; }
  PaymentQueries& payments() { return payments_; }
  OrderQueries& orders() { return orders_; }
  NodeQueries& nodes() { return nodes_; }
  UseQueries& uses() { return uses_; }
  WebhookQueries& webhooks() { return webhooks_; }
  Connection& connection() { return connection_; }

 private:
  Reader(Connection connection, std::uint32_t epoch);

  Connection connection_;
  SnapshotStatements snapshots_;
  TenantKeys tenants_;
  NameQueries names_;
  OfferQueries offers_;
  ProofQueries proofs_;
  DomainQueries domains_;
  RunQueries runs_;
  EventQueries events_;
  MoveQueries moves_;
  PaymentQueries payments_;
  OrderQueries orders_;
  NodeQueries nodes_;
  UseQueries uses_;
  WebhookQueries webhooks_;
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
