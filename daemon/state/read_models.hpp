// ReadModels: names, offers, runs, payments, invoices, orders and their totals, and what was said about
// domains, as a function of the events alone. apply() is the only code that changes their tables; a rebuild
// clears them and applies every event again.
//
// Threads: belongs to the thread of its connection.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "state/fact.hpp"
#include "state/model.hpp"
#include "state/payment_models.hpp"
#include "state/sqlite.hpp"
#include "state/store.hpp"

namespace paynamed::state {

// What the columns names.state and runs.state hold; a free name's row only keeps its key.
inline constexpr std::int64_t kFreeName = -1;

// A name's row, as far as conditions and apply() need it.
struct NameEntry {
  std::int64_t key = 0;
  TenantKey tenant = 0;
  std::int64_t state = kFreeName;
  std::string owner;
  std::optional<RunKey> open_run;
  std::uint64_t revision = 0;
  std::optional<base::WallTime> quarantined_until;
  std::string dns_instance;
  std::string node_instance;
  std::string node;
  std::string value;
  bool was_quarantined = false;  // an open registration took it out of quarantine

  bool is_free() const { return state == kFreeName; }
  bool is(NameState other) const { return state == static_cast<std::int64_t>(other); }
};

class ReadModels {
 public:
  explicit ReadModels(Connection& connection);

  // Reads the totals; also after a rollback.
  base::Result<void> load();
  // Empties the tables, for a rebuild.
  base::Result<void> clear();

  // Where and when an event stands. `run` is 0 for an event of no run.
  struct Context {
    TenantKey tenant = 0;
    RunKey run = 0;
    base::WallTime time;
  };
  // Applies one event, in the transaction that stores it. INTERNAL when it contradicts what the tables hold.
  base::Result<void> apply(const Fact& fact, const Context& context);
  // Writes the totals that changed, once a batch.
  base::Result<void> flush();

  base::Result<std::optional<NameEntry>> find_name(std::string_view name);
  std::uint64_t open_runs() const { return static_cast<std::uint64_t>(totals_.open_runs); }

 private:
  struct Uses {
    std::int64_t names = 0;
    std::int64_t offers = 0;
    bool changed = false;
  };
  struct Counts {
    std::int64_t names = 0;
    std::int64_t live = 0;
    std::int64_t open_runs = 0;
    std::int64_t paused_runs = 0;
    std::int64_t degraded = 0;
    std::int64_t payments = 0;
  };

  base::Result<NameEntry> name_of(const Fact& fact, const Context& context);
  base::Result<void> run_accepted(const Fact& fact, const Context& context);
  base::Result<void> run_moved(const Fact& fact, const Context& context, RunState to);
  base::Result<void> run_ended(const Fact& fact, const Context& context, RunState to);
  base::Result<void> offer_created(const Fact& fact, const Context& context);
  base::Result<void> offer_expiring(const Fact& fact, const Context& context);
  base::Result<void> offer_ended(const Fact& fact, const Context& context, OfferState to);
  base::Result<void> name_recorded(const Fact& fact, const Context& context, NameState to);
  base::Result<void> name_live(const Fact& fact, const Context& context);
  base::Result<void> name_degraded(const Fact& fact, const Context& context);
  base::Result<void> name_recovered(const Fact& fact, const Context& context);
  base::Result<void> name_removed(const Fact& fact, const Context& context);
  base::Result<void> name_moved(const Fact& fact, const Context& context);
  base::Result<void> payment_spoken_of(const Fact& fact, const Context& context);
  base::Result<void> domain_spoken_of(const Fact& fact, const Context& context);
  base::Result<void> node_added(const Fact& fact, const Context& context);
  base::Result<void> node_removed(const Fact& fact, const Context& context);
  base::Result<void> node_credentials_changed(const Fact& fact, const Context& context);

  // Another state with the same record.
  void count_state(std::string_view name, const NameEntry& before, NameState state);
  void count_name(std::string_view name, const NameEntry& before, std::int64_t state,
                  std::string_view dns_instance, std::string_view node_instance, std::string_view node,
                  TenantKey tenant);
  void use_names(std::string_view dns_instance, std::string_view node_instance, std::int64_t by);
  void use_domain(std::string_view name, std::string_view dns_instance, std::int64_t by);
  void use_offer(std::string_view node_instance, std::string_view node, TenantKey tenant, std::int64_t by);
  // Of a node by a tenant: one name or one offer more or less.
  void use_node(std::string_view node_instance, std::string_view node, TenantKey tenant, std::int64_t names,
                std::int64_t offers);
  base::Result<void> flush_node_uses();

  Connection* connection_;
  PaymentModels payments_;
  Counts totals_;
  bool totals_changed_ = false;
  std::unordered_map<std::string, Uses> uses_;
  std::map<std::pair<std::string, std::string>, Uses> domain_uses_;            // by domain and DNS instance
  std::map<std::tuple<std::string, std::string, TenantKey>, Uses> node_uses_;  // by instance and node

  Statement find_name_;
  Statement insert_name_;
  Statement begin_again_;
  Statement begin_other_verb_;
  Statement restore_quarantine_;
  Statement free_name_;
  Statement end_run_of_name_;
  Statement record_name_;
  Statement make_live_;
  Statement degrade_;
  Statement remove_name_;
  Statement move_name_;
  Statement insert_run_;
  Statement find_run_;
  Statement move_run_;
  Statement end_run_;
  Statement find_offer_;
  Statement put_offer_;
  Statement end_offer_;
  Statement announce_end_;
  Statement find_domain_;
  Statement put_domain_;
  Statement change_domain_;
  Statement announce_signatures_;
  Statement announce_registration_;
  Statement write_totals_;
  Statement write_uses_;
  Statement write_domain_uses_;
  Statement erase_domain_uses_;
  Statement insert_node_;
  Statement erase_node_;
  Statement change_node_;
  Statement write_node_uses_;
  Statement erase_node_uses_;
};

// Applies all events of `log` ("main" or the name of an attached file) to the tables of `connection`, which
// are cleared first. In the caller's transaction.
base::Result<void> rebuild_read_models(Connection& connection, const std::string& log = "main");

// Rebuilds into memory beside the file at `path` and says how the two differ: one line a row that is only in
// one. At most `limit` lines. Fails only when the file cannot be read.
base::Result<std::vector<std::string>> compare_rebuilt(const std::string& path, const std::string& vfs,
                                                       std::size_t limit = 100);

}  // namespace paynamed::state
