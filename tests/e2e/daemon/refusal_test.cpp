// What is refused, and that a refusal leaves nothing behind.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

class Refusal : public LabTest {};

TEST_F(Refusal, OfAReleasedNameToOthersUntilItsQuarantineEnds) {
  Scene scene{lab()};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("alice@example.test", "first").status, 201);
  const auto removed = scene.send("DELETE", "/v1/names/alice@example.test", {}, {{"Prefer", "wait=30"}});
  ASSERT_EQ(removed.status, 200) << removed.body;
  for (const std::string& address : lab().addresses())
    EXPECT_THAT(txt_at(lab(), address, "alice@example.test"), IsEmpty()) << address;

  const json::object name = scene.get("/v1/names/alice@example.test");
  EXPECT_EQ(text(name, "state"), "quarantined");
  const std::string until = text(name, "quarantined_until");
  EXPECT_THAT(until, MatchesRegex("20..-..-..T.*Z"));
  EXPECT_THAT(scene.offer_states("alice@example.test"), ElementsAre("retired"));

  const auto other = scene.register_name("alice@example.test", "second");
  EXPECT_EQ(other.status, 409) << other.body;
  EXPECT_THAT(text(other.json().as_object(), "detail"), HasSubstr(until.substr(0, 10)));
  EXPECT_EQ(text(scene.get("/v1/names/alice@example.test"), "quarantined_until"), until);
  EXPECT_EQ(scene.send("DELETE", "/v1/names/alice@example.test").status, 404);

  const auto reclaimed = scene.register_name("alice@example.test", "first");
  EXPECT_EQ(reclaimed.status, 201) << reclaimed.body;
  EXPECT_EQ(text(scene.get("/v1/names/alice@example.test"), "state"), "live");
}

TEST_F(Refusal, OfANameThatIsTakenOrBeingRegistered) {
  Scene scene{lab()};
  scene.daemon().start();
  // Waits for the address where nothing listens.
  const std::string run = scene.begin_registration("bob@halfdown.test");
  const auto meanwhile = scene.register_name("bob@halfdown.test");
  EXPECT_EQ(meanwhile.status, 409) << meanwhile.body;
  EXPECT_EQ(text(meanwhile.json().as_object(), "run"), run) << meanwhile.body;
  const auto rotated = scene.send("POST", "/v1/names/bob@halfdown.test/rotate");
  EXPECT_EQ(rotated.status, 409) << rotated.body;
  EXPECT_EQ(text(rotated.json().as_object(), "run"), run);

  ASSERT_EQ(scene.register_name("bob@example.test").status, 201);
  const auto again = scene.register_name("bob@example.test");
  EXPECT_EQ(again.status, 409) << again.body;
  EXPECT_EQ(text(again.json().as_object(), "run"), "") << "no run is open";
  EXPECT_THAT(scene.event_types("bob@example.test"),
              ElementsAre("run.accepted", "offer.created", "name.published", "name.live", "run.completed"));
}

TEST_F(Refusal, OfWhatIsNoNameNamesTheRule) {
  Scene scene{lab()};
  scene.daemon().start();
  const struct {
    const char* name;
    int status;
    const char* detail;
  } cases[] = {
      {"al ice@example.test", 422, "a-z"},
      {"alice", 422, "@"},
      {"@example.test", 422, "user"},
      {"älice@example.test", 422, "a-z"},
      {"alice@elsewhere.test", 404, "elsewhere.test"},
  };
  for (const auto& each : cases) {
    const auto reply = scene.register_name(each.name);
    EXPECT_EQ(reply.status, each.status) << each.name << ": " << reply.body;
    EXPECT_EQ(reply.header("content-type"), "application/problem+json");
    const json::object problem = reply.json().as_object();
    EXPECT_THAT(text(problem, "detail"), HasSubstr(each.detail)) << each.name;
    EXPECT_NE(text(problem, "correlation_id"), "");
    if (each.status == 422) {
      EXPECT_NE(text(problem, "rule"), "") << each.name;
    }
  }
  const std::string longest(64, 'a');
  EXPECT_EQ(scene.register_name(longest + "@example.test").status, 422);
  EXPECT_THAT(scene.events(), IsEmpty());
  EXPECT_THAT(scene.sandbox_offers(), IsEmpty());
}

TEST_F(Refusal, OfADomainThatIsNotSecureComesBeforeAnyOffer) {
  Scene scene{lab()};
  scene.daemon().start();
  const struct {
    const char* name;
    const char* reason;
  } cases[] = {{"carol@unsigned.test", "is not signed"}, {"carol@bogus.test", "bogus.test"}};
  for (const auto& each : cases) {
    const auto reply = scene.register_name(each.name);
    ASSERT_EQ(reply.status, 202) << reply.body;
    const json::object accepted = reply.json().as_object();
    EXPECT_EQ(text(accepted, "state"), "compensated") << each.name;
    EXPECT_THAT(text(accepted, "reason"), HasSubstr(each.reason));
    EXPECT_THAT(text(accepted, "reason"), HasSubstr("step 'check'"));
    EXPECT_THAT(scene.event_types(each.name),
                ElementsAre("run.accepted", "run.compensating", "run.compensated"));
    EXPECT_EQ(scene.send("GET", std::string{"/v1/names/"} + each.name).status, 404);
    EXPECT_THAT(txt_at(lab(), "127.0.0.1", each.name), IsEmpty());
  }
  EXPECT_THAT(scene.sandbox_offers(), IsEmpty());
}

TEST_F(Refusal, WithoutTheKeyIsTheSameForEverything) {
  Scene scene{lab()};
  scene.daemon().start();
  for (const char* key : {"", "wrong"}) {
    const fakes::HttpClient stranger{scene.daemon().port(), key};
    EXPECT_EQ(stranger.send("GET", "/v1/names").status, 401);
    EXPECT_EQ(stranger.send("POST", "/v1/names", R"({"name":"eve@example.test"})").status, 401);
    EXPECT_EQ(stranger.send("GET", "/healthz").status, 200);
  }
  EXPECT_THAT(scene.events(), IsEmpty());
}

}  // namespace
}  // namespace paynamed::e2e
