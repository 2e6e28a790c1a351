#include "process/dns_settings.hpp"

#include <boost/asio/ip/address.hpp>

namespace paynamed::process {
namespace asio = boost::asio;
namespace {

// The addresses were checked when the configuration was read.
asio::ip::address address_of(const std::string& text) {
  boost::system::error_code error;
  return asio::ip::make_address(text, error);
}

net::DnsResolver::Kind kind_of(config::DnsResolver::Kind kind) {
  switch (kind) {
    case config::DnsResolver::Kind::kTls:
      return net::DnsResolver::Kind::kTls;
    case config::DnsResolver::Kind::kHttps:
      return net::DnsResolver::Kind::kHttps;
    case config::DnsResolver::Kind::kPlain:
      break;
  }
  return net::DnsResolver::Kind::kPlain;
}

}  // namespace

std::vector<net::DnsResolver> resolvers_of(const config::Dns& dns) {
  std::vector<net::DnsResolver> resolvers;
  for (const auto& each : dns.resolvers) {
    net::DnsResolver resolver{kind_of(each.kind), each.shown, {}, each.port, each.host, each.path};
    if (!each.address.empty()) resolver.address = address_of(each.address);
    resolvers.push_back(std::move(resolver));
  }
  return resolvers;
}

names::Quorum quorum_of(config::Dns::Quorum quorum) {
  switch (quorum) {
    case config::Dns::Quorum::kMajority:
      return names::Quorum::kMajority;
    case config::Dns::Quorum::kOne:
      return names::Quorum::kOne;
    case config::Dns::Quorum::kAll:
      break;
  }
  return names::Quorum::kAll;
}

names::AuthoritativeSettings authoritative_settings(const config::Dns& dns) {
  names::AuthoritativeSettings settings;
  settings.port = dns.authoritative_port;
  settings.query_timeout = dns.query_timeout;
  for (const auto& server : dns.root_hints) settings.roots.push_back(address_of(server.address));
  for (const auto& stub : dns.stubs) {
    names::AuthoritativeSettings::Stub known{stub.zone, {}};
    for (const auto& server : stub.servers) known.addresses.push_back(address_of(server.address));
    settings.stubs.push_back(std::move(known));
  }
  return settings;
}

names::ValidatorSettings validator_settings(const config::Dns& dns) {
  names::ValidatorSettings settings;
  settings.anchor_file = dns.trust_anchor.string();
  for (const auto& server : dns.root_hints)
    settings.stubs.push_back({".", {address_of(server.address), server.port}});
  for (const auto& stub : dns.stubs) {
    for (const auto& server : stub.servers)
      settings.stubs.push_back({stub.zone, {address_of(server.address), server.port}});
  }
  return settings;
}

}  // namespace paynamed::process
