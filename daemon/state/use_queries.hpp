// UseQueries: what is in use, and how much there is.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "state/move_queries.hpp"
#include "state/read_snapshot.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"

namespace paynamed::state {

class UseQueries {
 public:
  UseQueries(Connection& connection, SnapshotStatements& snapshots, MoveQueries& moves);

  // As Store.
  base::Result<std::vector<InstanceUse>> instances_in_use();
  base::Result<InUse> in_use();
  base::Result<Totals> totals();

 private:
  struct Counted {
    std::map<std::string, InstanceUse> instances;
    std::map<std::string, DomainUse> domains;
  };
  base::Result<void> count_instances(Counted& counted);
  base::Result<void> count_domains(Counted& counted);
  base::Result<void> count_open_runs(Counted& counted);
  base::Result<void> count_moves(Counted& counted);
  base::Result<void> count_invoices(Counted& counted);
  base::Result<void> count_orders(Counted& counted);
  base::Result<void> count_webhooks(Counted& counted);

  SnapshotStatements* snapshots_;
  MoveQueries* moves_;
  Statement uses_;
  Statement domain_uses_;
  Statement open_instances_;
  Statement open_invoices_;
  Statement open_orders_;
  Statement webhooks_;
  Statement totals_;
};

}  // namespace paynamed::state
