// What the API needs from the rest of the daemon, as interfaces and functions, so that tests give their own.
//
// Threads: everything here is called from any thread of the io_context.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/auth.hpp"
#include "api/tokens.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "config/difference.hpp"
#include "delivery/webhooks.hpp"
#include "domains/domain_work.hpp"
#include "events/event_feed.hpp"
#include "moves/views.hpp"
#include "names/lint/report.hpp"
#include "nodes/added_nodes.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "payments/invoice_maker.hpp"
#include "payments/order_maker.hpp"
#include "pipeline/engine.hpp"
#include "state/store.hpp"

namespace paynamed::api {

// A plugin instance as operators see it.
struct PluginStatus {
  std::string id;        // "zone"
  std::string module;    // "rfc2136"
  std::string version;   // of the module
  std::string contract;  // "DnsProvider"
  std::string state;     // "ready", "blocked", "stuck", "stopped", "failed"
  std::string message;   // why it is not ready; empty otherwise
  bool retired = false;
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  std::uint32_t in_flight = 0;
  std::string breaker;                  // "closed", "half_open", "open"; empty when it does not run
  std::string breaker_message;          // why it is not closed
  std::optional<base::WallTime> since;  // when it came into this state
  std::vector<std::string> addresses = {};  // of an EventServer: where it listens
};

// Whether the daemon can take work, part by part.
struct Readiness {
  struct Part {
    std::string name;  // "store"
    bool ready = false;
    std::string message;  // one sentence; may be empty
  };
  bool ready = false;
  std::vector<Part> parts;
};

struct DomainInfo {
  std::string name;
  bool test = false;
  std::string dns_instance;  // where new names are put
  std::vector<std::string> tenants;
  std::string configured_dns = {};  // what the configuration says, when a move has made it wrong
};

// What is known and done about moves of domains: moves::Mover's functions. All are set, or none.
struct Moves {
  std::function<boost::asio::awaitable<base::Result<moves::Plan>>(moves::MoveRequest)> plan = {};
  std::function<boost::asio::awaitable<base::Result<state::MoveRow>>(moves::MoveRequest)> begin = {};
  std::function<boost::asio::awaitable<base::Result<state::MoveRow>>(std::string domain)> resume = {};
  std::function<boost::asio::awaitable<base::Result<state::MoveRow>>(std::string domain)> undo = {};
  std::function<base::Result<std::optional<moves::MoveView>>(const std::string& domain)> show = {};
};

// What came in, invoices and orders. All are set, or none.
struct Payments {
  state::PaymentStore* payments = nullptr;
  state::InvoiceStore* invoices = nullptr;
  // payments::InvoiceMaker::make()
  std::function<boost::asio::awaitable<base::Result<payments::InvoiceMaker::Made>>(
      state::NewInvoice wish, std::string correlation_id)>
      make_invoice = {};
  state::OrderStore* orders = nullptr;
  // payments::OrderMaker::make()
  std::function<boost::asio::awaitable<base::Result<payments::OrderMaker::Made>>(state::NewOrder wish,
                                                                                 std::string correlation_id)>
      make_order = {};
};

// A node as a tenant sees it.
struct NodeView {
  state::NodePlace place;
  std::optional<state::NodeRow> added = {};  // none: an instance's own
  std::optional<state::NodeLook> look = {};
  nodes::Receivable receivable = {};
  std::uint64_t names = 0;  // of the tenant
  std::uint64_t offers = 0;
};

// What is known and done about nodes: process::NodeParts. All are set, or none.
struct Nodes {
  // In words for the tenant.
  std::function<nodes::Receivable(const state::NameRow&, const std::string& tenant)> receivable =
      [](const state::NameRow&, const std::string&) {
        return nodes::Receivable{state::Ternary::kUnknown, "no node is asked", {}, {}};
      };
  // Those that the tenant uses or may use, in order of their places.
  std::function<base::Result<std::vector<NodeView>>(const std::string& tenant)> list = {};
  std::function<boost::asio::awaitable<base::Result<state::AddedNode>>(nodes::NodeToAdd)> add = {};
  std::function<boost::asio::awaitable<base::Result<state::NodeRow>>(nodes::NewSecrets)> replace_credentials =
      {};
  std::function<boost::asio::awaitable<base::Result<void>>(std::string tenant, base::Uuid id)> remove = {};
};

// Which configuration counts, and whether the file says something else by now.
struct ConfigStanding {
  std::uint64_t generation = 1;  // counts from the start of the process
  std::string hash;              // SHA-256 of the file's text, in hex
  base::WallTime loaded;
  // Since when the file could not be taken up, and why the last time.
  std::optional<base::WallTime> stale_since;
  std::string stale_reason;
};

// What came of a reload.
struct ReloadReport {
  enum class Outcome {
    kApplied,
    kUnchanged,  // the file says what counts already
    kChecked,    // it would be applied, as far as that can be known without doing it
    kRefused,    // nothing changed
  };
  Outcome outcome = Outcome::kRefused;
  base::Status refusal;  // of kRefused: INVALID_ARGUMENT for mistakes in the file, else what is in the way
  std::uint64_t generation = 0;  // that counts now
  std::string hash;              // of the file that was read
  std::vector<config::Change> changes;
  std::string diagnostics;  // JSON, as `paynamed check --json` prints it
  std::string text;         // all of it for people
};

// Everything outlives the server; every function must be set.
struct Dependencies {
  pipeline::Engine& engine;
  state::Store& store;
  base::Clock& clock;
  base::Random& random;
  const observe::Log& log;
  observe::Metrics& metrics;
  KeySource keys;
  std::function<std::vector<PluginStatus>()> plugins;
  std::function<Readiness()> readiness;
  std::function<std::vector<DomainInfo>()> domains;
  // A proof that may be handed on now; of foreign names only with `any_domain`.
  std::function<boost::asio::awaitable<base::Result<state::Proof>>(base::Name, bool any_domain)> proof_of =
      {};
  // What wallets make of a stored proof now; fails when it does not hold any more.
  std::function<base::Result<names::LintReport>(const base::Name&, const state::Proof&)> lint_of = {};
  std::function<ConfigStanding()> config = {};
  // With `check` nothing is applied.
  std::function<boost::asio::awaitable<ReloadReport>(bool check)> reload = {};
  domains::DomainWork* domain_work = nullptr;  // must be set, as all here
  Moves moves = {};
  Payments payments = {};
  Nodes nodes = {};
  // make_token() under the daemon's key.
  std::function<base::Result<std::string>(const TokenClaims& claims)> make_token = {};
  events::EventFeed* feed = nullptr;  // must be set, as all here
  delivery::Webhooks* webhooks = nullptr;  // null: there are none
};

}  // namespace paynamed::api
