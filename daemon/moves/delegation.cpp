#include "moves/delegation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "names/proof/rdata.hpp"
#include "net/parallel.hpp"

namespace paynamed::moves {
namespace asio = boost::asio;
using net::DnsType;

namespace {

constexpr std::size_t kMostNameServers = 16;

std::optional<asio::ip::address> address_in(const net::DnsRecord& record) {
  if (record.type == DnsType::kA && record.rdata.size() == 4) {
    asio::ip::address_v4::bytes_type bytes{};
    std::ranges::copy(record.rdata, bytes.begin());
    return asio::ip::address_v4{bytes};
  }
  if (record.type == DnsType::kAaaa && record.rdata.size() == 16) {
    asio::ip::address_v6::bytes_type bytes{};
    std::ranges::copy(record.rdata, bytes.begin());
    return asio::ip::address_v6{bytes};
  }
  return std::nullopt;
}

void read_referral(const net::DnsAnswer& answer, const std::string& zone, ParentAnswer& told) {
  for (const net::DnsRecord& record : answer.authority) {
    if (record.type != DnsType::kNs || record.owner != zone) continue;
    if (auto name = net::target_name(record)) told.name_servers.push_back(*std::move(name));
    told.ns_ttl = std::max(told.ns_ttl, record.ttl);
  }
  std::ranges::sort(told.name_servers);
  told.name_servers.erase(std::ranges::unique(told.name_servers).begin(), told.name_servers.end());
  if (told.name_servers.size() > kMostNameServers) told.name_servers.resize(kMostNameServers);
}

asio::awaitable<void> find_addresses(const Services& services, const net::DnsAnswer& referral,
                                     ParentAnswer& told) {
  for (const std::string& server : told.name_servers) {
    Addresses glue;
    for (const net::DnsRecord& record : referral.additional) {
      if (record.owner != server) continue;
      if (const auto address = address_in(record)) {
        glue.insert(*address);
        told.glue_ttl = std::max(told.glue_ttl, record.ttl);
      }
    }
    if (glue.empty()) {
      auto found = co_await addresses_of(services, server);
      if (!found || found->empty()) {
        told.trouble = fmt::format("its name server {} has no address that could be found", server);
        co_return;
      }
      glue = *std::move(found);
    }
    told.addresses.insert(glue.begin(), glue.end());
  }
}

asio::awaitable<void> ask_ds(const Services& services, net::Endpoint server, const std::string& zone,
                             ParentAnswer& told) {
  net::DnsQuestion question{zone, DnsType::kDs, false};
  const auto answer = co_await services.ask(server, std::move(question));
  if (!answer || !answer->authoritative ||
      (answer->rcode != net::DnsRcode::kNoError && answer->rcode != net::DnsRcode::kNxDomain)) {
    co_return;
  }
  for (const net::DnsRecord& record : answer->answer) {
    if (record.type != DnsType::kDs || record.owner != zone) continue;
    told.ds.push_back(record.rdata);
    told.ds_ttl = std::max(told.ds_ttl, record.ttl);
  }
  std::ranges::sort(told.ds);
  told.told_ds = true;
}

asio::awaitable<ParentAnswer> ask_parent(const Services& services, std::string name, net::Endpoint server,
                                         std::string zone) {
  ParentAnswer told;
  told.server = fmt::format("{} at {}", name, server.to_string());
  net::DnsQuestion question{zone, DnsType::kNs, false};
  const auto answer = co_await services.ask(server, std::move(question));
  if (!answer) {
    told.trouble = answer.error().message();
    told.no_route = answer.error().code() == base::Code::kFailedPrecondition;
    co_return told;
  }
  if (answer->authoritative) {
    told.trouble = answer->rcode == net::DnsRcode::kNoError && !answer->answer.empty()
                       ? "it serves the zone itself, too, and does not tell its delegation"
                       : "it has no delegation of the zone";
    co_return told;
  }
  if (answer->rcode != net::DnsRcode::kNoError) {
    told.trouble = "it answers " + net::to_string(answer->rcode);
    co_return told;
  }
  read_referral(*answer, zone, told);
  if (told.name_servers.empty()) {
    told.trouble = "it has no delegation of the zone";
    co_return told;
  }
  co_await find_addresses(services, *answer, told);
  co_await ask_ds(services, server, zone, told);
  co_return told;
}

}  // namespace

bool Delegation::complete() const {
  const auto told = [](const ParentAnswer& each) { return each.trouble.empty(); };
  return std::ranges::any_of(answers, told) &&
         std::ranges::all_of(answers, [&](const ParentAnswer& each) { return told(each) || each.no_route; });
}

Addresses Delegation::addresses() const {
  Addresses all;
  for (const ParentAnswer& each : answers) all.insert(each.addresses.begin(), each.addresses.end());
  return all;
}

bool Delegation::is_all_at(const Addresses& servers) const {
  const Addresses named = addresses();
  return complete() && !named.empty() && std::ranges::includes(servers, named);
}

bool Delegation::names_any_of(const Addresses& servers) const {
  const Addresses named = addresses();
  return std::ranges::any_of(named, [&](const auto& each) { return servers.contains(each); });
}

std::vector<std::string> Delegation::sentences() const {
  std::vector<std::string> lines;
  for (const ParentAnswer& each : answers) {
    lines.push_back(each.trouble.empty()
                        ? fmt::format("{} delegates to {}", each.server, fmt::join(each.name_servers, ", "))
                        : fmt::format("{}: {}", each.server, each.trouble));
  }
  return lines;
}

std::vector<std::string> ds_texts(const ParentAnswer& answer) {
  std::vector<std::string> texts;
  for (const auto& rdata : answer.ds) {
    const auto ds = names::read_ds(rdata);
    if (!ds) continue;
    texts.push_back(fmt::format("{} {} {} {:02X}", ds->key_tag, ds->algorithm, ds->digest_type,
                                fmt::join(ds->digest, "")));
  }
  return texts;
}

asio::awaitable<base::Result<Addresses>> addresses_of(const Services& services, std::string host) {
  const auto servers = co_await services.servers_of(host);
  if (!servers) co_return base::fail(servers.error());
  for (const names::ZoneServer& server : servers->servers) {
    for (const auto& address : server.addresses) {
      Addresses found;
      bool told = false;
      for (const DnsType type : {DnsType::kA, DnsType::kAaaa}) {
        net::DnsQuestion question{host, type, false};
        const net::Endpoint endpoint{address, services.port()};
        const auto answer = co_await services.ask(endpoint, std::move(question));
        if (!answer || !answer->authoritative || answer->rcode != net::DnsRcode::kNoError) continue;
        told = true;
        for (const net::DnsRecord& record : answer->answer) {
          if (const auto each = address_in(record)) found.insert(*each);
        }
      }
      if (told) co_return found;
    }
  }
  co_return Addresses{};
}

asio::awaitable<base::Result<Delegation>> look_at_delegation(const Services& services, std::string zone) {
  const auto servers = co_await services.servers_of(net::parent_of(zone));
  if (!servers) co_return base::fail(servers.error());
  Delegation delegation;
  delegation.parent = servers->zone;
  std::vector<asio::awaitable<ParentAnswer>> work;
  for (const names::ZoneServer& server : servers->servers) {
    for (const auto& address : server.addresses) {
      const net::Endpoint endpoint{address, services.port()};
      work.push_back(ask_parent(services, server.name, endpoint, zone));
    }
  }
  delegation.answers = co_await net::in_parallel(std::move(work));
  co_return delegation;
}

}  // namespace paynamed::moves
