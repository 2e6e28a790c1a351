// DomainReport: whether a domain is fit for payment names, part by part, each with what to do.
//
// Threads: value types and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "monitor/zone_facts.hpp"
#include "net/dns_wire.hpp"
#include "paynamed/plugin/v1/dns_provider.pb.h"

namespace paynamed::domains {

enum class CheckVerdict { kFine, kWarning, kFailed, kUnknown };
std::string_view to_string(CheckVerdict verdict);  // "fine", "warning", "failed", "unknown"

struct CheckFinding {
  std::string part;  // "delegation", "security", "provider", "quota", "wallets"
  CheckVerdict verdict = CheckVerdict::kFine;
  std::string code;      // a word for programs; empty for kFine
  std::string sentence;  // what it is, and what to do
};

struct DomainReport {
  std::vector<CheckFinding> findings;  // by part, at least one of each
  // Nothing failed. What could not be found out does not count.
  bool is_fit() const;
};

using Findings = std::vector<CheckFinding>;

// What a look at the zone found: delegation and security.
Findings judge_zone_facts(const std::string& domain, const monitor::ZoneFacts& facts, base::WallTime now);

// What the provider says of itself, and of the zone's records as far as it tells.
Findings judge_provider(const plugin::v1::DescribeDnsReply& provider, std::uint32_t ttl_seconds);
// From four fifths on a warning.
CheckFinding judge_quota(const plugin::v1::DescribeDnsReply& provider);
// The DS records that the provider says the parent should have against those that it has.
std::optional<CheckFinding> compare_ds(const std::string& domain,
                                       const plugin::v1::SigningStatusReply& status,
                                       const monitor::ZoneFacts& facts);

// What wallets will meet: algorithms and digests, and the answer to a question for a name that nobody has.
Findings judge_for_wallets(const std::string& domain, const monitor::ZoneFacts& facts,
                           const std::optional<net::DnsAnswer>& denial);

}  // namespace paynamed::domains
