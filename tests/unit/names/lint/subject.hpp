// A subject of the lint that all wallets can pay, for tests to spoil in one way each.
#pragma once

#include "names/lint/lint.hpp"
#include "tests/unit/names/offer_text.hpp"

namespace paynamed::names {

inline constexpr std::int64_t kLintNow = 1'800'000'000;  // seconds since 1970

// One path of one hop (BOLT 4, blinded_path).
inline const std::string kPathHex = kPointHex + kOtherPointHex + "01" + kPointHex + "000101";
inline const Field kPathField{16, kPathHex};

inline std::string good_uri() {
  return "bitcoin:?lno=" + offer_text({kPathField});
}

struct Specimen {
  base::Name name = *base::Name::parse("alice@example.com");
  VerifiedProof proof;
  ChainFacts facts;

  Specimen() {
    proof.owner = proof.canonical_owner = name.owner_name();
    proof.type = net::DnsType::kTxt;
    proof.values = {good_uri()};
    proof.algorithms = {8, 13};
    proof.ds_digests = {2};
    proof.proof_steps = 6;
    facts.proof_bytes = 3000;
    facts.answer_bytes = 600;
    facts.ttl = std::chrono::seconds{300};
    facts.record_algorithms = {13};
    facts.needed_algorithms = {8, 13};
  }

  void set_uri(std::string uri) { proof.values = {std::move(uri)}; }
  void set_offer(const std::vector<Field>& fields) { set_uri("bitcoin:?lno=" + offer_text(fields)); }

  LintReport lint() const {
    return names::lint({name, proof, facts, base::WallTime{std::chrono::seconds{kLintNow}}});
  }
};

// "error alias" and so on, in their order.
inline std::vector<std::string> codes_of(const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const Finding& finding : findings)
    out.push_back(std::string{to_string(finding.severity)} + " " + finding.code);
  return out;
}

// "LDK no: why", of those that are not yes.
inline std::vector<std::string> verdicts_of(const LintReport& report) {
  std::vector<std::string> out;
  for (const WalletVerdict& wallet : report.wallets) {
    if (wallet.usable != Usable::kYes)
      out.push_back(wallet.family + " " + std::string{to_string(wallet.usable)} + ": " + wallet.why);
  }
  return out;
}

}  // namespace paynamed::names
