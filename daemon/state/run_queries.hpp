// RunQueries: runs, their journals and the idempotency keys that began them.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "state/read_snapshot.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"
#include "state/tenant_keys.hpp"

namespace paynamed::state {

class RunQueries {
 public:
  RunQueries(Connection& connection, SnapshotStatements& snapshots, TenantKeys& tenants);

  // As Store.
  base::Result<std::optional<Store::KeyUse>> find_key_use(std::string_view tenant, std::string_view key);
  base::Result<std::optional<RunRow>> find_run(std::string_view tenant, base::Uuid id);
  base::Result<std::vector<RunRow>> list_runs(std::string_view tenant, std::string_view name,
                                              std::optional<RunState> state, base::Uuid before,
                                              std::uint32_t limit);
  base::Result<std::vector<JournalEntry>> journal_of(RunKey run);
  base::Result<std::optional<OpenRun>> load_run(RunKey run);
  base::Result<std::vector<OpenRun>> open_runs(RunKey after, std::uint32_t limit);

 private:
  // The newest-first query for this kind of filter.
  Statement& runs_query(bool by_name, std::optional<RunState> state);
  base::Result<std::vector<OpenRun>> open_runs_of(Statement& statement, base::Result<bool> row);

  SnapshotStatements* snapshots_;
  TenantKeys* tenants_;
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
};

}  // namespace paynamed::state
