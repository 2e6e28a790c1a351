// Each rule of the lint: what it takes to be found, and what just does not.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>

#include "names/lint/report_json.hpp"
#include "names/lint/rules.hpp"
#include "tests/unit/names/invoice_text.hpp"
#include "tests/unit/names/lint/subject.hpp"

namespace paynamed::names {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

struct Case {
  std::string name;
  std::function<void(Specimen&)> spoil;
  std::vector<std::string> findings;
};

void expect_findings(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Specimen specimen;
    c.spoil(specimen);
    const LintReport report = specimen.lint();
    EXPECT_THAT(codes_of(report.findings), ElementsAreArray(c.findings));
    for (const Finding& finding : report.findings) {
      EXPECT_FALSE(finding.message.empty());
      EXPECT_FALSE(finding.message.ends_with('.')) << finding.message;
    }
  }
}

Field expiry(std::int64_t in_seconds) {
  return {14, fmt::format("{:08x}", kLintNow + in_seconds)};
}
Field issuer(const std::string& text) {
  return {18, hex_of_text(text)};
}
// An offer with these fields beside a path.
auto offer_with(std::vector<Field> before, std::vector<Field> after = {}) {
  before.push_back(kPathField);
  before.insert(before.end(), after.begin(), after.end());
  return [fields = std::move(before)](Specimen& s) { s.set_offer(fields); };
}
auto uri(const std::string& text) {
  return [text](Specimen& s) { s.set_uri(text); };
}
std::string invoice(std::uint64_t timestamp) {
  InvoiceParts parts;
  parts.timestamp = timestamp;
  parts.fields = needed_fields();
  return invoice_text(parts);
}

TEST(Lint, OfANameThatAllCanPayFindsNothing) {
  expect_findings({{"as it should be", [](Specimen&) {}, {}}});
}

TEST(Lint, Signatures) {
  expect_findings({
      {"ECDSA P-384", [](Specimen& s) { s.facts.needed_algorithms = s.facts.record_algorithms = {14}; }, {}},
      {"RSA above alone",
       [](Specimen& s) {
         s.facts.needed_algorithms = {8, 10, 13};
       },
       {}},
      {"RSA with SHA-256", [](Specimen& s) { s.facts.record_algorithms = {8}; }, {"note algorithm_rsa"}},
      {"RSA with SHA-512", [](Specimen& s) { s.facts.record_algorithms = {10}; }, {"note algorithm_rsa"}},
      {"Ed25519 alone",
       [](Specimen& s) { s.facts.needed_algorithms = s.facts.record_algorithms = {15}; },
       {"error algorithm"}},
      {"Ed25519 beside ECDSA",
       [](Specimen& s) {
         s.facts.record_algorithms = {13, 15};
       },
       {}},
      {"DS with SHA-384",
       [](Specimen& s) {
         s.proof.ds_digests = {2, 4};
       },
       {}},
      {"DS with SHA-1 alone",
       [](Specimen& s) {
         s.proof.ds_digests = {1, 2};
       },
       {"warning ds_digest"}},
  });
}

TEST(Lint, DenialsAndWildcards) {
  expect_findings({
      {"opt-out", [](Specimen& s) { s.proof.nsec3_opt_out = true; }, {"warning nsec3_opt_out"}},
      {"iterations", [](Specimen& s) { s.facts.nsec3_iterations = 1; }, {"note nsec3_iterations"}},
      {"wildcard", [](Specimen& s) { s.proof.wildcard = true; }, {"warning wildcard"}},
      {"the last denial without a wildcard", [](Specimen& s) { s.facts.last_denial = true; }, {}},
      {"wildcard behind the last name",
       [](Specimen& s) { s.proof.wildcard = s.facts.last_denial = true; },
       {"warning wildcard", "warning last_denial"}},
  });
}

TEST(Lint, WhatStandsAtTheName) {
  expect_findings({
      {"alias", [](Specimen& s) { s.proof.aliases = 1; }, {"warning alias"}},
      {"another TXT record",
       [](Specimen& s) { s.proof.values.insert(s.proof.values.begin(), "v=spf1 -all"); },
       {"warning extra_records"}},
      {"two payment records",
       [](Specimen& s) { s.proof.values.push_back(good_uri()); },
       {"error instructions", "warning extra_records"}},
      {"no payment record", [](Specimen& s) { s.proof.values = {"hello"}; }, {"error instructions"}},
  });
}

TEST(Lint, SizesAndTimes) {
  const auto ttl = [](std::int64_t seconds) {
    return [seconds](Specimen& s) { s.facts.ttl = std::chrono::seconds{seconds}; };
  };
  expect_findings({
      {"the largest answer", [](Specimen& s) { s.facts.answer_bytes = 1232; }, {}},
      {"a larger one", [](Specimen& s) { s.facts.answer_bytes = 1233; }, {"warning answer_size"}},
      {"10 steps", [](Specimen& s) { s.proof.proof_steps = 10; }, {}},
      {"11 steps", [](Specimen& s) { s.proof.proof_steps = 11; }, {"warning proof_steps"}},
      {"20 steps", [](Specimen& s) { s.proof.proof_steps = 20; }, {"warning proof_steps"}},
      {"21 steps", [](Specimen& s) { s.proof.proof_steps = 21; }, {"error proof_steps"}},
      {"TTL 299", ttl(299), {"note ttl"}},
      {"TTL 300", ttl(300), {}},
      {"TTL 3600", ttl(3600), {}},
      {"TTL 3601", ttl(3601), {"warning ttl"}},
  });
}

// BIP-353: records end, their TTL included, before the instruction does.
TEST(Lint, ExpiryAgainstTtl) {
  expect_findings({
      {"over", offer_with({expiry(0)}), {"error expired"}},
      {"within the TTL", offer_with({expiry(1)}), {"error expires_in_caches"}},
      {"with the TTL", offer_with({expiry(300)}), {"error expires_in_caches"}},
      {"just after it", offer_with({expiry(301)}), {"warning expires_soon"}},
      {"before the margin", offer_with({expiry(3899)}), {"warning expires_soon"}},
      {"in good time", offer_with({expiry(3900)}), {"note expires"}},
      {"later than any time", offer_with({{14, "ffffffffffffffff"}}), {}},
      {"an invoice",
       uri("bitcoin:?lightning=" + invoice(kLintNow)),
       {"warning lightning_invoice", "warning expires_soon"}},
      {"an old invoice",
       uri("bitcoin:?lightning=" + invoice(kLintNow - 3600)),
       {"error expired", "warning lightning_invoice"}},
  });
}

TEST(Lint, Offers) {
  expect_findings({
      {"in a currency",
       offer_with({{6, hex_of_text("EUR")}, {8, "64"}, {10, hex_of_text("tea")}}),
       {"warning offer_currency"}},
      {"of one amount", offer_with({{8, "64"}, {10, hex_of_text("tea")}}), {"note offer_amount"}},
      {"without paths",
       [](Specimen& s) {
         s.set_offer({{22, kPointHex}});
       },
       {"warning names_node"}},
      {"with both", offer_with({}, {{22, kPointHex}}), {}},
      {"issued by the name", offer_with({}, {issuer("Alice@example.com, tea")}), {}},
      {"issued by the domain", offer_with({}, {issuer("example.com")}), {}},
      {"issued by a person", offer_with({}, {issuer("Alice Liddell")}), {}},
      {"issued by another user", offer_with({}, {issuer("bob@example.com")}), {"warning issuer_mismatch"}},
      {"issued by another domain", offer_with({}, {issuer("example.org")}), {"warning issuer_mismatch"}},
      {"for a test network", offer_with({{2, kRegtestHex}}), {"note test_network"}},
  });
}

TEST(Lint, TheTextOfTheRecord) {
  const std::string offer = offer_text({kPathField});
  std::string upper = offer;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const std::string address = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2";
  expect_findings({
      {"upper-case scheme", uri("BITCOIN:?lno=" + offer), {"warning upper_case"}},
      {"upper-case key", uri("bitcoin:?LNO=" + offer), {"warning upper_case"}},
      {"upper-case offer", uri("bitcoin:?lno=" + upper), {"warning upper_case"}},
      {"base58 has both cases", uri("bitcoin:" + address + "?lno=" + offer), {"note on_chain_address"}},
      {"a label has both cases", uri("bitcoin:?lno=" + offer + "&label=Alice"), {}},
      {"a percent-encoded label", uri("bitcoin:?lno=" + offer + "&label=a%20b"), {}},
      {"a percent-encoded offer",
       uri("bitcoin:?lno=%6c" + offer.substr(1)),
       {"error percent_encoded", "error payment_uri"}},
      {"unknown parameter", uri("bitcoin:?lno=" + offer + "&x=1"), {"note unknown_parameter"}},
      {"unknown parameter that is required",
       uri("bitcoin:?lno=" + offer + "&req-x=1"),
       {"error payment_uri"}},
      {"broken offer", uri("bitcoin:?lno=lno1fixed"), {"error payment_uri"}},
      {"fixed amount", uri("bitcoin:?lno=" + offer + "&amount=1"), {"note fixed_amount"}},
      {"proof of payment", uri("bitcoin:?lno=" + offer + "&pop=app%3a"), {"warning proof_of_payment"}},
  });
}

TEST(Lint, NamesThatWalletsDoNotTake) {
  const std::string label(63, 'a');
  const struct {
    std::string user;
    std::string domain;
    std::vector<std::string> findings;
  } cases[] = {
      {"a.b_c-1", "example.com", {}},
      {label, "example.com", {}},
      {"a", "xn--bcher-kva.example", {"note punycode"}},
      {"a", "www.xn--bcher-kva.example", {"note punycode"}},
      {"xn--4ca", "example.com", {"note punycode"}},
      {"axn--4ca", "example.com", {}},
      {label + "a", "example.com", {"error name_label"}},
      {"a..b", "example.com", {"error name_label"}},
      {"", "example.com", {"error name_label"}},
      {"a", "example.com.", {"error name_label"}},
      {label + "." + label + "." + label, std::string(40, 'b'), {}},  // 231
      {label + "." + label + "." + label, std::string(41, 'b'), {"error name_length"}},
      {"a+b", "example.com", {"error name_characters"}},
      {"\xc3\xa4", "example.com", {"error name_characters"}},
  };
  for (const auto& c : cases) {
    Findings findings;
    lint_name(c.user, c.domain, findings);
    EXPECT_THAT(codes_of(findings), ElementsAreArray(c.findings)) << c.user << "@" << c.domain;
  }
}

TEST(Lint, TheWorstComesFirst) {
  Specimen specimen;
  specimen.facts.ttl = std::chrono::seconds{60};
  specimen.proof.aliases = 1;
  specimen.facts.needed_algorithms = {15};
  EXPECT_THAT(codes_of(specimen.lint().findings),
              ElementsAre("error algorithm", "warning alias", "note ttl"));
}

TEST(Lint, MessagesSayWhat) {
  Specimen specimen;
  specimen.proof.aliases = 1;
  specimen.proof.canonical_owner = "bob.user._bitcoin-payment.example.org.";
  const LintReport report = specimen.lint();
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_THAT(report.findings[0].message, HasSubstr("bob.user._bitcoin-payment.example.org."));
}

TEST(Lint, AsJson) {
  LintReport report{{{"alias", Severity::kWarning, "an alias"}},
                    {{"LDK", Usable::kYes, ""}, {"Phoenix", Usable::kNo, "why"}}};
  EXPECT_EQ(
      to_json(report),
      (boost::json::object{
          {"findings", boost::json::array{boost::json::object{
                           {"code", "alias"}, {"severity", "warning"}, {"message", "an alias"}}}},
          {"wallets", boost::json::array{
                          boost::json::object{{"family", "LDK"}, {"usable", "yes"}, {"why", nullptr}},
                          boost::json::object{{"family", "Phoenix"}, {"usable", "no"}, {"why", "why"}}}}}));
}

}  // namespace
}  // namespace paynamed::names
