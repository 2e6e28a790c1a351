#include <fmt/format.h>

#include <algorithm>

#include "base/name.hpp"
#include "config/sections.hpp"

namespace paynamed::config {
namespace {

std::vector<DnsServer> read_servers(Fields& fields, std::string_view key) {
  std::vector<DnsServer> servers;
  fields.list(key, "addresses", [&](const toml::node& node) {
    Reader& reader = fields.reader();
    const auto* text = node.as_string();
    if (text == nullptr) {
      reader.diagnostics.error(reader.region(node),
                               fmt::format("'{}' holds addresses, not {}", key, type_name(node)),
                               "write them like \"192.0.2.1\" or \"[2001:db8::1]:53\"");
      return;
    }
    const base::Result<DnsServer> server = parse_server(text->get(), std::uint16_t{53});
    if (!server || server->port == 0) {
      reader.diagnostics.error(
          reader.region(node),
          fmt::format("{} is no server: {}", in_quotes(text->get()),
                      server ? "its port must be 1 to 65535" : server.error().message()),
          "write an IP address and, if it is not 53, a port: \"192.0.2.1\", \"[2001:db8::1]:5300\"");
      return;
    }
    servers.push_back(*server);
  });
  return servers;
}

void read_stub(Reader& reader, const toml::node& node, Config& config) {
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    reader.diagnostics.error(reader.region(node), fmt::format("a stub is a table, not {}", type_name(node)),
                             "write [[dns.stubs]]");
    return;
  }
  Fields fields{reader, *table, "[[dns.stubs]]", reader.region(node)};
  DnsStub stub;
  if (const auto zone = fields.text("zone")) {
    const base::Result<std::string> domain =
        zone->value == "." ? base::Result<std::string>{""} : base::parse_domain(zone->value);
    if (!domain) {
      reader.diagnostics.error(
          zone->region, fmt::format("{} is no zone: {}", in_quotes(zone->value), domain.error().message()));
    } else {
      stub.zone = *domain + ".";
      if (std::any_of(config.dns.stubs.begin(), config.dns.stubs.end(),
                      [&](const DnsStub& other) { return other.zone == stub.zone; })) {
        reader.diagnostics.error(zone->region,
                                 fmt::format("there is a stub for {} already", in_quotes(stub.zone)),
                                 "put all its servers into one list");
      }
    }
  } else if (fields.any("zone") == nullptr) {
    fields.missing("zone", "add zone = \"example.test.\"");
  }
  stub.servers = read_servers(fields, "servers");
  if (fields.any("servers") == nullptr) {
    fields.missing("servers", "add servers = [\"127.0.0.1:5300\"]");
  } else if (const toml::array* list = table->get_as<toml::array>("servers");
             list != nullptr && list->empty()) {
    reader.diagnostics.error(reader.region(*list), "'servers' is empty, so the zone could not be asked");
  }
  fields.finish();
  config.dns.stubs.push_back(std::move(stub));
}

// [domains.example.com] without quotes is a table "com" in a table "example".
std::optional<std::string> meant_domain(const toml::key& key, const toml::node& node) {
  std::string name{key.str()};
  const toml::table* table = node.as_table();
  if (name.find('.') != std::string::npos) return std::nullopt;
  bool unquoted = false;
  while (table != nullptr && table->size() == 1 && table->begin()->second.is_table()) {
    name += "." + std::string{table->begin()->first.str()};
    table = table->begin()->second.as_table();
    unquoted = true;
  }
  if (!unquoted) return std::nullopt;
  return name;
}

// A domain of the file; its name is the table's key.
std::optional<std::string> domain_name(Reader& reader, const toml::key& key, const toml::node& node,
                                       const Config& config) {
  const Region region = reader.region(key);
  if (const auto meant = meant_domain(key, node)) {
    reader.diagnostics.error(region, "a domain stands in quotes, for its dots would make tables of its parts",
                             fmt::format("write [domains.\"{}\"]", printable(*meant)));
    return std::nullopt;
  }
  const base::Result<std::string> name = base::parse_domain(key.str());
  if (!name) {
    reader.diagnostics.error(
        region, fmt::format("{} cannot be a domain: {}", in_quotes(key.str()), name.error().message()));
    return std::nullopt;
  }
  if (name->size() + 2 > base::kMaxNameBytes) {
    reader.diagnostics.error(
        region, fmt::format("the domain has {} bytes, which leaves no room for a user", name->size()));
    return std::nullopt;
  }
  if (config.find_domain(*name) != nullptr) {
    reader.diagnostics.error(region, fmt::format("the domain {} stands in the file twice", in_quotes(*name)),
                             "upper and lower case, and a dot at the end, make no difference");
    return std::nullopt;
  }
  return *name;
}

void read_times(Fields& fields, Domain& domain) {
  Diagnostics& diagnostics = fields.reader().diagnostics;
  const auto ttl = fields.duration("ttl", kLeastTtl, kMostTtl);
  if (ttl) {
    domain.ttl_seconds = static_cast<std::uint32_t>(ttl->value / kSecond);
    if (ttl->value % kSecond != base::Duration{0}) {
      diagnostics.error(ttl->region, "'ttl' must be whole seconds");
    } else if (ttl->value < kMinute) {
      diagnostics.warning(ttl->region,
                          "with a 'ttl' below 60s many resolvers keep the record longer than it says",
                          "300s is a good value");
    }
  }
  if (const auto value = fields.duration("quarantine", base::Duration{0}, kLongest)) {
    domain.quarantine = value->value;
    if (value->value == base::Duration{0}) {
      diagnostics.warning(
          value->region,
          "without 'quarantine' a released name can be taken by another at once, who then gets the "
          "payments meant for the one before",
          "365d is the default");
    }
  }
  const auto retire_after = fields.duration("retire_after", base::Duration{0}, kLongest);
  if (retire_after) domain.retire_after = retire_after->value;
  if (domain.retire_after < kSecond * domain.ttl_seconds) {
    diagnostics.error(
        retire_after ? retire_after->region : fields.region(),
        fmt::format("'retire_after' is {}, shorter than the 'ttl' of {}: offers would be disabled while "
                    "resolvers still give them out",
                    base::to_string(domain.retire_after), base::to_string(kSecond * domain.ttl_seconds)),
        fmt::format("write at least \"{}\"", base::to_string(kSecond * domain.ttl_seconds)));
  }
  if (const auto value = fields.duration("settle", base::Duration{0}, kDay)) domain.settle = value->value;
}

// The names of a domain are all below user._bitcoin-payment, so the zone that holds them is one of three.
void read_zone(Fields& fields, Domain& domain) {
  domain.zone = domain.name;
  const auto value = fields.text("zone");
  if (!value) return;
  const std::string below = "_bitcoin-payment." + domain.name;
  if (value->value == domain.name || value->value == below || value->value == "user." + below) {
    domain.zone = value->value;
    return;
  }
  fields.reader().diagnostics.error(
      value->region,
      fmt::format("'zone' is {}; it must be the domain, or a delegated zone that holds all its names",
                  in_quotes(value->value)),
      fmt::format("zone = \"user.{}\"", below));
}

void read_domain_tenants(Fields& fields, Domain& domain) {
  domain.tenants = read_tenant_ids(fields, "'tenants' is empty, so nobody could register here",
                                   "leave it out for the tenant 'default'");
  if (fields.any("tenants") == nullptr) domain.tenants.push_back({"default", {}});
}

// Without port 53 only what needs none of it can be used.
void read_port_53(Fields& fields, Dns& dns) {
  const auto value = fields.choice("port_53", {"open", "blocked"});
  if (!value || value->value == "open") return;
  dns.port_53_open = false;
  Diagnostics& diagnostics = fields.reader().diagnostics;
  const auto is_protected = [](const DnsResolver& each) { return each.kind != DnsResolver::Kind::kPlain; };
  if (std::none_of(dns.resolvers.begin(), dns.resolvers.end(), is_protected)) {
    diagnostics.error(
        value->region,
        "'port_53' is 'blocked', and 'resolvers' has none that is reached over TLS or HTTPS, so "
        "nobody could be asked",
        "add resolvers = [\"tls://9.9.9.9#dns.quad9.net\", \"https://8.8.8.8/dns-query#dns.google\"]");
  }
  for (const std::string_view key : {"root_hints", "stubs"}) {
    if (fields.any(key) == nullptr) continue;
    diagnostics.error(
        fields.key_region(key),
        fmt::format("'{}' is of no use when 'port_53' is 'blocked': only resolvers are asked", key),
        "remove it");
  }
}

}  // namespace

void read_tls(Fields& fields, Config& config) {
  if (const auto value = fields.path("ca_file")) config.tls.ca_file = value->value;
}

void read_dns(Fields& fields, Config& config) {
  Dns& dns = config.dns;
  if (const auto value = fields.path("trust_anchor")) dns.trust_anchor = value->value;
  dns.root_hints = read_servers(fields, "root_hints");
  if (const auto value = fields.integer("authoritative_port", 1, 65'535)) {
    dns.authoritative_port = static_cast<std::uint16_t>(value->value);
  }
  if (const auto value = fields.duration("query_timeout", 100 * kMillisecond, kMinute)) {
    dns.query_timeout = value->value;
  }
  dns.resolvers = read_resolvers(fields);
  if (const auto value = fields.text("resolver_quorum")) {
    if (value->value == "all") {
      dns.resolver_quorum = Dns::Quorum::kAll;
    } else if (value->value == "majority") {
      dns.resolver_quorum = Dns::Quorum::kMajority;
    } else if (value->value == "one") {
      dns.resolver_quorum = Dns::Quorum::kOne;
    } else {
      fields.reader().diagnostics.error(
          value->region,
          fmt::format("'resolver_quorum' is {}; it must be all, majority or one", in_quotes(value->value)));
    }
  }
  fields.list("stubs", "tables", [&](const toml::node& node) { read_stub(fields.reader(), node, config); });
  read_port_53(fields, dns);
}

void read_domains(Reader& reader, const toml::table& table, Config& config) {
  for (const auto& [key, node] : in_file_order(table)) {
    const Region region = reader.region(key);
    const std::optional<std::string> name = domain_name(reader, key, node, config);
    const toml::table* inner = node.as_table();
    if (inner == nullptr) {
      reader.diagnostics.error(reader.region(node),
                               fmt::format("a domain is a table, not {}", type_name(node)),
                               "write [domains.\"example.com\"]");
      continue;
    }
    if (!name) continue;
    Fields fields{reader, *inner, fmt::format("[domains.\"{}\"]", *name), region};
    Domain domain;
    domain.name = *name;
    domain.region = region;
    if (const auto dns = fields.identifier("dns")) {
      domain.dns = *dns;
    } else if (fields.any("dns") == nullptr) {
      fields.missing("dns", "add dns = \"<id>\", the [plugins.<id>] that holds the zone");
    }
    read_zone(fields, domain);
    read_domain_tenants(fields, domain);
    if (const auto test = fields.boolean("test")) domain.test = *test;
    read_times(fields, domain);
    if (const auto repair = fields.choice("repair", {"report", "republish"})) {
      domain.repair = {repair->value == "republish" ? Repair::kRepublish : Repair::kReport, repair->region};
    }
    if (const auto value = fields.duration("rotate_before", kMinute, 365 * kDay))
      domain.rotate_before = *value;
    fields.finish();
    config.domains.push_back(std::move(domain));
  }
}

}  // namespace paynamed::config
