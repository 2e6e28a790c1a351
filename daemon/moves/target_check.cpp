#include "moves/target_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "names/proof/signature.hpp"

namespace paynamed::moves {
namespace asio = boost::asio;
using net::DnsType;

namespace {

// Accepted by this word when an instance cannot list its zone.
constexpr const char* kUnlisted = "unlisted";

std::optional<std::uint32_t> soa_minimum(const net::DnsRecord& record) {
  if (record.type != DnsType::kSoa || record.rdata.size() < 22) return std::nullopt;
  std::uint32_t minimum = 0;
  for (std::size_t i = record.rdata.size() - 4; i < record.rdata.size(); ++i)
    minimum = minimum << 8 | record.rdata[i];
  return minimum;
}

}  // namespace

TargetCheck::TargetCheck(const Services& services, const state::MoveRow& move, std::string zone,
                         const Details& details)
    : services_(services),
      move_(move),
      zone_(std::move(zone)),
      details_(details),
      from_(services, move.from, zone_),
      to_(services, move.to, zone_) {
  for (const std::string& text : details.accept) {
    if (auto name = parse_set_name(text)) accepted_.insert(*std::move(name));
  }
}

asio::awaitable<TargetCheck::Findings> TargetCheck::look_at_zone() {
  co_return co_await look(false);
}

asio::awaitable<TargetCheck::Findings> TargetCheck::look_at_everything() {
  co_return co_await look(true);
}

asio::awaitable<TargetCheck::Findings> TargetCheck::look_at_names() {
  Findings findings;
  for (const std::string& text : details_.to_servers) {
    if (const auto endpoint = net::parse_endpoint(text, services_.port())) servers_.push_back(*endpoint);
  }
  co_await look_at_keys(findings);
  if (findings.can_go_on()) co_await compare_names(findings);
  co_return findings;
}

asio::awaitable<TargetCheck::Findings> TargetCheck::look(bool names_too) {
  Findings findings;
  const auto stops = [&findings] { return !findings.can_go_on(); };
  co_await list(findings);
  if (stops()) co_return findings;
  co_await look_at_parent(findings);
  if (stops()) co_return findings;
  co_await find_servers(findings);
  if (stops()) co_return findings;
  co_await look_at_keys(findings);
  if (!findings.trouble.ok()) co_return findings;
  look_at_ds(findings);
  // Without the right keys everything else would differ, too.
  if (stops()) co_return findings;
  co_await look_at_denial(findings);
  read_ours(findings);
  if (!findings.trouble.ok()) co_return findings;
  co_await compare_sets(findings);
  if (names_too && findings.trouble.ok()) co_await compare_names(findings);
  co_return findings;
}

asio::awaitable<void> TargetCheck::list(Findings& findings) {
  for (const Provider* provider : {&from_, &to_}) {
    const auto described = co_await provider->describe();
    base::Status status = described ? base::Status{} : described.error();
    if (status.ok() && described->list_zone()) {
      auto sets = co_await provider->list();
      if (sets) {
        (provider == &from_ ? from_sets_ : to_sets_) = *std::move(sets);
        continue;
      }
      status = sets.error();
    }
    if (!status.ok()) {
      if (needs_a_person(status.code())) {
        findings.problems.push_back(fmt::format("'{}': {}", provider->instance(), status.message()));
      } else {
        findings.trouble = status;
      }
      co_return;
    }
    const bool accepts = std::ranges::find(details_.accept, kUnlisted) != details_.accept.end();
    if (provider == &from_ && !accepts) {
      findings.problems.push_back(
          fmt::format("'{}' cannot list its zone, so what else is in {} cannot be compared; compare it "
                      "yourself and accept "
                      "that with '{}'",
                      provider->instance(), zone_, kUnlisted));
    } else {
      findings.notes.push_back(
          provider == &from_
              ? fmt::format("'{}' cannot list its zone: only names of ours are compared",
                            provider->instance())
              : fmt::format("'{}' cannot list its zone: records that only the new servers have are not seen",
                            provider->instance()));
    }
  }
  if (!from_sets_) co_return;
  for (const auto& [name, data] : *from_sets_) {
    if (name.type == DnsType::kNs && name.owner != zone_) cuts_.insert(name.owner);
    if (data.ttl <= findings.ttls.largest) continue;
    findings.ttls.largest = data.ttl;
    findings.ttls.largest_set = name.to_string();
  }
}

asio::awaitable<void> TargetCheck::look_at_parent(Findings& findings) {
  auto delegation = co_await look_at_delegation(services_, zone_);
  if (!delegation) {
    findings.trouble = delegation.error();
    co_return;
  }
  delegation_ = *std::move(delegation);
  if (!delegation_.complete()) {
    findings.trouble =
        base::unavailable(fmt::format("not all servers of {} tell the delegation of {}: {}",
                                      delegation_.parent, zone_, fmt::join(delegation_.sentences(), "; ")));
    co_return;
  }
  for (const ParentAnswer& each : delegation_.answers) {
    findings.ttls.parent_ns = std::max({findings.ttls.parent_ns, each.ns_ttl, each.glue_ttl});
    findings.ttls.ds = std::max(findings.ttls.ds, each.ds_ttl);
  }
}

asio::awaitable<void> TargetCheck::find_servers(Findings& findings) {
  if (!details_.servers.empty()) {
    for (const std::string& text : details_.servers) {
      const auto endpoint = net::parse_endpoint(text, services_.port());
      if (endpoint) servers_.push_back(*endpoint);
    }
  } else if (to_sets_) {
    const auto apex = to_sets_->find({zone_, DnsType::kNs});
    if (apex != to_sets_->end()) {
      for (const auto& rdata : apex->second.records) {
        const auto name = net::name_from_wire(rdata);
        if (!name) continue;
        const auto found = co_await addresses_of(services_, name->name);
        if (!found || found->empty()) {
          findings.problems.push_back(
              fmt::format("the zone at '{}' names the server {}, which has no address in the DNS; mend that, "
                          "or say where "
                          "the servers are with --servers",
                          move_.to, name->name));
          continue;
        }
        for (const auto& address : *found) servers_.push_back({address, services_.port()});
      }
    }
  }
  std::ranges::sort(servers_, {}, &net::Endpoint::to_string);
  servers_.erase(std::ranges::unique(servers_).begin(), servers_.end());
  if (servers_.empty() && findings.problems.empty()) {
    findings.problems.push_back(fmt::format(
        "where the servers of '{}' are is not known; say so with --servers ADDRESS[:PORT],...", move_.to));
  }
  Addresses targets;
  for (const net::Endpoint& each : servers_) {
    findings.to_servers.push_back(each.to_string());
    targets.insert(each.address);
  }
  findings.delegated_to = delegation_.names_any_of(targets);
  for (const auto& address : delegation_.addresses()) {
    if (targets.contains(address)) continue;
    left_servers_.push_back({address, services_.port()});
    findings.from_servers.push_back(address.to_string());
  }
  if (left_servers_.empty() && findings.problems.empty() && move_.phase <= state::MovePhase::kCopying) {
    findings.problems.push_back(fmt::format(
        "{} is delegated to the servers of '{}' already ({}); nothing would show when it moves. Let "
        "the zone there name its own servers, or say where they are with --servers",
        zone_, move_.to, fmt::join(findings.to_servers, ", ")));
  }
}

asio::awaitable<TargetCheck::Answer> TargetCheck::ask(net::Endpoint server, std::string owner,
                                                      DnsType type) const {
  net::DnsQuestion question{std::move(owner), type, false};
  auto answer = co_await services_.ask(std::move(server), std::move(question));
  if (!answer) co_return Answer{answer.error(), {}};
  co_return Answer{{}, *std::move(answer)};
}

asio::awaitable<void> TargetCheck::look_at_apex(net::Endpoint server, bool is_target, Findings& findings) {
  const std::string where = server.to_string();
  for (const DnsType type : {DnsType::kSoa, DnsType::kNs, DnsType::kDnskey}) {
    const Answer said = co_await ask(server, zone_, type);
    if (!said.trouble.ok()) {
      // An old server that is gone already keeps nobody's answers.
      if (is_target)
        findings.trouble = base::unavailable(fmt::format("{}: {}", where, said.trouble.message()));
      co_return;
    }
    if (said.answer.rcode != net::DnsRcode::kNoError || !said.answer.authoritative) {
      if (is_target) {
        findings.problems.push_back(
            fmt::format("{} does not serve {} with authority ({}); set the zone up there", where, zone_,
                        net::to_string(said.answer.rcode)));
      }
      co_return;
    }
    for (const net::DnsRecord& record : said.answer.answer) {
      if (record.type != type || record.owner != zone_) continue;
      SeenTtls& ttls = findings.ttls;
      if (type == DnsType::kSoa) {
        ttls.negative =
            std::max(ttls.negative, std::min(record.ttl, soa_minimum(record).value_or(record.ttl)));
      } else if (type == DnsType::kDnskey) {
        ttls.dnskey = std::max(ttls.dnskey, record.ttl);
      } else {
        std::uint32_t& seen = is_target ? ttls.zone_ns_to : ttls.zone_ns_from;
        seen = std::max(seen, record.ttl);
        const auto name = net::target_name(record);
        if (is_target && name) findings.to_names.push_back(*name);
      }
    }
    if (type != DnsType::kDnskey) continue;
    ZoneKeys keys = keys_in(said.answer, zone_);
    if (is_target && keys_.empty() && server == servers_.front()) {
      keys_ = keys;
      const std::string why = keys.empty() ? std::string{}
                                           : why_not_signed(said.answer.answer, zone_, DnsType::kDnskey,
                                                            zone_, keys, services_.plugins.clock.wall());
      if (!why.empty()) findings.problems.push_back(fmt::format("the DNSKEY set at {} {}", where, why));
    } else if (keys != keys_) {
      findings.problems.push_back(fmt::format(
          "{} has other keys (DNSKEY) than {}: with a DS record at the parent one of both would be bogus for "
          "those who have the other one's keys. Put the same keys on both, or move the names in an unsigned "
          "or "
          "a delegated zone; a move between different keys needs both key sets on both sides (RFC 8901), "
          "which "
          "this version does not do",
          where, servers_.front().to_string()));
    }
  }
}

asio::awaitable<void> TargetCheck::look_at_keys(Findings& findings) {
  for (const net::Endpoint& server : servers_) co_await look_at_apex(server, true, findings);
  if (!findings.trouble.ok()) co_return;
  for (const net::Endpoint& server : left_servers_) co_await look_at_apex(server, false, findings);
  std::ranges::sort(findings.to_names);
  findings.to_names.erase(std::ranges::unique(findings.to_names).begin(), findings.to_names.end());
}

void TargetCheck::look_at_ds(Findings& findings) const {
  const auto owner = names::WireName::from_text(zone_);
  std::set<std::string> found;
  bool matches = false;
  bool any = false;
  for (const ParentAnswer& parent : delegation_.answers) {
    const auto texts = ds_texts(parent);
    for (const auto& rdata : parent.ds) {
      const auto ds = names::read_ds(rdata);
      if (!ds || !owner) continue;
      any = true;
      for (const auto& key : keys_) {
        const auto digest = names::ds_digest(ds->digest_type, *owner, key);
        if (names::key_tag_of(key) != ds->key_tag || !digest || !std::ranges::equal(*digest, ds->digest))
          continue;
        matches = true;
        found.insert(texts.begin(), texts.end());
      }
    }
  }
  findings.to_ds.assign(found.begin(), found.end());
  if (any && !matches) {
    findings.problems.push_back(fmt::format(
        "no DS record of {} at {} stands for a key of the new servers, so the zone would be bogus there; put "
        "the keys of the zone on the new servers first",
        zone_, delegation_.parent));
  } else if (!any) {
    findings.notes.push_back(
        fmt::format("{} has no DS record at {}: nobody can validate its names", zone_, delegation_.parent));
  }
}

asio::awaitable<void> TargetCheck::look_at_denial(Findings& findings) {
  if (keys_.empty()) co_return;
  const auto now = services_.plugins.clock.wall();
  const auto nobody = fmt::format("paynamed-{}.{}", base::Uuid::v7(now, services_.random).to_string(), zone_);
  for (const net::Endpoint& server : servers_) {
    const Answer said = co_await ask(server, nobody, DnsType::kTxt);
    if (!said.trouble.ok()) {
      findings.trouble = said.trouble;
      co_return;
    }
    bool denies = false;
    std::set<SetName> sets;
    for (const net::DnsRecord& record : said.answer.authority) {
      if (record.type == DnsType::kRrsig) continue;
      denies = denies || record.type == DnsType::kNsec || record.type == names::kNsec3Type;
      sets.insert({record.owner, record.type});
    }
    // A wildcard that has TXT answers instead.
    if (!denies && said.answer.answer.empty()) {
      findings.problems.push_back(fmt::format(
          "{} denies names without NSEC or NSEC3 records; sign the zone there", server.to_string()));
    }
    for (const SetName& set : sets) {
      const std::string why = why_not_signed(said.answer.authority, set.owner, set.type, zone_, keys_, now);
      if (!why.empty())
        findings.problems.push_back(fmt::format("{} at {} {}", set.to_string(), server.to_string(), why));
    }
  }
}

}  // namespace paynamed::moves
