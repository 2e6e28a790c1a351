#include <fmt/format.h>

#include <algorithm>

#include "names/ascii.hpp"
#include "names/lint/rules.hpp"

namespace paynamed::names {
namespace {

// LDK, HumanReadableName.
constexpr std::size_t kMaxUserAndDomain = 231;
constexpr std::size_t kMaxLabel = 63;
// What goes over UDP everywhere (DNS flag day 2020); more takes a second question over TCP.
constexpr std::size_t kMaxUdpAnswer = 1232;
constexpr std::chrono::seconds kShortTtl{300};
constexpr std::chrono::seconds kLongTtl{3600};

// RFC 8624 section 3.
constexpr std::uint8_t kRsaSha256 = 8;
constexpr std::uint8_t kRsaSha512 = 10;
constexpr std::uint8_t kSha1Digest = 1;

bool is_name_character(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
}

bool has_bad_label(std::string_view text) {
  while (true) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    if (dot == 0 || dot > kMaxLabel) return true;
    if (dot == text.size()) return false;
    text.remove_prefix(dot + 1);
  }
}

bool has_punycode(std::string_view text) {
  return text.starts_with("xn--") || text.find(".xn--") != text.npos;
}

void lint_algorithms(const Examined& examined, Findings& out) {
  const LintSubject& subject = examined.subject;
  for (const std::uint8_t algorithm : subject.facts.needed_algorithms) {
    if (is_widely_known(algorithm)) continue;
    out.push_back({"algorithm", Severity::kError,
                   fmt::format("something on the way is signed with algorithm {} alone, which wallets with "
                               "dnssec-prover do not know; sign the zone with algorithm 13",
                               algorithm)});
  }
  const auto& record = subject.facts.record_algorithms;
  if (record.contains(kRsaSha256) || record.contains(kRsaSha512)) {
    out.push_back({"algorithm_rsa", Severity::kNote,
                   "the record is signed with RSA, which makes answers and proofs long; algorithm 13 is as "
                   "well understood and much shorter"});
  }
  const auto& digests = subject.proof.ds_digests;
  if (std::find(digests.begin(), digests.end(), kSha1Digest) != digests.end()) {
    out.push_back({"ds_digest", Severity::kWarning,
                   "a zone on the way has a DS record with SHA-1 alone, which validators may refuse "
                   "(RFC 8624); put one with SHA-256 (digest type 2) at the parent"});
  }
}

void lint_denials(const Examined& examined, Findings& out) {
  const LintSubject& subject = examined.subject;
  if (subject.proof.nsec3_opt_out) {
    out.push_back(
        {"nsec3_opt_out", Severity::kWarning,
         "a zone on the way uses NSEC3 with opt-out, with which wallets prove nothing; use NSEC, or "
         "NSEC3 without opt-out"});
  }
  if (subject.facts.nsec3_iterations > 0) {
    out.push_back(
        {"nsec3_iterations", Severity::kNote,
         fmt::format("a zone on the way hashes its names {} times more than once; RFC 9276 asks for "
                     "0 iterations",
                     subject.facts.nsec3_iterations)});
  }
  if (!subject.proof.wildcard) return;
  out.push_back({"wildcard", Severity::kWarning,
                 "the record is made from a wildcard, which everybody can see from its signature; give the "
                 "name a record of its own"});
  if (subject.facts.last_denial) {
    out.push_back({"last_denial", Severity::kWarning,
                   "the name lies behind the last one of its zone, where older wallets cannot verify a "
                   "wildcard; give the name a record of its own"});
  }
}

void lint_sizes(const Examined& examined, Findings& out) {
  const LintSubject& subject = examined.subject;
  if (subject.facts.answer_bytes > kMaxUdpAnswer) {
    out.push_back(
        {"answer_size", Severity::kWarning,
         fmt::format("the answer has about {} bytes, so resolvers have to ask again over TCP, which "
                     "fails in some networks; fewer or shorter paths in the offer keep it below {}",
                     subject.facts.answer_bytes, kMaxUdpAnswer)});
  }
  const std::size_t steps = subject.proof.proof_steps;
  if (steps > kMaxProofStepsOnce) {
    out.push_back(
        {"proof_steps", steps > kMaxProofSteps ? Severity::kError : Severity::kWarning,
         fmt::format("the proof takes {} steps; wallets with dnssec-prover stop after {}, older ones "
                     "after {}: use fewer aliases and delegations",
                     steps, kMaxProofSteps, kMaxProofStepsOnce)});
  }
}

void lint_ttl(std::chrono::seconds ttl, Findings& out) {
  if (ttl < kShortTtl) {
    out.push_back({"ttl", Severity::kNote,
                   fmt::format("the TTL is {} s, so wallets ask for the record again and again; {} s or more "
                               "is usual",
                               ttl.count(), kShortTtl.count())});
  } else if (ttl > kLongTtl) {
    out.push_back({"ttl", Severity::kWarning,
                   fmt::format("the TTL is {} s, so a replaced offer is paid for as long; use {} s or less",
                               ttl.count(), kLongTtl.count())});
  }
}

}  // namespace

void lint_name(std::string_view user, std::string_view domain, Findings& out) {
  if (user.size() + domain.size() > kMaxUserAndDomain) {
    out.push_back({"name_length", Severity::kError,
                   fmt::format("user and domain have {} bytes together, and wallets take {}; use a shorter "
                               "name",
                               user.size() + domain.size(), kMaxUserAndDomain)});
  }
  if (has_bad_label(user) || has_bad_label(domain)) {
    out.push_back(
        {"name_label", Severity::kError,
         fmt::format("a label of the name is empty or longer than {} bytes; use another name", kMaxLabel)});
  }
  // BIP-353: wallets without a defence against look-alikes have to show it undecoded.
  if (has_punycode(user) || has_punycode(domain)) {
    out.push_back(
        {"punycode", Severity::kNote,
         "a label of the name is punycode (xn--), and wallets show it as it stands; a name in ASCII "
         "reads better"});
  }
  const auto is_name = [](std::string_view text) {
    return std::all_of(text.begin(), text.end(), is_name_character);
  };
  if (!is_name(user) || !is_name(domain)) {
    out.push_back({"name_characters", Severity::kError,
                   "the name has other characters than letters, digits, '.', '-' and '_', which payers must "
                   "refuse (BOLT 12); use another name"});
  }
}

void lint_dns(const Examined& examined, Findings& out) {
  const LintSubject& subject = examined.subject;
  if (subject.proof.aliases > 0) {
    out.push_back({"alias", Severity::kWarning,
                   fmt::format("an alias (CNAME or DNAME) leads to {}, and wallets that look at the first "
                               "answer alone stop at it; put the record at the name itself",
                               subject.proof.canonical_owner)});
  }
  if (subject.proof.values.size() > 1) {
    out.push_back({"extra_records", Severity::kWarning,
                   fmt::format("there are {} TXT records at the name, and some wallets take the first, "
                               "whichever it is; leave only the payment record",
                               subject.proof.values.size())});
  }
  lint_algorithms(examined, out);
  lint_denials(examined, out);
  lint_sizes(examined, out);
  lint_ttl(subject.facts.ttl, out);
}

}  // namespace paynamed::names
