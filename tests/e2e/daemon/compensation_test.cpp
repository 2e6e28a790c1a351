// The DNS server refuses us, or somebody else's record stands where ours should.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const std::string kAnotherSecret = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

class Compensation : public LabTest {
 protected:
  void TearDown() override { lab().restore_secret(); }
};

TEST_F(Compensation, DisablesTheOfferAndFreesTheNameWhenTheServerRefusesTheKey) {
  Parts parts;
  parts.pipelines = register_pipeline("on_exhausted = \"compensate\"");
  Scene scene{lab(), parts};
  scene.daemon().start();
  lab().set_secret(kAnotherSecret);
  const auto refused = scene.register_name("alice@example.test", "first");
  ASSERT_EQ(refused.status, 202) << refused.body;
  const json::object accepted = refused.json().as_object();
  EXPECT_EQ(text(accepted, "state"), "compensated");
  EXPECT_THAT(text(accepted, "reason"), HasSubstr("BADSIG"));
  EXPECT_THAT(
      scene.event_types("alice@example.test"),
      ElementsAre("run.accepted", "offer.created", "run.compensating", "offer.disabled", "run.compensated"));
  EXPECT_EQ(text(scene.step(text(accepted, "run"), "offer"), "state"), "undone");
  EXPECT_THAT(scene.sandbox_offers(), ElementsAre(Pair(testing::_, false)));
  for (const std::string& address : lab().addresses())
    EXPECT_THAT(txt_at(lab(), address, "alice@example.test"), IsEmpty()) << address;
  EXPECT_EQ(scene.send("GET", "/v1/names/alice@example.test").status, 404);

  lab().restore_secret();
  const auto again = scene.register_name("alice@example.test", "second");
  EXPECT_EQ(again.status, 201) << again.body;
  EXPECT_EQ(text(scene.get("/v1/names/alice@example.test"), "owner"), "second");
  EXPECT_EQ(scene.sandbox_offers().size(), 2U) << "an offer was used twice";
  EXPECT_THAT(scene.offer_states("alice@example.test"), Contains("active").Times(1));
  EXPECT_THAT(scene.offer_states("alice@example.test"), Contains("disabled").Times(1));
}

TEST_F(Compensation, IsNotWhatAPauseDoes) {
  Scene scene{lab()};
  scene.daemon().start();
  lab().set_secret(kAnotherSecret);
  const auto refused = scene.register_name("bob@example.test");
  ASSERT_EQ(refused.status, 202) << refused.body;
  const std::string run = text(refused.json().as_object(), "run");
  EXPECT_EQ(text(refused.json().as_object(), "state"), "paused");
  EXPECT_THAT(text(refused.json().as_object(), "reason"), HasSubstr("BADSIG"));
  EXPECT_THAT(scene.sandbox_offers(), ElementsAre(Pair(testing::_, true)));

  ASSERT_EQ(scene.daemon().terminate(), 0);
  scene.daemon().start();
  const json::object after = scene.run(run);
  EXPECT_EQ(text(after, "state"), "paused") << "a restart alone changes nothing";
  EXPECT_THAT(text(after, "reason"), HasSubstr("BADSIG"));

  lab().restore_secret();
  const auto resumed = scene.ctl({"runs", "resume", run, "--follow"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.output << resumed.errors;
  EXPECT_EQ(text(scene.get("/v1/names/bob@example.test"), "state"), "live");
  EXPECT_THAT(scene.sandbox_offers(), ElementsAre(Pair(testing::_, true))) << "one run, one offer";
  EXPECT_EQ(txt_at(lab(), "127.0.0.2", "bob@example.test").size(), 1U);
}

TEST_F(Compensation, IsWhatCancellingAPausedRunDoes) {
  Scene scene{lab()};
  scene.daemon().start();
  lab().set_secret(kAnotherSecret);
  const std::string run = text(scene.register_name("carol@example.test").json().as_object(), "run");
  ASSERT_EQ(text(scene.run(run), "state"), "paused");
  const auto cancelled = scene.ctl({"runs", "cancel", run, "--follow"});
  EXPECT_EQ(cancelled.exit_code, 4) << cancelled.output << cancelled.errors;
  EXPECT_EQ(text(scene.run_when(run, "compensated"), "state"), "compensated");
  EXPECT_THAT(scene.sandbox_offers(), ElementsAre(Pair(testing::_, false)));
  EXPECT_EQ(scene.send("GET", "/v1/names/carol@example.test").status, 404);
}

TEST_F(Compensation, IsWhatDeletingANameOfAPausedRegistrationDoes) {
  Scene scene{lab()};
  scene.daemon().start();
  lab().set_secret(kAnotherSecret);
  const std::string run = text(scene.register_name("dan@example.test").json().as_object(), "run");
  ASSERT_EQ(text(scene.run(run), "state"), "paused");
  const auto removed = scene.send("DELETE", "/v1/names/dan@example.test", {}, {{"Prefer", "wait=30"}});
  EXPECT_LT(removed.status, 300) << removed.body;
  scene.run_when(run, "compensated");
  EXPECT_EQ(scene.send("GET", "/v1/names/dan@example.test").status, 404);
  EXPECT_THAT(scene.sandbox_offers(), ElementsAre(Pair(testing::_, false)));
}

TEST_F(Compensation, OfARotationLeavesTheOldRecordAndItsOffer) {
  Parts parts;
  parts.pipelines = register_pipeline({});
  parts.pipelines += R"(
[[pipelines.rotate.steps]]
id = "check"
do = "domain.check"
[[pipelines.rotate.steps]]
id = "offer"
do = "offer.create"
with = "node"
[[pipelines.rotate.steps]]
id = "publish"
do = "dns.publish"
on_exhausted = "compensate"
[[pipelines.rotate.steps]]
id = "await"
do = "dns.await"
[[pipelines.rotate.steps]]
id = "prove"
do = "name.prove"
[[pipelines.rotate.steps]]
id = "disable"
do = "offer.disable"
)";
  Scene scene{lab(), parts};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("erin@example.test").status, 201);
  const std::string value = text(scene.get("/v1/names/erin@example.test"), "value");
  lab().set_secret(kAnotherSecret);
  const auto rotated = scene.send("POST", "/v1/names/erin@example.test/rotate", {}, {{"Prefer", "wait=30"}});
  EXPECT_EQ(text(rotated.json().as_object(), "state"), "compensated") << rotated.body;
  EXPECT_THAT(txt_at(lab(), "127.0.0.1", "erin@example.test"), ElementsAre(value));
  const json::object name = scene.get("/v1/names/erin@example.test");
  EXPECT_EQ(text(name, "state"), "live");
  EXPECT_EQ(text(name, "value"), value);
  const auto offers = scene.sandbox_offers();
  ASSERT_EQ(offers.size(), 2U);
  EXPECT_TRUE(offers[0].second) << "the offer in DNS must stay payable";
  EXPECT_FALSE(offers[1].second);
}

class ForeignRecord : public LabTest {};

TEST_F(ForeignRecord, IsNeitherReplacedNorRemoved) {
  const std::string foreign = "bitcoin:?lno=lno1foreign";
  lab().put_txt("example.test.", owner_name("frank@example.test"), {foreign});
  Scene scene{lab()};
  scene.daemon().start();
  const auto refused = scene.register_name("frank@example.test");
  ASSERT_EQ(refused.status, 202) << refused.body;
  EXPECT_EQ(text(refused.json().as_object(), "state"), "compensated");
  EXPECT_THAT(text(refused.json().as_object(), "reason"), HasSubstr("not ours"));
  EXPECT_THAT(text(refused.json().as_object(), "reason"), HasSubstr("remove it"));
  EXPECT_THAT(scene.sandbox_offers(), ElementsAre(Pair(testing::_, false)));
  for (const std::string& address : lab().addresses())
    EXPECT_THAT(txt_at(lab(), address, "frank@example.test"), ElementsAre(foreign)) << address;
}

TEST_F(ForeignRecord, InPlaceOfOursIsNotReplacedByARotationNorRemoved) {
  Scene scene{lab()};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("greg@example.test").status, 201);
  const std::string foreign = "bitcoin:?lno=lno1foreign";
  lab().put_txt("example.test.", owner_name("greg@example.test"), {foreign});

  const auto rotated = scene.send("POST", "/v1/names/greg@example.test/rotate", {}, {{"Prefer", "wait=30"}});
  EXPECT_EQ(text(rotated.json().as_object(), "state"), "compensated") << rotated.body;
  EXPECT_THAT(txt_at(lab(), "127.0.0.1", "greg@example.test"), ElementsAre(foreign));
  const auto removed = scene.send("DELETE", "/v1/names/greg@example.test", {}, {{"Prefer", "wait=1"}});
  EXPECT_THAT(txt_at(lab(), "127.0.0.1", "greg@example.test"), ElementsAre(foreign)) << removed.body;
}

}  // namespace
}  // namespace paynamed::e2e
