// Proofs over the API: of the tenant's own names, for wallets, and for proof clients.
#include <gmock/gmock.h>

#include "fakes.hpp"

namespace paynamed::api {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr const char* kAlice = "alice@example.com";
constexpr const char* kOwner = "alice.user._bitcoin-payment.example.com.";
// The first valid offer of the BOLT 12 format vectors: an issuer_id and a description.
constexpr const char* kOffer = "lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese";

state::Proof proof_of(const std::string& value) {
  state::Proof proof;
  proof.value = value;
  proof.leaf = {'l', 'e', 'a', 'f'};
  proof.trunk = {'t', 'r', 'u', 'n', 'k'};
  proof.made = noon() - std::chrono::seconds{10};
  proof.valid_from = noon() - std::chrono::hours{24};
  proof.expires = noon() + std::chrono::hours{24};
  proof.max_cache_ttl_seconds = 60;
  return proof;
}

struct ProofsTest : ApiTest {
  Response ask(std::string target, std::string key = "secret",
               std::vector<std::pair<std::string, std::string>> headers = {}) {
    Call wanted{"GET", std::move(target), {}, std::move(headers)};
    wanted.key = std::move(key);
    return call(wanted);
  }
  void have_alice() {
    world.store.names["default"].push_back(name_row(kAlice));
    world.store.proofs[kAlice] = proof_of("bitcoin:?lno=x");
  }
};

TEST_F(ProofsTest, OfAnOwnNameInEachFormat) {
  have_alice();
  const std::string path = "/v1/names/alice@example.com/proof";
  const json::object object = object_of(ask(path));
  EXPECT_EQ(text_of(object, "chain"), "bGVhZnRydW5r");
  EXPECT_EQ(text_of(object, "psbt_dnssec_proof"), "EWFsaWNlQGV4YW1wbGUuY29tbGVhZnRydW5r");
  EXPECT_EQ(text_of(object, "owner_name"), kOwner);
  EXPECT_EQ(text_of(object, "value"), "bitcoin:?lno=x");
  EXPECT_EQ(text_of(object, "expires"), "2026-11-24T12:00:00.000Z");

  const Response binary = ask(path + "?format=binary");
  EXPECT_EQ(header_of(binary, "Content-Type"), "application/octet-stream");
  EXPECT_EQ(binary.body, "leaftrunk");
  EXPECT_EQ(ask(path, "secret", {{"Accept", "application/octet-stream"}}).body, "leaftrunk");
  EXPECT_EQ(ask(path + "?format=psbt").body,
            "\x11"
            "alice@example.comleaftrunk");
  EXPECT_EQ(ask(path + "?format=xml").status, 400u);
}

TEST_F(ProofsTest, OnlyOfOnesOwnNamesAndOnlyWhenProven) {
  have_alice();
  EXPECT_EQ(ask("/v1/names/alice@example.com/proof", "other-secret").status, 404u);
  EXPECT_EQ(ask("/v1/names/alice@example.com/proof", "").status, 401u);
  world.store.proofs.clear();
  const Response unproven = ask("/v1/names/alice@example.com/proof");
  EXPECT_EQ(unproven.status, 409u);
  EXPECT_THAT(unproven.body, HasSubstr("is not proven"));
}

TEST_F(ProofsTest, OfARemovedNameIsNotThere) {
  have_alice();
  world.store.proofs.clear();
  world.store.names["default"].back().state = state::NameState::kQuarantined;
  const Response removed = ask("/v1/names/alice@example.com/proof");
  EXPECT_EQ(removed.status, 404u);
  EXPECT_THAT(removed.body, HasSubstr("was removed"));
}

TEST_F(ProofsTest, TheLintIsOfTheStoredProof) {
  have_alice();
  world.lint = names::LintReport{
      {{"alias", names::Severity::kWarning, "an alias leads elsewhere"}},
      {{"LDK", names::Usable::kYes, ""}, {"Phoenix", names::Usable::kNo, "an alias stands in the way"}}};
  const Response response = ask("/v1/names/alice@example.com/lint");
  EXPECT_EQ(response.status, 200u);
  const json::object object = object_of(response);
  EXPECT_EQ(text_of(object, "name"), kAlice);
  EXPECT_EQ(text_of(object, "value"), "bitcoin:?lno=x");
  EXPECT_EQ(json::serialize(object.at("all_can_pay")), "false");
  EXPECT_EQ(json::serialize(object.at("findings")),
            R"([{"code":"alias","severity":"warning","message":"an alias leads elsewhere"}])");
  EXPECT_EQ(json::serialize(object.at("wallets")),
            R"([{"family":"LDK","usable":"yes","why":null},)"
            R"({"family":"Phoenix","usable":"no","why":"an alias stands in the way"}])");
  EXPECT_THAT(world.linted, ElementsAre("bitcoin:?lno=x"));

  world.lint = base::fail(base::failed_precondition("the proof does not hold: it is over"));
  const Response over = ask("/v1/names/alice@example.com/lint");
  EXPECT_EQ(over.status, 409u);
  EXPECT_THAT(over.body, HasSubstr("it is over"));
}

TEST_F(ProofsTest, TheLintIsForOnesOwnNamesAndOnlyWhenProven) {
  have_alice();
  EXPECT_EQ(ask("/v1/names/alice@example.com/lint", "other-secret").status, 404u);
  EXPECT_EQ(ask("/v1/names/alice@example.com/lint", "").status, 401u);
  EXPECT_EQ(ask("/v1/names/alice@example.com/lint?x=1").status, 400u);
  world.store.proofs.clear();
  EXPECT_EQ(ask("/v1/names/alice@example.com/lint").status, 409u);
  EXPECT_TRUE(world.linted.empty());
}

TEST_F(ProofsTest, TheProofServerAnswersAsOthersDo) {
  world.proofs.emplace(kAlice, proof_of("bitcoin:?lno=x"));
  const Response response = ask("/dnssecproof?d=Alice.user._bitcoin-payment.Example.com.&t=TXT", "");
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(response.body, "leaftrunk");
  EXPECT_EQ(header_of(response, "Content-Type"), "application/octet-stream");
  EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), "*");
  // Made ten seconds ago, and good for a minute.
  EXPECT_EQ(header_of(response, "Cache-Control"), "public, max-age=50");
  EXPECT_THAT(world.proofs_asked, ElementsAre(Pair(kAlice, false)));
}

TEST_F(ProofsTest, OnlyTextRecordsOfPaymentNamesAreProven) {
  for (const std::string query :
       {"d=example.com.&t=txt", "d=alice.user._bitcoin-payment.example.com.&t=a", "t=txt", "",
        "d=user._bitcoin-payment.example.com.&t=txt", "d=.user._bitcoin-payment.example.com.&t=txt",
        "d=a.user._bitcoin-payment..&t=txt", "d=a%00.user._bitcoin-payment.example.com.&t=txt",
        "d=alice.user._bitcoin-payment.example.com.&t=txt&x=1"}) {
    const Response response = ask("/dnssecproof?" + query, "");
    EXPECT_EQ(response.status, 400u) << query << ": " << response.body;
    EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), "*");
  }
  EXPECT_TRUE(world.proofs_asked.empty());
}

TEST_F(ProofsTest, AKeyOpensForeignNamesAndABadKeyNothing) {
  ask("/v1/resolve/bob@elsewhere.example", "");
  ask("/v1/resolve/bob@elsewhere.example", "secret");
  EXPECT_EQ(ask("/v1/resolve/bob@elsewhere.example", "wrong").status, 401u);
  EXPECT_THAT(world.proofs_asked,
              ElementsAre(Pair("bob@elsewhere.example", false), Pair("bob@elsewhere.example", true)));
}

TEST_F(ProofsTest, ResolvingGivesTheInstructionsWithTheirProof) {
  world.proofs.emplace(kAlice, proof_of(std::string{"bitcoin:?lno="} + kOffer));
  const Response response = ask("/v1/resolve/alice@example.com", "");
  ASSERT_EQ(response.status, 200u) << response.body;
  const json::object object = object_of(response);
  EXPECT_EQ(text_of(object, "uri"), std::string{"bitcoin:?lno="} + kOffer);
  EXPECT_EQ(json::serialize(object.at("offers")), "[\"" + std::string{kOffer} + "\"]");
  EXPECT_EQ(text_of(object.at("proof").as_object(), "chain"), "bGVhZnRydW5r");
  EXPECT_EQ(header_of(response, "Cache-Control"), "public, max-age=50");
}

TEST_F(ProofsTest, AProvenRecordThatWalletsCannotUseIsSaidToBeSo) {
  world.proofs.emplace(kAlice, proof_of("bitcoin:?lno=lno1broken"));
  const Response response = ask("/v1/resolve/alice@example.com", "");
  EXPECT_EQ(response.status, 409u);
  EXPECT_THAT(response.body, HasSubstr("wallets cannot use it"));
}

TEST_F(ProofsTest, CallersWithoutAKeyAreLimitedByTheirNetwork) {
  rate.burst = 2;
  const auto status_for = [&](std::string peer) {
    Call wanted{"GET", "/v1/resolve/alice@example.com", {}, {}};
    wanted.key.clear();
    wanted.peer = std::move(peer);
    return call(wanted).status;
  };
  EXPECT_EQ(status_for("192.0.2.1"), 404u);
  EXPECT_EQ(status_for("192.0.2.2"), 404u);
  EXPECT_EQ(status_for("192.0.2.3"), 429u);
  EXPECT_EQ(status_for("198.51.100.1"), 404u);
  EXPECT_EQ(status_for("2001:db8::1"), 404u);
  EXPECT_EQ(ask("/v1/resolve/alice@example.com", "secret").status, 404u);
}

}  // namespace
}  // namespace paynamed::api
