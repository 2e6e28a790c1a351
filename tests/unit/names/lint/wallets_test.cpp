// Which wallets can pay, by what stands in their way.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>

#include "tests/unit/names/invoice_text.hpp"
#include "tests/unit/names/lint/subject.hpp"

namespace paynamed::names {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::StartsWith;

struct Case {
  std::string name;
  std::function<void(Specimen&)> spoil;
  // "LDK no" and the like of those that are not yes.
  std::vector<std::string> verdicts;
};

void expect_verdicts(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Specimen specimen;
    c.spoil(specimen);
    const LintReport report = specimen.lint();
    std::vector<std::string> verdicts;
    for (const WalletVerdict& wallet : report.wallets) {
      EXPECT_EQ(wallet.usable == Usable::kYes, wallet.why.empty()) << wallet.family;
      if (wallet.usable == Usable::kYes) continue;
      verdicts.push_back(wallet.family + " " + std::string{to_string(wallet.usable)});
    }
    EXPECT_THAT(verdicts, ElementsAreArray(c.verdicts));
    EXPECT_EQ(report.all_can_pay(), c.verdicts.empty());
  }
}

const std::vector<std::string> kNobody{"LDK no", "CLN no", "Phoenix no", "Zeus no", "Boltz no"};
// Those with dnssec-prover.
const std::vector<std::string> kProversNot{"LDK no", "CLN no", "Boltz no"};
const std::vector<std::string> kProversPerhaps{"LDK unknown", "CLN unknown", "Boltz unknown"};

auto uri(const std::string& text) {
  return [text](Specimen& s) { s.set_uri(text); };
}

TEST(Wallets, AllAreJudged) {
  const LintReport report = Specimen{}.lint();
  std::vector<std::string> families;
  for (const WalletVerdict& wallet : report.wallets) families.push_back(wallet.family);
  EXPECT_THAT(families, ElementsAre("LDK", "CLN", "Phoenix", "Zeus", "Boltz"));
  EXPECT_THAT(verdicts_of(report), IsEmpty());
}

TEST(Wallets, Proofs) {
  const auto needs = [](std::set<std::uint8_t> algorithms) {
    return [algorithms](Specimen& s) { s.facts.needed_algorithms = algorithms; };
  };
  expect_verdicts({
      {"all that they know", needs({8, 10, 13, 14}), {}},
      {"Ed25519", needs({8, 13, 15}), kProversNot},
      {"Ed25519 beside another",
       [](Specimen& s) {
         s.facts.record_algorithms = {13, 15};
       },
       {}},
      {"DS with SHA-1", [](Specimen& s) { s.proof.ds_digests = {1}; }, {}},
      {"10 steps", [](Specimen& s) { s.proof.proof_steps = 10; }, {}},
      {"11 steps", [](Specimen& s) { s.proof.proof_steps = 11; }, kProversPerhaps},
      {"20 steps", [](Specimen& s) { s.proof.proof_steps = 20; }, kProversPerhaps},
      {"21 steps", [](Specimen& s) { s.proof.proof_steps = 21; }, kProversNot},
      {"a wildcard", [](Specimen& s) { s.proof.wildcard = true; }, {}},
      {"a wildcard behind the last name", [](Specimen& s) { s.proof.wildcard = s.facts.last_denial = true; },
       kProversPerhaps},
      {"the last denial without a wildcard", [](Specimen& s) { s.facts.last_denial = true; }, {}},
      {"opt-out", [](Specimen& s) { s.proof.nsec3_opt_out = true; }, {}},
      {"opt-out and a wildcard", [](Specimen& s) { s.proof.nsec3_opt_out = s.proof.wildcard = true; },
       kProversPerhaps},
  });
}

TEST(Wallets, WhatStandsAtTheName) {
  expect_verdicts({
      {"alias", [](Specimen& s) { s.proof.aliases = 1; }, {"Phoenix no", "Zeus unknown", "Boltz unknown"}},
      {"another TXT record",
       [](Specimen& s) { s.proof.values.push_back("hello"); },
       {"Phoenix no", "Zeus unknown", "Boltz no"}},
      {"two payment records", [](Specimen& s) { s.proof.values.push_back(good_uri()); }, kNobody},
      {"no payment record", [](Specimen& s) { s.proof.values = {"hello"}; }, kNobody},
  });
}

TEST(Wallets, Instructions) {
  const std::string offer = offer_text({kPathField});
  const std::string eur =
      offer_text({{6, hex_of_text("EUR")}, {8, "64"}, {10, hex_of_text("tea")}, kPathField});
  const std::string over = offer_text({{14, fmt::format("{:08x}", kLintNow)}, kPathField});
  InvoiceParts parts;
  parts.timestamp = kLintNow;
  parts.fields = needed_fields();
  const std::string invoice = invoice_text(parts);
  const std::string address = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2";
  const std::string silent =
      "sp1qqgste7k9hx0qftg6qmwlkqtwuy6cycyavzmzj85c6qdfhjdpdjtdgqjuexzk6murw56suy3e0rd2cgqvycxttddwsvgxe2usf"
      "pxumr70xc9pkqwv";
  expect_verdicts({
      {"offer and address", uri("bitcoin:" + address + "?lno=" + offer), {}},
      {"an address alone", uri("bitcoin:" + address), {"CLN no", "Phoenix no", "Boltz no"}},
      {"an invoice alone", uri("bitcoin:?lightning=" + invoice), {"CLN unknown", "Phoenix no", "Boltz no"}},
      {"a silent payment address alone",
       uri("bitcoin:?sp=" + silent),
       {"LDK no", "CLN no", "Phoenix no", "Zeus unknown", "Boltz no"}},
      {"a currency",
       uri("bitcoin:?lno=" + eur),
       {"LDK no", "CLN unknown", "Phoenix unknown", "Zeus unknown", "Boltz unknown"}},
      {"expired", uri("bitcoin:?lno=" + over), kNobody},
      {"broken",
       uri("bitcoin:?lno=lno1fixed"),
       {"LDK no", "CLN no", "Phoenix unknown", "Zeus unknown", "Boltz unknown"}},
      {"upper-case scheme", uri("BITCOIN:?lno=" + offer), {"Phoenix unknown", "Zeus unknown"}},
      {"upper-case key", uri("bitcoin:?LNO=" + offer), {"Phoenix unknown", "Zeus unknown", "Boltz no"}},
      {"unknown parameter", uri("bitcoin:?lno=" + offer + "&x=1"), {}},
      {"pop for an app", uri("bitcoin:?lno=" + offer + "&pop=app%3a"), {}},
      {"pop that is required",
       uri("bitcoin:?lno=" + offer + "&req-pop=app%3a"),
       {"LDK unknown", "CLN unknown"}},
      {"pop for a browser",
       uri("bitcoin:?lno=" + offer + "&pop=HTTPS%3a//example.com"),
       {"LDK no", "CLN no"}},
      {"a test network", uri("bitcoin:?lno=" + offer_text({{2, kRegtestHex}, kPathField})), {}},
  });
}

TEST(Wallets, TheWorstReasonIsTheOneGiven) {
  Specimen specimen;
  specimen.proof.proof_steps = 11;
  specimen.facts.needed_algorithms = {15};
  EXPECT_THAT(verdicts_of(specimen.lint()).at(0),
              "LDK no: its verifier does not know signature algorithm 15");
  specimen.facts.needed_algorithms = {13};
  EXPECT_THAT(verdicts_of(specimen.lint()).at(0), StartsWith("LDK unknown: older versions stop"));
}

TEST(Wallets, TheSummaryJoinsFamiliesOfOneReason) {
  EXPECT_EQ(summary(Specimen{}.lint()), "");
  Specimen specimen;
  specimen.proof.values.push_back("hello");
  EXPECT_EQ(
      summary(specimen.lint()),
      "Phoenix, Boltz cannot pay it: it takes the first TXT record at the name, which may be another one; "
      "Zeus may not be able to pay it: versions before August 2026 take the first TXT record at the name");
}

}  // namespace
}  // namespace paynamed::names
