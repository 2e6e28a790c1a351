#include "ctl/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>

#include "ctl/webhook_line.hpp"

namespace paynamed::ctl {
namespace {

constexpr std::size_t kMaxKeyFileBytes = 4096;

constexpr const char* kFooter = R"(
The API key comes from --key-file or from PAYNAMED_API_KEY; there is no option for the key itself, because every user
of the machine can read command lines.

Exit status:
  0  done
  1  the daemon refused (reload: the file, which then changed nothing), or is not ready; with lint: not every wallet can pay;
     with domains check: it is not fit; with drift: something differs; with webhooks test: it was not delivered
  2  the command line is wrong
  3  the daemon cannot be reached
  4  the run ended undone (compensated) or is paused)";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

base::Result<std::string> read_key(const std::string& file) {
  if (file.empty()) return environment("PAYNAMED_API_KEY");
  std::ifstream stream{file};
  std::string text(kMaxKeyFileBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  if (text.empty() || text.size() > kMaxKeyFileBytes) {
    return base::fail(base::invalid_argument(
        fmt::format("cannot read an API key from '{}'; the file has to hold the key on its one line", file)));
  }
  for (const char c : text) {
    if (c <= 0x20 || c >= 0x7f) {
      return base::fail(
          base::invalid_argument(fmt::format("the key in '{}' has characters that no key has", file)));
    }
  }
  return text;
}

// All that options are read into; commands take their part.
struct Options {
  std::string url = "http://127.0.0.1:8080";
  std::string key_file;
  bool json = false;
  std::string name;
  std::string domain;
  std::string state;
  std::string id;
  AddNodeOption node;
  CredentialsOption credentials;
  WebhookLine webhooks;
  EventsOption events;
  std::uint32_t limit = 100;
  std::uint32_t wait = 0;
  RegisterOption registration;
  BulkOption bulk;
  AdoptOption adopt;
  DriftOption drift;
  SourceOption source;
  NameMoveOption name_move;
  MoveOption move;
  InvoiceOption invoice;
  OrderOption order;
  bool follow = false;
  bool check = false;
  ProofFormat format = ProofFormat::kJson;
  std::string output;
};

using Command = std::function<Exit(Context&)>;

class Parser {
 public:
  Parser() {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.footer(kFooter);
    app_.add_option("--url", options_.url, "where the daemon is")
        ->envname("PAYNAMED_URL")
        ->capture_default_str();
    app_.add_option("--key-file", options_.key_file, "a file with the API key");
    app_.add_flag("--json", options_.json, "JSON for programs instead of text for people");
    add_names();
    add_proofs();
    add_runs();
    add_payments();
    add_rest();
  }

  CLI::App& app() { return app_; }
  Options& options() { return options_; }
  const Command& command() const { return command_; }

 private:
  CLI::App* add(CLI::App& to, const std::string& name, const std::string& what, Command command) {
    CLI::App* verb = to.add_subcommand(name, what);
    verb->final_callback([this, command = std::move(command)] {
      // The innermost command is called first.
      if (!command_) command_ = command;
    });
    return verb;
  }

  CLI::Option* add_name(CLI::App* verb) {
    verb->add_option("--domain", options_.domain, "the domain of a name without one")
        ->envname("PAYNAMED_DOMAIN");
    return verb
        ->add_option("name", options_.name, "user@domain; without a domain: that of --domain or the only one")
        ->required();
  }

  void add_bulk(CLI::App* verb, const std::vector<CLI::Option*>& of_one_name) {
    CLI::Option* from =
        verb->add_option("--from", options_.bulk.from,
                         "register the names of a file, - for standard input: CSV with a head (name, owner, "
                         "reference, node, uri, "
                         "offer) or JSON lines. The same command goes on where it was interrupted");
    for (CLI::Option* each : of_one_name) from->excludes(each);
    const auto with_from = [from](CLI::Option* option) { option->needs(from); };
    with_from(verb->add_flag("--check", options_.bulk.only_check, "with --from: only look for mistakes"));
    with_from(verb->add_option("--state", options_.bulk.state,
                               "with --from: keep what is done in this file; beside the rows without it"));
    with_from(
        verb->add_option("--failures", options_.bulk.failures,
                         "with --from: write what failed to this CSV file; beside the rows without it"));
    with_from(verb->add_option("--concurrency", options_.bulk.concurrency, "with --from: requests at once")
                  ->check(CLI::Range(1, 256))
                  ->capture_default_str());
    with_from(verb->add_option("--in-flight", options_.bulk.in_flight, "with --from: runs at once")
                  ->check(CLI::Range(1, 9'000))
                  ->capture_default_str());
  }

  void add_following(CLI::App* verb) {
    CLI::Option* follow = verb->add_flag("--follow,-f", options_.follow, "draw the timeline until the end");
    verb->add_option("--wait", options_.wait, "wait up to so many seconds for the end")
        ->check(CLI::Range(1, 60))
        ->excludes(follow);
  }

  CLI::Option_group* add_source(CLI::App* verb, SourceOption& source) {
    CLI::Option_group* group = verb->add_option_group("source", "where payments go");
    group->add_option("--offer", source.offer, "a BOLT 12 offer of your own");
    group->add_option("--uri", source.uri, "a BIP-321 URI of your own");
    const auto take_node = [&source](const std::string& reference) {
      source.use_node = true;
      source.node = reference;
    };
    CLI::Option* of_node = group->add_option_function<std::string>(
        "--node", take_node, "an offer of a node: its reference, nothing for the default one");
    of_node->expected(0, 1);
    verb->add_option("--instance", source.instance, "with --node: the node instance that makes the offer")
        ->needs(of_node);
    return group;
  }

  Following following() const {
    Following out;
    out.follow = options_.follow;
    if (options_.wait > 0) out.wait_seconds = options_.wait;
    return out;
  }

  // A command on a name that may lack its domain.
  template <class Run>
  Command on_name(Run run) {
    return [this, run](Context& context) {
      auto name = complete_name(context, options_.name, options_.domain);
      if (name) return run(context, *name);
      context.err("paynamectl: " + printable(name.error().message()) + "\n");
      return name.error().code() == base::Code::kUnavailable ? Exit::kUnreachable : Exit::kUsage;
    };
  }

  void add_names() {
    CLI::App* verb = add(app_, "register", "register a name, or those of a file", [this](Context& context) {
      if (!options_.bulk.from.empty()) {
        options_.bulk.domain = options_.domain;
        return register_from(context, options_.bulk);
      }
      options_.registration.name = options_.name;
      options_.registration.domain = options_.domain;
      options_.registration.source = options_.source;
      options_.registration.following = following();
      return register_name(context, options_.registration);
    });
    CLI::Option* one = add_name(verb)->required(false);
    CLI::Option* owner = verb->add_option("--owner", options_.registration.owner, "your id of the person");
    CLI::Option* reference =
        verb->add_option("--reference", options_.registration.reference, "yours; comes back in events");
    verb->add_flag("--bulk", options_.registration.bulk,
                   "one of many: registrations that somebody waits for go first");
    add_source(verb, options_.source)->require_option(0, 1);
    add_following(verb);
    add_bulk(verb, {one, owner, reference});
    verb->parse_complete_callback([this, one] {
      if (one->count() == 0 && options_.bulk.from.empty()) throw CLI::RequiredError("name or --from");
    });

    verb = add(app_, "names", "list names, or look at those of a zone", [this](Context& context) {
      return list_names(context, options_.domain, options_.state, options_.limit);
    });
    verb->require_subcommand(0, 1);
    verb->add_option("--domain", options_.domain, "only those of this domain");
    verb->add_option("--state", options_.state, "only those in this state");
    add_limit(verb);
    add_zone_names(*verb);

    verb = add(app_, "show", "show a name",
               on_name([](Context& context, const std::string& name) { return show_name(context, name); }));
    add_name(verb);
    verb = add(app_, "rm", "remove a name", on_name([this](Context& context, const std::string& name) {
                 return remove_name(context, name, following());
               }));
    add_name(verb);
    add_following(verb);
    verb = add(app_, "source", "change where payments to a name go",
               on_name([this](Context& context, const std::string& name) {
                 return set_source(context, name, options_.source, following());
               }));
    add_name(verb);
    add_source(verb, options_.source)->require_option(1);
    add_following(verb);
    verb = add(app_, "rotate", "replace the offer of a name by a new one",
               on_name([this](Context& context, const std::string& name) {
                 return rotate_name(context, name, following());
               }));
    add_name(verb);
    add_following(verb);
    verb = add(app_, "repair", "publish the record of a degraded name again",
               on_name([this](Context& context, const std::string& name) {
                 return repair_name(context, name, following());
               }));
    add_name(verb);
    add_following(verb);
  }

  void add_zone_names(CLI::App& names) {
    CLI::App* verb =
        add(names, "import", "show what stands in a domain's zone at payment names",
            [this](Context& context) { return import_names(context, options_.domain, options_.state); });
    verb->add_option("domain", options_.domain, "the domain")->required();
    verb->add_option("--kind", options_.state,
                     "only these: valid, conflicting, invalid, ours, ours_different, ...");
    AdoptOption& adopt = options_.adopt;
    verb = add(names, "adopt", "take records of a zone over as names", [this](Context& context) {
      options_.adopt.domain = options_.domain;
      return adopt_names(context, options_.adopt);
    });
    verb->add_option("domain", options_.domain, "the domain")->required();
    CLI::Option_group* which = verb->add_option_group("which", "which names");
    which->add_option("--names", adopt.names, "these, separated by commas")->delimiter(',');
    which->add_flag("--all", adopt.all, "all that can be adopted");
    which->require_option(1);
    verb->add_option("--owner", adopt.owner, "your id of the person")->required();
    verb->add_option("--reference", adopt.reference, "yours; comes back in events");
    verb->add_flag("--take-over", adopt.take_over,
                   "also those whose records have to be replaced; what is removed is shown");
    verb->add_flag("--dry-run", adopt.only_show, "only show what would be done");
    add_name_move(names);
  }

  void add_name_move(CLI::App& names) {
    CLI::App* verb =
        add(names, "move", "have another node make the offers of names", [this](Context& context) {
          options_.name_move.domain = options_.domain;
          return move_names(context, options_.name_move);
        });
    NameMoveOption& move = options_.name_move;
    verb->add_option("--to-node", move.to_node, "the node instance, or one node of it: instance/node")
        ->required();
    CLI::Option* listed =
        verb->add_option("--names", move.names, "these, separated by commas")->delimiter(',');
    verb->add_option("--names-from", move.names_from, "those of a file, one a line, - for standard input")
        ->excludes(listed);
    verb->add_option("--domain", options_.domain,
                     "without names: all of this domain, but not those whose offers come from their owners");
    verb->add_flag("--dry-run", move.only_show, "only show what would be done");
    verb->add_flag("--yes", move.yes, "do not ask");
    verb->add_option("--concurrency", move.concurrency, "requests at once")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    verb->add_option("--in-flight", move.in_flight, "runs at once")
        ->check(CLI::Range(1, 9'000))
        ->capture_default_str();
  }

  void add_proofs() {
    CLI::App* verb = add(app_, "proof", "fetch the DNSSEC proof of a name",
                         on_name([this](Context& context, const std::string& name) {
                           return show_proof(context, name, options_.format, options_.output);
                         }));
    add_name(verb);
    const std::map<std::string, ProofFormat> formats{
        {"json", ProofFormat::kJson}, {"binary", ProofFormat::kBinary}, {"psbt", ProofFormat::kPsbt}};
    verb->add_option("--format", options_.format,
                     "json, binary (the RFC 9102 chain) or psbt (the value of PSBT_OUT_DNSSEC_PROOF)")
        ->transform(CLI::Transformer(formats));
    verb->add_option("--output,-o", options_.output, "write it to this file");
    verb =
        add(app_, "resolve", "show what a wallet gets for a name",
            on_name([](Context& context, const std::string& name) { return resolve_name(context, name); }));
    add_name(verb);
    verb = add(app_, "lint", "say which wallets can pay a name",
               on_name([](Context& context, const std::string& name) { return lint_name(context, name); }));
    add_name(verb);
  }

  void add_limit(CLI::App* verb) {
    verb->add_option("--limit", options_.limit, "at most so many")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
  }

  void add_runs() {
    CLI::App* runs = add(app_, "runs", "list runs, or look at one", [this](Context& context) {
      return list_runs(context, options_.name, options_.state, options_.limit);
    });
    runs->require_subcommand(0, 1);
    runs->add_option("--name", options_.name, "only those of this name");
    runs->add_option("--state", options_.state, "only those in this state");
    add_limit(runs);
    const auto add_one = [&](const std::string& name, const std::string& what, Command command) {
      CLI::App* verb = add(*runs, name, what, std::move(command));
      verb->add_option("run", options_.id, "the run's id")->required();
      return verb;
    };
    add_one("show", "show a run as a timeline",
            [this](Context& context) { return show_run(context, options_.id); });
    add_one("follow", "draw the timeline until the end",
            [this](Context& context) { return follow_run(context, options_.id); });
    add_one("resume", "let a paused run go on", [this](Context& context) {
      return resume_run(context, options_.id, following());
    })->add_flag("--follow,-f", options_.follow, "draw the timeline until the end");
    add_one("cancel", "undo a paused or waiting run", [this](Context& context) {
      return cancel_run(context, options_.id, following());
    })->add_flag("--follow,-f", options_.follow, "draw the timeline until the end");
  }

  void add_payments() {
    CLI::App* payments = add(app_, "payments", "list what was received", [this](Context& context) {
      return list_payments(context, options_.name, options_.limit);
    });
    payments->add_option("--name", options_.name, "only those of this name");
    add_limit(payments);
    CLI::App* invoices =
        add(app_, "invoices", "list invoices, look at one, or make one", [this](Context& context) {
          return list_invoices(context, options_.name, options_.state, options_.limit);
        });
    invoices->require_subcommand(0, 1);
    invoices->add_option("--name", options_.name, "only those of this name");
    invoices->add_option("--state", options_.state, "only those in this state: open, paid, expired");
    add_limit(invoices);
    add(*invoices, "show", "show an invoice",
        [this](Context& context) { return show_invoice(context, options_.id); })
        ->add_option("invoice", options_.id, "the invoice's id")
        ->required();
    add_create_invoice(*invoices);
    add_orders();
  }

  void add_orders() {
    CLI::App* orders = add(app_, "orders", "list orders, look at one, or make one", [this](Context& context) {
      return list_orders(context, {options_.name, options_.state, options_.order.reference, options_.limit});
    });
    orders->require_subcommand(0, 1);
    orders->add_option("--name", options_.name, "only those of this name");
    orders->add_option("--state", options_.state,
                       "only those in this state: open, underpaid, paid, overpaid, late, expired");
    orders->add_option("--reference", options_.order.reference, "only those with this reference");
    add_limit(orders);
    add(*orders, "list", "list orders", [this](Context& context) {
      return list_orders(context, {options_.name, options_.state, options_.order.reference, options_.limit});
    });
    add(*orders, "show", "show an order",
        [this](Context& context) { return show_order(context, options_.id); })
        ->add_option("order", options_.id, "the order's id")
        ->required();
    add_create_order(*orders);
  }

  void add_create_order(CLI::App& orders) {
    OrderOption& order = options_.order;
    CLI::App* verb = add(orders, "create", "ask for an amount, by an invoice, a single-use offer or both",
                         on_name([this](Context& context, const std::string& name) {
                           options_.order.name = name;
                           return create_order(context, options_.order);
                         }));
    add_name(verb);
    verb->add_option("--amount-msat", order.amount_msat, "millisatoshi; else amount and rate decide");
    verb->add_option("--currency", order.currency, "of the amount: EUR");
    verb->add_option("--amount", order.amount, "in that currency: 12.50");
    verb->add_option("--rate", order.rate, "of one bitcoin in that currency");
    verb->add_option("--rate-source", order.rate_source, "where the rate is from");
    verb->add_option("--memo", order.memo, "what the payer sees");
    verb->add_option("--reference", order.reference, "yours; comes back in events");
    verb->add_option("--expires-in", order.expires_in, "seconds until it expires")
        ->check(CLI::Range(60, 366 * 86'400));
    verb->add_option("--method", order.methods, "bolt11 or bolt12; both without it")
        ->check(CLI::IsMember({"bolt11", "bolt12"}));
    verb->add_option("--idempotency-key", order.key, "the same key makes the same order");
  }

  void add_create_invoice(CLI::App& invoices) {
    CLI::App* verb = add(invoices, "create", "make a BOLT 11 invoice at the name's node",
                         on_name([this](Context& context, const std::string& name) {
                           options_.invoice.name = name;
                           return create_invoice(context, options_.invoice);
                         }));
    add_name(verb);
    verb->add_option("--amount-msat", options_.invoice.amount_msat, "millisatoshi; any amount without it");
    verb->add_option("--memo", options_.invoice.memo, "what the payer sees");
    verb->add_option("--reference", options_.invoice.reference, "yours; comes back in events");
    verb->add_option("--expiry", options_.invoice.expiry, "seconds until it expires")
        ->check(CLI::Range(60, 366 * 86'400));
    verb->add_option("--idempotency-key", options_.invoice.key, "the same key makes the same invoice");
  }

  void add_rest() {
    CLI::App* events = add(app_, "events", "list events, or follow them", [this](Context& context) {
      options_.events.limit = options_.limit;
      options_.events.follow = options_.follow;
      return list_events(context, options_.events);
    });
    events->add_option("--after", options_.events.after, "only those after this position");
    events
        ->add_option("--types", options_.events.types,
                     "only of these types, separated by commas: payment.*,name.live")
        ->delimiter(',');
    events
        ->add_option("--names", options_.events.names, "only about these payment names, separated by commas")
        ->delimiter(',');
    events->add_flag("--follow,-f", options_.follow, "go on with what happens");
    add_limit(events);
    CLI::App* domains = add(app_, "domains", "list domains, or look at one",
                            [](Context& context) { return list_domains(context); });
    domains->require_subcommand(0, 1);
    add(*domains, "show", "show how a domain is",
        [this](Context& context) { return show_domain(context, options_.domain); })
        ->add_option("domain", options_.domain, "the domain")
        ->required();
    add(*domains, "check", "say whether a domain is fit for payment names",
        [this](Context& context) { return check_domain(context, options_.domain); })
        ->add_option("domain", options_.domain, "the domain")
        ->required();
    CLI::App* drift = add(app_, "drift", "show what of a domain's names stands otherwise in its zone",
                          [this](Context& context) {
                            options_.drift.domain = options_.domain;
                            return show_drift(context, options_.drift);
                          });
    drift->add_option("domain", options_.domain, "the domain")->required();
    CLI::Option* apply =
        drift->add_flag("--apply", options_.drift.apply, "repair it, after the plan is shown");
    drift
        ->add_flag("--force", options_.drift.force,
                   "with --apply: also when it is more than 30 % of the names")
        ->needs(apply);
    add_move(*domains);
    add_nodes();
    add_webhook_commands(app_, options_.webhooks,
                         [this](CLI::App& to, const std::string& name, const std::string& what,
                                Command command) { return add(to, name, what, std::move(command)); });
    add(app_, "plugins", "list the plugin instances", [](Context& context) { return list_plugins(context); });
    add(app_, "health", "say whether the daemon can take work",
        [](Context& context) { return health(context); });
    add(app_, "reload", "have the daemon take up its configuration file", [this](Context& context) {
      return reload(context, options_.check);
    })->add_flag("--check", options_.check, "only say what would change, and whether it would be taken up");
  }

  void add_nodes() {
    CLI::App* nodes = add(app_, "nodes", "list Lightning nodes, look at one, add, change or remove one",
                          [](Context& context) { return list_nodes(context); });
    nodes->require_subcommand(0, 1);
    add(*nodes, "show", "show how an added node is",
        [this](Context& context) { return show_node(context, options_.id); })
        ->add_option("node", options_.id, "the node's id")
        ->required();
    CLI::App* verb = add(*nodes, "add", "add an owner's node; it is asked before it is kept",
                         [this](Context& context) { return add_node(context, options_.node); });
    AddNodeOption& node = options_.node;
    verb->add_option("address", node.address, "where it is, as https://node7.example.com:3010")->required();
    verb->add_option("--instance", node.instance, "the instance that reaches it")->required();
    verb->add_option("--owner", node.owner, "whose it is");
    verb->add_option("--label", node.label, "a word for people");
    verb->add_option("--secret", node.secrets,
                     "<name>=<file>, as rune=node.rune or ca=ca.pem; '-' for standard input. Again for each");
    CLI::App* change =
        add(*nodes, "credentials", "give an added node other secrets, in the place of all it has",
            [this](Context& context) { return replace_credentials(context, options_.credentials); });
    change->add_option("node", options_.credentials.id, "the node's id")->required();
    change->add_option("--secret", options_.credentials.secrets, "<name>=<file>, as for add. Again for each")
        ->required();
    add(*nodes, "rm", "forget an added node and its secrets",
        [this](Context& context) { return remove_node(context, options_.id); })
        ->add_option("node", options_.id, "the node's id")
        ->required();
  }

  void add_move(CLI::App& domains) {
    CLI::App* verb =
        add(domains, "move", "move the names of a domain to another DNS instance", [this](Context& context) {
          options_.move.follow = options_.follow;
          return move_domain(context, options_.move);
        });
    MoveOption& move = options_.move;
    verb->add_option("domain", move.domain, "the domain")->required();
    CLI::Option* to = verb->add_option("--to", move.to, "the instance that is to hold the names");
    verb->add_option("--accept", move.accept,
                     "sets of records that may differ, as www.example.com/A; 'unlisted' when an instance "
                     "cannot list its zone")
        ->delimiter(',')
        ->needs(to);
    verb->add_option("--servers", move.servers,
                     "addresses of the new servers, when the zone there does not say")
        ->delimiter(',')
        ->needs(to);
    verb->add_flag("--dry-run", move.dry_run, "check and show the plan; change nothing")->needs(to);
    CLI::Option* resume =
        verb->add_flag("--resume", move.resume, "go on with a move that is paused")->excludes(to);
    verb->add_flag("--undo", move.undo, "take the move back")->excludes(to)->excludes(resume);
    verb->add_flag("--follow,-f", options_.follow, "show it until it is over or paused");
  }

  CLI::App app_{"paynamectl: payment names, registered and kept by paynamed", "paynamectl"};
  Options options_;
  Command command_;
};

}  // namespace

int run_command_line(int argc, const char* const* argv, const Connect& connect, const base::Clock& clock,
                     Style style, std::function<void(std::string_view)> out,
                     std::function<void(std::string_view)> err, std::function<void(base::Duration)> pause,
                     std::function<bool(std::string_view)> confirm) {
  constexpr int kUsage = static_cast<int>(Exit::kUsage);
  Parser parser;
  try {
    parser.app().parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream text;
    std::ostringstream mistake;
    const int code = parser.app().exit(error, text, mistake);
    if (!text.str().empty()) out(text.str());
    if (!mistake.str().empty()) err("paynamectl: " + mistake.str());
    return code == 0 ? 0 : kUsage;
  }
  const auto usage = [&err](const base::Status& status) {
    err("paynamectl: " + printable(status.message()) + "\n");
    return kUsage;
  };
  auto url = parse_url(parser.options().url);
  if (!url) return usage(url.error());
  auto key = read_key(parser.options().key_file);
  if (!key) return usage(key.error());
  std::string link = to_string(*url);
  const auto connection = connect(std::move(*url), std::move(*key));
  Context context{*connection,           clock,           style,
                  parser.options().json, std::move(out),  std::move(err),
                  std::move(pause),      std::move(link), std::move(confirm)};
  return static_cast<int>(parser.command()(context));
}

}  // namespace paynamed::ctl
