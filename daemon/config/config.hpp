// Config: the TOML file as checked, typed values, with the place of each value that another part may complain
// about.
//
// Threads: immutable after parse(); share it freely.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "config/diagnostic.hpp"
#include "config/node_address.hpp"

namespace paynamed::config {

// A value with its place.
template <class T>
struct At {
  T value{};
  Region region;
};

// Where a secret is read from, at each use: `{ env = "NAME" }` or `{ file = "path" }`. Never the secret
// itself.
struct SecretSource {
  enum class Kind { kEnvironment, kFile };
  Kind kind = Kind::kEnvironment;
  std::string where;  // the variable, or the file
  Region region;
};

struct Daemon {
  std::filesystem::path state;  // the SQLite file
  std::vector<std::filesystem::path>
      plugin_path;  // folders searched for modules, in order; empty: where installed
  std::uint32_t max_open_runs = 10'000;
  base::Duration stop_deadline{20'000};
  // How much longer than its step's timeout a call for a bulk run may wait for its turn at a DNS provider.
  base::Duration bulk_wait{600'000};
  std::optional<At<std::string>> default_node;  // the NodeBackend instance of the built-in pipelines
  std::optional<SecretSource> secrets_key;      // seals what callers of the API bring; 64 hex digits
};

struct Log {
  std::string level = "info";   // trace, debug, info, warn, error
  std::string format = "text";  // text, json
};

struct Api {
  At<std::string> listen{"127.0.0.1:8080", {}};  // address:port
  std::uint32_t requests_per_second = 1'000;     // of one key
  std::uint32_t request_burst = 2'000;           // the same, at once
};

struct Tenant {
  std::string id;
  std::vector<SecretSource> api_keys;
  Region region;
};

// An address of a DNS server: an IP address and a port.
struct DnsServer {
  std::string address;
  std::uint16_t port = 53;
};

// A recursive resolver: "192.0.2.1:53", "tls://192.0.2.1#dns.example" or "https://dns.example/dns-query".
struct DnsResolver {
  enum class Kind { kPlain, kTls, kHttps };
  Kind kind = Kind::kPlain;
  std::string shown;    // as written; plain ones with their port
  std::string address;  // where to connect; empty: the system's resolver finds `host`
  std::uint16_t port = 53;
  std::string host;  // of kTls and kHttps: whom the certificate must be for
  std::string path;  // of kHttps
};

struct DnsStub {
  std::string zone;  // absolute, with its dot
  std::vector<DnsServer> servers;
};

// How the daemon sees the DNS when it checks records.
struct Dns {
  std::filesystem::path trust_anchor = "/usr/share/dns/root.key";
  std::vector<DnsServer> root_hints;      // empty: the built-in list of the root servers
  std::uint16_t authoritative_port = 53;  // where authoritative servers answer; another one only in labs
  std::vector<DnsStub> stubs;             // zones asked at given servers instead of through the delegation
  base::Duration query_timeout{3'000};
  // Asked for a record once the authoritative servers have it; may be empty.
  std::vector<DnsResolver> resolvers;
  enum class Quorum { kAll, kMajority, kOne };
  Quorum resolver_quorum = Quorum::kAll;  // how many of them must have it
  // Questions to servers of the Internet at port 53 get through. If not, all are asked through the resolvers
  // that are reached over TLS or HTTPS, of which there is at least one.
  bool port_53_open = true;
};

// How the daemon speaks TLS to others.
struct Tls {
  std::filesystem::path ca_file;  // whose certificates are trusted; empty: the system's
};

// How names are watched once they are live, and the domains that they are in.
struct Monitor {
  bool enabled = true;
  base::Duration interval{6LL * 3'600'000};          // each name is looked at once in it
  base::Duration domain_interval{3'600'000};         // each domain is looked at once in it
  base::Duration second_look{30'000};                // before a name or a domain counts as degraded
  std::uint32_t queries_per_second = 50;             // to one authoritative server, at most
  base::Duration announce_offers{7LL * 86'400'000};  // before the offer in DNS ends
  // Whether registries are asked about the domains, by RDAP; never about test domains.
  bool registration = true;
  std::string registration_bootstrap = "https://data.iana.org/rdap/dns.json";  // RFC 9224
  base::Duration announce_registration{30LL * 86'400'000};                     // before it ends
};

// How nodes are watched.
struct Nodes {
  base::Duration interval{60'000};  // each is asked once in it how it is
};

// How events are brought to webhooks. What a webhook says itself counts for it.
struct Delivery {
  std::uint32_t concurrency = 8;         // attempts at once at one webhook
  std::uint32_t attempts_at_once = 512;  // at all of them
  // The wait before each try, the first one included; empty: that of Standard Webhooks.
  std::vector<base::Duration> schedule;
  base::Duration disable_after{5LL * 86'400'000};   // without a success; then it waits for its owner
  base::Duration keep_delivered{7LL * 86'400'000};  // what was delivered is told for so long
  base::Duration keep_dead{30LL * 86'400'000};      // dead letters can be replayed for so long
};

// When an instance is not called for a while, because its calls fail.
struct Breakers {
  bool enabled = true;
  base::Duration window{30'000};    // the calls that are looked at
  std::uint32_t minimum = 10;       // fewer of them say nothing
  std::uint32_t failure_rate = 50;  // percent of them that open the breaker
  base::Duration open{15'000};      // until the first try; doubled by each that fails
  base::Duration most_open{300'000};
};

// The range of a record's time to live, from the configuration to the zone.
inline constexpr std::chrono::seconds kLeastTtl{1};
inline constexpr std::chrono::seconds kMostTtl{7 * 86'400};

// What becomes of a name whose record somebody removed or changed.
enum class Repair {
  kReport,     // it is said, and somebody mends it
  kRepublish,  // its own record is published again
};

struct Domain {
  std::string name;                      // "example.com", without the dot
  std::string zone;                      // the zone that holds the names, without the dot; as a rule `name`
  At<std::string> dns;                   // instance of a DnsProvider
  std::vector<At<std::string>> tenants;  // who may register here; default: "default"
  bool test = false;                     // sandbox offers are allowed; names carry livemode = false
  std::uint32_t ttl_seconds = 300;
  base::Duration quarantine{365LL * 86'400'000};
  base::Duration retire_after{30LL * 86'400'000};
  base::Duration settle{0};  // wait after all authoritatives agree, for anycast providers
  At<Repair> repair{Repair::kReport, {}};
  // How long before its offer ends a name is rotated by itself; nothing: never.
  std::optional<At<base::Duration>> rotate_before;
  Region region;
};

// One [plugins.<id>] table: the host's own keys and, apart from them, what the module gets.
struct Plugin {
  std::string id;
  At<std::string> module;
  bool retired = false;    // kept for undo only
  bool custodial = false;  // a node of it may be used by several owners
  // Who may put names on its nodes; nothing: as pipeline::may_use_node says.
  std::optional<std::vector<At<std::string>>> tenants;
  std::vector<At<NodeRule>> added_nodes;  // which nodes callers of the API may add; none: they may not
  boost::json::object settings;           // everything but the host's keys
  Region region;
};

struct Retry {
  std::uint32_t attempts = 5;
  base::Duration first{200};
  base::Duration max{30'000};
  friend bool operator==(const Retry&, const Retry&) = default;
};

// An argument as written: text may hold ${references}.
using ArgumentValue = std::variant<std::string, std::int64_t, bool>;

struct Step {
  At<std::string> id;
  At<std::string> kind;                 // `do`
  std::optional<At<std::string>> with;  // the instance
  std::map<std::string, At<ArgumentValue>> args;
  std::map<std::string, Region> arg_keys;  // the place of each argument's name
  base::Duration timeout{10'000};          // of one attempt
  base::Duration deadline{3'600'000};      // of the step, waits included
  Retry retry;
  enum class OnExhausted { kPause, kCompensate };
  OnExhausted on_exhausted = OnExhausted::kPause;
  Region region;
};

struct Pipeline {
  std::string name;  // "register", "set_source", "rotate", "remove", "repair"
  std::vector<Step> steps;
  bool complete = true;  // false: a step has mistakes, so rules about the whole cannot be judged
  Region region;
};

// Paths of the host's own keys that are relative in the file are made relative to the file's folder here.
struct Config {
  std::filesystem::path file;
  std::string source;  // the text, for diagnostics
  Daemon daemon;
  Log log;
  Api api;
  Tls tls;
  Dns dns;
  Monitor monitor;
  Breakers breakers;
  Nodes nodes;
  Delivery delivery;
  std::vector<Tenant> tenants;
  std::vector<Domain> domains;
  std::vector<Plugin> plugins;
  std::vector<Pipeline> pipelines;

  const Domain* find_domain(std::string_view name) const;
  const Plugin* find_plugin(std::string_view id) const;
  const Pipeline* find_pipeline(std::string_view name) const;
  // The place of a value inside a plugin's table, by JSON pointer ("/tsig/secret"); the table's own place
  // when there is no such value. With `key` the place of the key itself.
  Region place_in_plugin(std::string_view id, std::string_view pointer, bool key = false) const;

  struct PluginPlaces {
    std::map<std::string, Region, std::less<>> values;  // by JSON pointer
    std::map<std::string, Region, std::less<>> keys;
  };
  std::map<std::string, PluginPlaces, std::less<>> plugin_places;
};

// Parses and checks `source`. All mistakes go to `diagnostics`; the Config is usable only if there are no
// errors. Never throws; the text is untrusted and may be anything up to 4 MiB (more is one error).
Config parse(std::string source, const std::filesystem::path& file, Diagnostics& diagnostics);

// The [[pipelines.<name>.steps]] of a text that has nothing else; for the built-in pipelines.
std::vector<Pipeline> parse_pipelines(std::string source, Diagnostics& diagnostics);

// Reads and parses. A file that cannot be read is one diagnostic without a region.
Config load(const std::filesystem::path& file, Diagnostics& diagnostics);

}  // namespace paynamed::config
