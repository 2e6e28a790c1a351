#include "config/difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <concepts>
#include <set>

#include "config/config.hpp"
#include "config/source.hpp"

namespace paynamed::config {
namespace {

constexpr std::string_view kState =
    "names and runs stay in the state file that was opened at the start; stop the daemon and move the file";
constexpr std::string_view kFormat = "whoever reads the log would find two formats in it";
constexpr std::string_view kApiRate = "the API counts by the rate that it began with";
constexpr std::string_view kListen = "the API keeps the port that it took at the start";

std::string shown(const std::string& value) {
  return printable(value, 120);
}
std::string shown(const std::filesystem::path& value) {
  return printable(value.string(), 120);
}
std::string shown(bool value) {
  return value ? "true" : "false";
}
template <std::integral T>
std::string shown(T value) {
  return std::to_string(value);
}
std::string shown(base::Duration value) {
  return base::to_string(value);
}
std::string shown(Dns::Quorum value) {
  return value == Dns::Quorum::kAll ? "all" : value == Dns::Quorum::kMajority ? "majority" : "one";
}
std::string shown(Repair value) {
  return value == Repair::kReport ? "report" : "republish";
}
std::string shown(const DnsServer& server) {
  const bool v6 = server.address.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(v6 ? "[{}]:{}" : "{}:{}"), server.address, server.port);
}
std::string shown(const DnsResolver& resolver) {
  return printable(resolver.shown, 120);
}
std::string shown(const DnsStub& stub);
template <class T>
std::string shown(const At<T>& value) {
  return shown(value.value);
}
template <class T>
std::string shown(const std::vector<T>& values);
template <class T>
std::string shown(const std::optional<T>& value) {
  return value ? shown(*value) : std::string{};
}
template <class T>
std::string shown(const std::vector<T>& values) {
  std::string text = "[";
  for (const T& value : values) text += (text.size() > 1 ? ", " : "") + shown(value);
  return text + "]";
}

std::string shown(const DnsStub& stub) {
  return printable(stub.zone, 120) + " at " + shown(stub.servers);
}

// The shown text is cut where it is long, so values are compared and not texts.
bool same(const SecretSource& left, const SecretSource& right) {
  return left.kind == right.kind && left.where == right.where;
}
bool same(const DnsServer& left, const DnsServer& right) {
  return left.address == right.address && left.port == right.port;
}
bool same(const DnsResolver& left, const DnsResolver& right) {
  return left.shown == right.shown;
}
bool same(const DnsStub& left, const DnsStub& right);
bool same(const Step& left, const Step& right);
template <std::equality_comparable T>
bool same(const T& left, const T& right) {
  return left == right;
}
template <class T>
bool same(const At<T>& left, const At<T>& right) {
  return same(left.value, right.value);
}
template <class T>
bool same(const std::vector<T>& left, const std::vector<T>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const T& one, const T& other) { return same(one, other); });
}
bool same(const DnsStub& left, const DnsStub& right) {
  return left.zone == right.zone && same(left.servers, right.servers);
}
template <class T>
bool same(const std::optional<T>& left, const std::optional<T>& right) {
  return left.has_value() == right.has_value() && (!left || same(*left, *right));
}
bool same(const Step& left, const Step& right) {
  const bool same_args =
      std::equal(left.args.begin(), left.args.end(), right.args.begin(), right.args.end(),
                 [](const auto& one, const auto& other) {
                   return one.first == other.first && one.second.value == other.second.value;
                 });
  return same_args && same(left.id, right.id) && same(left.kind, right.kind) && same(left.with, right.with) &&
         left.timeout == right.timeout && left.deadline == right.deadline && left.retry == right.retry &&
         left.on_exhausted == right.on_exhausted;
}

class Comparison {
 public:
  template <class T>
  void value(std::string key, const T& before, const T& after, std::string_view restart = {}) {
    if (same(before, after)) return;
    add(Change::Kind::kChanged, std::move(key), shown(before), shown(after), restart);
  }
  // Something that is only named.
  template <class T>
  void hidden(std::string key, const T& before, const T& after) {
    if (!same(before, after)) add(Change::Kind::kChanged, std::move(key));
  }
  void add(Change::Kind kind, std::string key, std::string before = {}, std::string after = {},
           std::string_view restart = {}) {
    changes_.push_back({kind, std::move(key), std::move(before), std::move(after), std::string{restart}});
  }
  // Tables by name: which came, which went; `each` compares those that are in both.
  template <class T, class Key, class Name, class Each>
  void tables(const std::vector<T>& before, const std::vector<T>& after, Key key, Name name, Each each) {
    const auto find = [&](const std::vector<T>& in, const T& wanted) {
      return std::ranges::find_if(in, [&](const T& one) { return name(one) == name(wanted); });
    };
    for (const T& old : before) {
      const auto now = find(after, old);
      if (now == after.end()) {
        add(Change::Kind::kRemoved, key(old));
      } else {
        each(old, *now);
      }
    }
    for (const T& now : after) {
      if (find(before, now) == before.end()) add(Change::Kind::kAdded, key(now));
    }
  }

  std::vector<Change> take() { return std::move(changes_); }

 private:
  std::vector<Change> changes_;
};

void compare(Comparison& out, const Daemon& before, const Daemon& after) {
  out.value("daemon.state", before.state, after.state, kState);
  out.value("daemon.plugin_path", before.plugin_path, after.plugin_path);
  out.value("daemon.max_open_runs", before.max_open_runs, after.max_open_runs);
  out.value("daemon.bulk_wait", before.bulk_wait, after.bulk_wait);
  out.value("daemon.stop_deadline", before.stop_deadline, after.stop_deadline);
  out.value("daemon.default_node", before.default_node, after.default_node);
  out.hidden("daemon.secrets_key", before.secrets_key, after.secrets_key);
}

void compare(Comparison& out, const Dns& before, const Dns& after) {
  out.value("dns.trust_anchor", before.trust_anchor, after.trust_anchor);
  out.value("dns.root_hints", before.root_hints, after.root_hints);
  out.value("dns.authoritative_port", before.authoritative_port, after.authoritative_port);
  out.value("dns.stubs", before.stubs, after.stubs);
  out.value("dns.query_timeout", before.query_timeout, after.query_timeout);
  out.value("dns.resolvers", before.resolvers, after.resolvers);
  out.value("dns.resolver_quorum", before.resolver_quorum, after.resolver_quorum);
  if (before.port_53_open != after.port_53_open) {
    const auto word = [](bool open) { return std::string{open ? "open" : "blocked"}; };
    out.add(Change::Kind::kChanged, "dns.port_53", word(before.port_53_open), word(after.port_53_open));
  }
}

void compare(Comparison& out, const Monitor& before, const Monitor& after) {
  out.value("monitor.enabled", before.enabled, after.enabled);
  out.value("monitor.interval", before.interval, after.interval);
  out.value("monitor.domain_interval", before.domain_interval, after.domain_interval);
  out.value("monitor.second_look", before.second_look, after.second_look);
  out.value("monitor.queries_per_second", before.queries_per_second, after.queries_per_second);
  out.value("monitor.announce_offers", before.announce_offers, after.announce_offers);
  out.value("monitor.registration", before.registration, after.registration);
  out.value("monitor.registration_bootstrap", before.registration_bootstrap, after.registration_bootstrap);
  out.value("monitor.announce_registration", before.announce_registration, after.announce_registration);
}

void compare(Comparison& out, const Breakers& before, const Breakers& after) {
  out.value("breakers.enabled", before.enabled, after.enabled);
  out.value("breakers.window", before.window, after.window);
  out.value("breakers.minimum", before.minimum, after.minimum);
  out.value("breakers.failure_rate", before.failure_rate, after.failure_rate);
  out.value("breakers.open", before.open, after.open);
  out.value("breakers.most_open", before.most_open, after.most_open);
}

void compare(Comparison& out, const Delivery& before, const Delivery& after) {
  out.value("delivery.concurrency", before.concurrency, after.concurrency);
  out.value("delivery.attempts_at_once", before.attempts_at_once, after.attempts_at_once);
  out.value("delivery.schedule", before.schedule, after.schedule);
  out.value("delivery.disable_after", before.disable_after, after.disable_after);
  out.value("delivery.keep_delivered", before.keep_delivered, after.keep_delivered);
  out.value("delivery.keep_dead", before.keep_dead, after.keep_dead);
}

void compare(Comparison& out, const Domain& before, const Domain& after) {
  const std::string key = fmt::format("domains.\"{}\".", before.name);
  out.value(key + "dns", before.dns, after.dns);
  out.value(key + "zone", before.zone, after.zone, "records that stand would be looked for elsewhere");
  out.value(key + "tenants", before.tenants, after.tenants);
  out.value(key + "test", before.test, after.test);
  out.value(key + "ttl", base::Duration{std::chrono::seconds{before.ttl_seconds}},
            base::Duration{std::chrono::seconds{after.ttl_seconds}});
  out.value(key + "quarantine", before.quarantine, after.quarantine);
  out.value(key + "retire_after", before.retire_after, after.retire_after);
  out.value(key + "settle", before.settle, after.settle);
  out.value(key + "repair", before.repair, after.repair);
  out.value(key + "rotate_before", before.rotate_before, after.rotate_before);
}

void compare(Comparison& out, const Plugin& before, const Plugin& after) {
  const std::string key = fmt::format("plugins.{}.", before.id);
  out.value(key + "module", before.module, after.module);
  out.value(key + "retired", before.retired, after.retired);
  out.value(key + "custodial", before.custodial, after.custodial);
  out.value(key + "tenants", before.tenants, after.tenants);
  out.hidden(key + "added_nodes", before.added_nodes, after.added_nodes);
  std::set<std::string> settings;
  for (const auto* table : {&before.settings, &after.settings}) {
    for (const auto& setting : *table) settings.insert(std::string{setting.key()});
  }
  for (const std::string& setting : settings) {
    const boost::json::value* old = before.settings.if_contains(setting);
    const boost::json::value* now = after.settings.if_contains(setting);
    if (old && now && *old == *now) continue;
    out.add(!old   ? Change::Kind::kAdded
            : !now ? Change::Kind::kRemoved
                   : Change::Kind::kChanged,
            key + printable(setting));
  }
}

std::string api_keys_of(const Tenant& tenant) {
  return tenant.id == "default" ? "api.key" : fmt::format("tenants.{}.api_keys", tenant.id);
}

}  // namespace

std::vector<Change> difference(const Config& before, const Config& after) {
  Comparison out;
  compare(out, before.daemon, after.daemon);
  out.value("log.level", before.log.level, after.log.level);
  out.value("log.format", before.log.format, after.log.format, kFormat);
  out.value("api.listen", before.api.listen, after.api.listen, kListen);
  out.value("api.requests_per_second", before.api.requests_per_second, after.api.requests_per_second,
            kApiRate);
  out.value("api.request_burst", before.api.request_burst, after.api.request_burst, kApiRate);
  out.tables(
      before.tenants, after.tenants, [](const Tenant& tenant) { return "tenants." + tenant.id; },
      [](const Tenant& tenant) -> const std::string& { return tenant.id; },
      [&](const Tenant& old, const Tenant& now) {
        out.hidden(api_keys_of(old), old.api_keys, now.api_keys);
      });
  out.value("tls.ca_file", before.tls.ca_file, after.tls.ca_file);
  compare(out, before.dns, after.dns);
  compare(out, before.monitor, after.monitor);
  compare(out, before.breakers, after.breakers);
  out.value("nodes.interval", before.nodes.interval, after.nodes.interval);
  compare(out, before.delivery, after.delivery);
  out.tables(
      before.domains, after.domains,
      [](const Domain& domain) { return fmt::format("domains.\"{}\"", domain.name); },
      [](const Domain& domain) -> const std::string& { return domain.name; },
      [&](const Domain& old, const Domain& now) { compare(out, old, now); });
  out.tables(
      before.plugins, after.plugins, [](const Plugin& plugin) { return "plugins." + plugin.id; },
      [](const Plugin& plugin) -> const std::string& { return plugin.id; },
      [&](const Plugin& old, const Plugin& now) { compare(out, old, now); });
  out.tables(
      before.pipelines, after.pipelines,
      [](const Pipeline& pipeline) { return "pipelines." + pipeline.name; },
      [](const Pipeline& pipeline) -> const std::string& { return pipeline.name; },
      [&](const Pipeline& old, const Pipeline& now) {
        out.hidden("pipelines." + old.name, old.steps, now.steps);
      });
  return out.take();
}

std::string_view to_string(Change::Kind kind) {
  return kind == Change::Kind::kAdded ? "added" : kind == Change::Kind::kRemoved ? "removed" : "changed";
}

std::string render(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) {
    const char mark = change.kind == Change::Kind::kAdded     ? '+'
                      : change.kind == Change::Kind::kRemoved ? '-'
                                                              : '~';
    text += fmt::format("{} {}", mark, change.key);
    if (!change.before.empty() || !change.after.empty()) {
      const auto or_nothing = [](const std::string& value) { return value.empty() ? "(none)" : value; };
      text += fmt::format(": {} -> {}", or_nothing(change.before), or_nothing(change.after));
    }
    if (!change.restart.empty()) text += fmt::format("  (needs a restart: {})", change.restart);
    text += '\n';
  }
  return text;
}

}  // namespace paynamed::config
