#include "domains/domain_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/hex.hpp>

#include "monitor/zone_judgement.hpp"
#include "names/lint/rules.hpp"
#include "names/proof/signature.hpp"

namespace paynamed::domains {
namespace {

using monitor::ZoneServerReport;
using Verdict = CheckVerdict;

constexpr net::DnsType kNsec3{50};
constexpr std::uint8_t kSha1Digest = 1;
// A record with an offer and its paths, and room for a label.
constexpr std::uint32_t kComfortableTxtBytes = 1'000;

CheckFinding finding(std::string part, Verdict verdict, std::string code, std::string sentence) {
  return {std::move(part), verdict, std::move(code), std::move(sentence)};
}

// Which part a code of domain.degraded is about.
std::string part_of(std::string_view code) {
  const bool is_delegation = code == "not_delegated" || code == "lame_server" || code == "stale_server" ||
                             code == "silent_server" || code == "delegation_differs";
  return is_delegation ? "delegation" : "security";
}

bool has_part(const Findings& findings, std::string_view part) {
  return std::ranges::any_of(findings, [&](const CheckFinding& each) { return each.part == part; });
}

// Of other digest types only the key can be compared.
bool is_same_signer(const monitor::DelegationSigner& there, const plugin::v1::DsRecord& here) {
  if (there.key_tag != here.key_tag() || there.algorithm != here.algorithm()) return false;
  return there.digest_type != here.digest_type() ||
         there.digest == boost::algorithm::hex_lower(here.digest());
}

struct Nsec3 {
  bool opt_out = false;
  std::uint16_t iterations = 0;
};

// RFC 5155 section 3.2: algorithm, flags, iterations.
std::optional<Nsec3> nsec3_in(const net::DnsAnswer& denial) {
  std::optional<Nsec3> found;
  for (const net::DnsRecord& record : denial.authority) {
    if (record.type != kNsec3 || record.rdata.size() < 4) continue;
    if (!found) found.emplace();
    found->opt_out = found->opt_out || (record.rdata[1] & 1) != 0;
    const auto iterations = static_cast<std::uint16_t>(record.rdata[2] << 8 | record.rdata[3]);
    found->iterations = std::max(found->iterations, iterations);
  }
  return found;
}

void judge_denial(const std::string& domain, const net::DnsAnswer& denial, Findings& out) {
  const bool has_text = std::ranges::any_of(
      denial.answer, [](const net::DnsRecord& each) { return each.type != net::DnsType::kRrsig; });
  if (has_text) {
    out.push_back(
        finding("wallets", Verdict::kFailed, "wildcard",
                fmt::format("a name of {} that nobody made is answered, by a wildcard; remove it, so that "
                            "wallets do not pay names that do not exist",
                            domain)));
    return;
  }
  const auto nsec3 = nsec3_in(denial);
  if (!nsec3) return;
  if (nsec3->opt_out) {
    out.push_back(
        finding("wallets", Verdict::kWarning, "nsec3_opt_out",
                fmt::format("the NSEC3 records of {} have the opt-out flag, which wallets do not accept as a "
                            "denial; sign it without opt-out",
                            domain)));
  }
  if (nsec3->iterations > 0) {
    out.push_back(finding(
        "wallets", Verdict::kWarning, "nsec3_iterations",
        fmt::format("the NSEC3 records of {} have {} iterations, and some validators refuse them; sign "
                    "with 0 (RFC 9276)",
                    domain, nsec3->iterations)));
  }
}

}  // namespace

std::string_view to_string(CheckVerdict verdict) {
  switch (verdict) {
    case Verdict::kFine:
      return "fine";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kFailed:
      return "failed";
    case Verdict::kUnknown:
      break;
  }
  return "unknown";
}

bool DomainReport::is_fit() const {
  return std::ranges::none_of(findings,
                              [](const CheckFinding& each) { return each.verdict == Verdict::kFailed; });
}

Findings judge_zone_facts(const std::string& domain, const monitor::ZoneFacts& facts, base::WallTime now) {
  Findings out;
  const monitor::ZoneFinding worst = monitor::judge_zone(domain, facts, std::nullopt, now);
  if (worst.verdict == monitor::ZoneFinding::Verdict::kWrong)
    out.push_back(finding(part_of(worst.code), Verdict::kFailed, worst.code, worst.sentence));
  if (worst.verdict == monitor::ZoneFinding::Verdict::kUnknown)
    out.push_back(finding("security", Verdict::kUnknown, "nobody_to_ask", worst.sentence));
  for (const monitor::ZoneWarning& warning : monitor::zone_warnings(domain, facts, now))
    out.push_back(finding(part_of(warning.code), Verdict::kWarning, warning.code, warning.message));
  if (facts.zone != domain + ".") {
    out.push_back(finding(
        "delegation", Verdict::kWarning, "inside_zone",
        fmt::format("{} is no zone of its own but a part of {}; a zone of its own can be moved by itself",
                    domain, facts.zone)));
  }
  if (!has_part(out, "delegation")) {
    const auto serving =
        std::ranges::count(facts.servers, ZoneServerReport::Verdict::kServes, &ZoneServerReport::verdict);
    out.push_back(finding(
        "delegation", Verdict::kFine, {},
        fmt::format("{} and the zone name the same servers, and {} of {} addresses serve it",
                    facts.parent.empty() ? "the parent" : facts.parent, serving, facts.servers.size())));
  }
  if (!has_part(out, "security")) {
    out.push_back(finding("security", Verdict::kFine, {},
                          fmt::format("{} is secure from the trust anchor, {} DS records", domain,
                                      facts.ds ? facts.ds->size() : 0)));
  }
  return out;
}

Findings judge_provider(const plugin::v1::DescribeDnsReply& provider, std::uint32_t ttl_seconds) {
  Findings out;
  const bool too_short = provider.min_ttl_seconds() > 0 && ttl_seconds < provider.min_ttl_seconds();
  const bool too_long = provider.max_ttl_seconds() > 0 && ttl_seconds > provider.max_ttl_seconds();
  if (too_short || too_long) {
    out.push_back(finding(
        "provider", Verdict::kFailed, "ttl",
        fmt::format("the domain's ttl is {} s, and the provider takes {} to {} s; change ttl of the domain",
                    ttl_seconds, provider.min_ttl_seconds(), provider.max_ttl_seconds())));
  }
  if (provider.max_txt_bytes() > 0 && provider.max_txt_bytes() < kComfortableTxtBytes) {
    out.push_back(finding(
        "provider", Verdict::kWarning, "short_records",
        fmt::format(
            "the provider takes TXT records of {} bytes only, and offers with several paths are longer",
            provider.max_txt_bytes())));
  }
  if (!provider.compare_and_set()) {
    out.push_back(finding(
        "provider", Verdict::kWarning, "no_compare_and_set",
        "the provider cannot replace a record only if nobody changed it; let nobody else write there"));
  }
  return out;
}

CheckFinding judge_quota(const plugin::v1::DescribeDnsReply& provider) {
  const std::uint64_t used = provider.records_used();
  const std::uint64_t limit = provider.records_limit();
  if (limit == 0)
    return finding("quota", Verdict::kUnknown, "not_told",
                   "the provider does not say how many records it takes");
  const std::string how_many = fmt::format("{} of {} records are used", used, limit);
  if (used >= limit) {
    return finding("quota", Verdict::kFailed, "used_up",
                   how_many + ", so that no name can be added; have the limit raised");
  }
  if (used * 5 >= limit * 4)
    return finding("quota", Verdict::kWarning, "almost_used_up",
                   how_many + "; have the limit raised in time");
  return finding("quota", Verdict::kFine, {}, how_many);
}

std::optional<CheckFinding> compare_ds(const std::string& domain,
                                       const plugin::v1::SigningStatusReply& status,
                                       const monitor::ZoneFacts& facts) {
  using State = plugin::v1::SigningStatusReply;
  if (status.state() == State::UNSIGNED) {
    return finding("provider", Verdict::kFailed, "unsigned_there",
                   fmt::format("the provider does not sign {}; switch DNSSEC on there", domain));
  }
  if (status.state() == State::PENDING || status.state() == State::ERROR) {
    return finding("provider", Verdict::kWarning, "signing_unfinished",
                   fmt::format("the provider says of signing {}: {}", domain, status.explanation()));
  }
  if (status.ds_size() == 0 || !facts.ds || facts.ds->empty()) return std::nullopt;
  const bool known = std::ranges::any_of(status.ds(), [&](const plugin::v1::DsRecord& each) {
    return std::ranges::any_of(
        *facts.ds, [&](const monitor::DelegationSigner& there) { return is_same_signer(there, each); });
  });
  if (known) return std::nullopt;
  return finding(
      "provider", Verdict::kFailed, "other_keys",
      fmt::format(
          "the keys that the provider signs {} with are others than those of the DS records at {}; is it "
          "the right provider?",
          domain, facts.parent));
}

Findings judge_for_wallets(const std::string& domain, const monitor::ZoneFacts& facts,
                           const std::optional<net::DnsAnswer>& denial) {
  Findings out;
  if (facts.keys && !facts.keys->empty() && std::ranges::none_of(*facts.keys, [](const auto& key) {
        return names::is_widely_known(key.algorithm);
      })) {
    out.push_back(
        finding("wallets", Verdict::kFailed, "algorithm",
                fmt::format("{} is signed with {} alone, which many wallets do not know; roll over to "
                            "ECDSAP256SHA256 (13)",
                            domain, names::algorithm_name(facts.keys->front().algorithm))));
  }
  if (facts.ds && !facts.ds->empty() &&
      std::ranges::all_of(*facts.ds, [](const auto& each) { return each.digest_type == kSha1Digest; })) {
    out.push_back(finding("wallets", Verdict::kWarning, "ds_sha1",
                          fmt::format("{} has only SHA-1 DS records; add one with SHA-256", domain)));
  }
  if (denial) {
    judge_denial(domain, *denial, out);
  } else {
    out.push_back(finding("wallets", Verdict::kUnknown, "no_denial",
                          "no server said what it answers for a name that does not exist; ask again later"));
  }
  if (out.empty())
    out.push_back(finding("wallets", Verdict::kFine, {},
                          "nothing in the zone keeps the wallets that are known from paying"));
  return out;
}

}  // namespace paynamed::domains
