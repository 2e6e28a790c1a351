// Commands: what paynamectl can do, each as one function of a Context. They ask the public REST API and
// nothing else.
//
// Threads: one at a time.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "ctl/connection.hpp"
#include "ctl/terminal.hpp"

namespace paynamed::ctl {

// What the process ends with; --help lists them.
enum class Exit : int {
  kOk = 0,
  kRefused = 1,      // the daemon refused, or is not ready; a wallet cannot pay
  kUsage = 2,        // the command line is wrong
  kUnreachable = 3,  // no answer from the daemon, or a file that cannot be written any more
  kNotReached = 4,   // the run ended compensated or paused
};

struct Context {
  Connection& connection;
  const base::Clock& clock;
  Style style;
  bool json = false;
  std::function<void(std::string_view)> out;  // standard output
  std::function<void(std::string_view)> err;  // standard error
  std::function<void(base::Duration)> pause;  // between two looks at a run
  std::string url = {};                       // of the daemon, as in a link
  // Asks the user a question; empty where nobody can answer.
  std::function<bool(std::string_view question)> confirm = {};
};

struct SourceOption {
  std::string instance;  // with use_node: which node instance; "" for the daemon's default one
  std::string node;      // reference; "" with use_node: the default one
  bool use_node = false;
  std::string uri;
  std::string offer;
};

struct Following {
  bool follow = false;
  std::optional<std::uint32_t> wait_seconds;
};

struct RegisterOption {
  std::string name;
  std::string domain;  // for a name without one; "" asks the daemon
  std::string owner;
  std::string reference;
  SourceOption source;
  bool bulk = false;
  Following following;
};

// Registers the names of a file (ctl/bulk_registration.hpp).
struct BulkOption {
  std::string from;      // a path, or "-" for standard input
  std::string domain;    // for names without one
  std::string state;     // the file of what is done; "": beside `from`
  std::string failures;  // the file of what failed; "": beside `from`
  bool only_check = false;
  std::uint32_t concurrency = 16;   // requests at once
  std::uint32_t in_flight = 2'000;  // runs at once
};

Exit register_name(Context& context, const RegisterOption& option);
Exit register_from(Context& context, const BulkOption& option);
Exit list_names(Context& context, const std::string& domain, const std::string& state, std::uint32_t limit);
// What stands in the zone of a domain at payment names; only entries of `kind` unless that is empty.
Exit import_names(Context& context, const std::string& domain, const std::string& kind);

struct AdoptOption {
  std::string domain;
  std::vector<std::string> names;  // user@domain, or the user alone
  bool all = false;                // all that can be adopted
  std::string owner;
  std::string reference;
  bool take_over = false;  // also what has to be replaced
  bool only_show = false;
};
// Takes records of the zone over as names of this daemon.
Exit adopt_names(Context& context, const AdoptOption& option);

struct NameMoveOption {
  std::string to_node;             // an instance, or "instance/node"
  std::vector<std::string> names;  // user@domain, or the user alone with `domain`
  std::string names_from;          // a file with one a line, or "-" for standard input
  std::string domain;              // without names: all of this domain that a node serves
  bool only_show = false;
  bool yes = false;                 // nobody is asked
  std::uint32_t concurrency = 16;   // requests at once
  std::uint32_t in_flight = 2'000;  // runs at once
};
// Has another node make the offers of names. What is there already is left out, so that the same command goes
// on where it was interrupted.
Exit move_names(Context& context, const NameMoveOption& option);
Exit show_name(Context& context, const std::string& name);
Exit remove_name(Context& context, const std::string& name, const Following& following);
Exit set_source(Context& context, const std::string& name, const SourceOption& source,
                const Following& following);
Exit rotate_name(Context& context, const std::string& name, const Following& following);
// Puts the record of a degraded name back.
Exit repair_name(Context& context, const std::string& name, const Following& following);

enum class ProofFormat { kJson, kBinary, kPsbt };
// Writes the proof to `file`, or to standard output when that is empty: bytes only where no terminal is.
Exit show_proof(Context& context, const std::string& name, ProofFormat format, const std::string& file);
// What a wallet gets for the name.
Exit resolve_name(Context& context, const std::string& name);
// Which wallets can pay the name; kRefused unless all can.
Exit lint_name(Context& context, const std::string& name);

Exit list_runs(Context& context, const std::string& name, const std::string& state, std::uint32_t limit);
Exit show_run(Context& context, const std::string& id);
Exit resume_run(Context& context, const std::string& id, const Following& following);
Exit cancel_run(Context& context, const std::string& id, const Following& following);
// Draws the timeline until the run is over or paused.
Exit follow_run(Context& context, const std::string& id);

Exit list_payments(Context& context, const std::string& name, std::uint32_t limit);
Exit list_invoices(Context& context, const std::string& name, const std::string& state, std::uint32_t limit);
Exit show_invoice(Context& context, const std::string& id);

struct InvoiceOption {
  std::string name;
  std::string amount_msat;  // "": any
  std::string memo;
  std::string reference;
  std::uint32_t expiry = 0;  // seconds; 0: the daemon's default
  std::string key;           // Idempotency-Key; "" for none
};
Exit create_invoice(Context& context, const InvoiceOption& option);

// Each text narrows the list; what is empty does not.
struct OrderListOption {
  std::string name;
  std::string state;
  std::string reference;
  std::uint32_t limit = 0;
};
Exit list_orders(Context& context, const OrderListOption& option);
Exit show_order(Context& context, const std::string& id);

// What is empty is not said.
struct OrderOption {
  std::string name;
  std::string amount_msat;
  std::string currency;
  std::string amount;
  std::string rate;
  std::string rate_source;
  std::string memo;
  std::string reference;
  std::uint32_t expires_in = 0;  // seconds; 0: the daemon's default
  std::vector<std::string> methods;
  std::string key;  // Idempotency-Key
};
Exit create_order(Context& context, const OrderOption& option);

struct EventsOption {
  std::string after;               // a position; "": from the first that is kept
  std::vector<std::string> types;  // "payment.*"; none: all
  std::vector<std::string> names;  // payment names; none: all
  std::uint32_t limit = 0;
  bool follow = false;  // waits for more; `limit` does not count
};
Exit list_events(Context& context, const EventsOption& option);
Exit list_domains(Context& context);
// How a domain is: its state, DS records, keys, servers and warnings.
Exit show_domain(Context& context, const std::string& domain);
// Whether a domain is fit for payment names; kRefused when it is not.
Exit check_domain(Context& context, const std::string& domain);
struct DriftOption {
  std::string domain;
  bool apply = false;
  bool force = false;
};
// What of the names stands otherwise in the zone; kRefused when something does. With `apply` it is repaired.
Exit show_drift(Context& context, const DriftOption& option);

struct MoveOption {
  std::string domain;
  std::string to;                    // "" only looks at the move, or decides about it
  std::vector<std::string> accept;   // sets of records that may differ
  std::vector<std::string> servers;  // where the new servers are
  bool dry_run = false;
  bool resume = false;
  bool undo = false;
  bool follow = false;
};
// Moves the names of a domain to another DNS instance. With `follow` until it is over, paused or waits for
// the delegation to be changed no more.
Exit move_domain(Context& context, const MoveOption& option);
// Lightning nodes that the key's names use or may use.
Exit list_nodes(Context& context);
Exit show_node(Context& context, const std::string& id);
struct AddNodeOption {
  std::string instance;
  std::string address;
  std::string owner;
  std::string label;
  std::vector<std::string> secrets;  // "<name>=<file>", "-" for standard input: never the secret itself
};
Exit add_node(Context& context, const AddNodeOption& option);
struct CredentialsOption {
  std::string id;
  std::vector<std::string> secrets;  // as of AddNodeOption; all that the node has from then on
};
Exit replace_credentials(Context& context, const CredentialsOption& option);
Exit remove_node(Context& context, const std::string& id);
Exit list_plugins(Context& context);
Exit health(Context& context);
// Has the daemon take up its configuration file; with `only_check` it says what would come of it.
Exit reload(Context& context, bool only_check);

// "alice" with the domain given, or else with the only one that the daemon has for this key; a name with '@'
// as it is. UNAVAILABLE and INVALID_ARGUMENT otherwise.
base::Result<std::string> complete_name(Context& context, const std::string& name, const std::string& domain);

}  // namespace paynamed::ctl
