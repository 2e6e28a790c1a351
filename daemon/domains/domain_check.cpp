// What Domains asks to say whether a domain is fit.
#include <fmt/format.h>

#include <algorithm>

#include "domains/domains.hpp"
#include "names/lint/report.hpp"

namespace paynamed::domains {
namespace asio = boost::asio;
using base::Code;
using base::Result;

namespace {

CheckFinding failed(std::string part, std::string code, const base::Status& status) {
  const bool is_passing = status.code() == Code::kUnavailable || status.code() == Code::kDeadlineExceeded ||
                          status.code() == Code::kResourceExhausted;
  return {std::move(part), is_passing ? CheckVerdict::kUnknown : CheckVerdict::kFailed, std::move(code),
          status.message()};
}

}  // namespace

asio::awaitable<Result<DomainReport>> Domains::check(std::string tenant, std::string domain) {
  auto found = configured(tenant, domain);
  if (!found) co_return base::fail(found.error());
  DomainReport report;
  const std::string zone = found->place.zone;
  const auto facts = co_await with_.look_at_zone(zone);
  if (facts) {
    report.findings = judge_zone_facts(zone, *facts, with_.clock.wall());
  } else {
    report.findings.push_back(failed("delegation", "not_found", facts.error()));
    report.findings.push_back(
        {"security", CheckVerdict::kUnknown, "not_found", "without its servers it cannot be known"});
  }
  Findings of_provider = co_await check_provider(*found, facts ? &*facts : nullptr);
  std::ranges::move(of_provider, std::back_inserter(report.findings));
  if (facts) {
    Findings of_wallets = co_await check_for_wallets(tenant, domain, *facts);
    std::ranges::move(of_wallets, std::back_inserter(report.findings));
  } else {
    report.findings.push_back(
        {"wallets", CheckVerdict::kUnknown, "not_found", "without its servers it cannot be known"});
  }
  co_return report;
}

asio::awaitable<Findings> Domains::check_provider(Configured of, const monitor::ZoneFacts* facts) const {
  Findings out;
  const auto described = co_await reader_.describe(of.place);
  if (!described) {
    out.push_back(failed("provider", "describe", described.error()));
    out.push_back({"quota", CheckVerdict::kUnknown, "not_told", "the provider cannot be asked"});
    co_return out;
  }
  // A name that nobody has: credentials and zone are tried, and nothing else is learned.
  std::string probe = "paynamed-check." + names_suffix(of.place.domain);
  const auto read = co_await reader_.read_name(of.place, std::move(probe));
  if (!read) out.push_back(failed("provider", "read", read.error()));
  const auto signing = co_await reader_.signing_status(of.place);
  if (signing && facts != nullptr) {
    if (auto finding = compare_ds(of.place.zone, *signing, *facts)) out.push_back(*std::move(finding));
  }
  if (!signing && read && signing.error().code() != Code::kUnimplemented)
    out.push_back(failed("provider", "signing_status", signing.error()));
  Findings of_limits = judge_provider(*described, of.domain->ttl_seconds);
  std::ranges::move(of_limits, std::back_inserter(out));
  if (out.empty()) {
    out.push_back({"provider",
                   CheckVerdict::kFine,
                   {},
                   fmt::format("'{}' has the zone ({})", of.place.instance, described->summary())});
  }
  out.push_back(judge_quota(*described));
  co_return out;
}

asio::awaitable<Findings> Domains::check_for_wallets(std::string tenant, std::string domain,
                                                     const monitor::ZoneFacts& facts) const {
  std::optional<net::DnsAnswer> denial;
  net::DnsQuestion question{
      fmt::format("no-{:016x}.{}", with_.random.below(~std::uint64_t{0}), names_suffix(domain)),
      net::DnsType::kTxt, false};
  for (const monitor::ZoneServerReport& server : facts.servers) {
    const auto address = net::parse_endpoint(server.address);
    if (server.verdict != monitor::ZoneServerReport::Verdict::kServes || !address) continue;
    auto answer = co_await with_.ask(*address, question, net::DnsCarrier::kUdpThenTcp);
    const bool is_usable =
        answer && (answer->rcode == net::DnsRcode::kNxDomain || answer->rcode == net::DnsRcode::kNoError);
    if (!is_usable) continue;
    denial = *std::move(answer);
    break;
  }
  Findings out = judge_for_wallets(domain, facts, denial);
  // What the lint says of a name that is there counts more than what can be concluded.
  const auto live = with_.store.list_names(tenant, domain, state::NameState::kLive, {}, 1);
  if (!live || live->empty()) co_return out;
  const auto proof = with_.store.find_proof(live->front().name);
  const auto name = base::Name::parse(live->front().name);
  if (!proof || !*proof || !name) co_return out;
  const auto lint = with_.lint_of(*name, **proof);
  if (!lint || lint->all_can_pay()) co_return out;
  std::erase_if(out, [](const CheckFinding& each) { return each.verdict == CheckVerdict::kFine; });
  out.push_back(
      {"wallets", CheckVerdict::kWarning, "lint",
       fmt::format("{}: {}; see paynamectl lint {}", name->text(), names::summary(*lint), name->text())});
  co_return out;
}

}  // namespace paynamed::domains
