// A name from the request to the validated record, and what may be done to it then.
#include <boost/json/serialize.hpp>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Registration : public LabTest {};

TEST_F(Registration, OfANodeNameIsLiveAtEveryAddressAndValidates) {
  Scene scene{lab()};
  scene.daemon().start();
  const auto reply =
      scene.send("POST", "/v1/names", R"({"name":"alice@example.test","owner":"a","reference":"r1"})",
                 {{"Prefer", "wait=10"}});
  ASSERT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(reply.header("location"), "/v1/names/alice@example.test");
  EXPECT_EQ(reply.header("preference-applied"), "wait=10");

  const json::object name = scene.get("/v1/names/alice@example.test");
  EXPECT_EQ(text(name, "state"), "live");
  EXPECT_EQ(text(name, "owner"), "a");
  EXPECT_EQ(text(name, "reference"), "r1");
  EXPECT_FALSE(name.at("livemode").as_bool());
  EXPECT_TRUE(name.at("open_run").is_null());
  const std::string value = text(name, "value");
  EXPECT_THAT(value, StartsWith("bitcoin:?lno=lno1"));
  for (const std::string& address : lab().addresses())
    EXPECT_THAT(txt_at(lab(), address, "alice@example.test"), ElementsAre(value)) << address;
  const auto delv = fakes::run_program({"delv", "@127.0.0.1", "-p", std::to_string(lab().port()), "-a",
                                        lab().delv_anchor_file().string(), "+root=.",
                                        owner_name("alice@example.test"), "TXT"});
  EXPECT_THAT(delv.output, HasSubstr("fully validated")) << delv.errors;

  EXPECT_THAT(scene.event_types("alice@example.test"),
              ElementsAre("run.accepted", "offer.created", "name.published", "name.live", "run.completed"));
  int seq = 1;
  for (const json::object& event : scene.events()) EXPECT_EQ(text(event, "seq"), std::to_string(seq++));
  const json::object run = scene.run(text(reply.json().as_object(), "run"));
  for (const auto& step : run.at("steps").as_array())
    EXPECT_EQ(text(step.as_object(), "state"), "done") << json::serialize(step);
  EXPECT_THAT(scene.offer_states("alice@example.test"), ElementsAre("active"));
  EXPECT_EQ(scene.sandbox_offers().size(), 1U);
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(Registration, IsAnsweredAtOnceWithoutPreference) {
  Scene scene{lab()};
  scene.daemon().start();
  const auto reply =
      scene.send("POST", "/register-username", R"({"username":"short","domain":"example.test"})");
  ASSERT_EQ(reply.status, 202) << reply.body;
  const std::string run = text(reply.json().as_object(), "run");
  EXPECT_EQ(reply.header("location"), "/v1/runs/" + run);
  scene.run_when(run, "completed");
  EXPECT_EQ(text(scene.get("/v1/names/short@example.test"), "state"), "live");
}

TEST_F(Registration, OfBothShortFormsIsTheSame) {
  Scene scene{lab()};
  scene.daemon().start();
  const auto whole =
      scene.send("POST", "/register-username", R"({"name":"whole@example.test"})", {{"Prefer", "wait=30"}});
  EXPECT_EQ(whole.status, 201) << whole.body;
  // Five domains are the tenant's: it has to say which.
  const auto which = scene.send("POST", "/register-username", R"({"username":"which"})");
  EXPECT_EQ(which.status, 422) << which.body;
  EXPECT_THAT(which.body, HasSubstr("second.test"));
}

TEST_F(Registration, WithTheSameIdempotencyKeyIsOneRun) {
  Scene scene{lab()};
  scene.daemon().start();
  const fakes::HttpClient::Headers headers{{"Idempotency-Key", "order 17"}, {"Prefer", "wait=30"}};
  const std::string body = R"({"name":"once@example.test"})";
  const auto first = scene.send("POST", "/v1/names", body, headers);
  ASSERT_EQ(first.status, 201) << first.body;
  const auto again = scene.send("POST", "/v1/names", body, headers);
  EXPECT_EQ(again.status, 201) << again.body;
  EXPECT_EQ(again.header("idempotency-replayed"), "true");
  EXPECT_EQ(again.json().at("run"), first.json().at("run"));
  const auto other = scene.send("POST", "/v1/names", R"({"name":"other@example.test"})", headers);
  EXPECT_GE(other.status, 400) << other.body;
  EXPECT_LT(other.status, 500) << other.body;
  EXPECT_EQ(scene.send("GET", "/v1/names/other@example.test").status, 404);
  EXPECT_EQ(scene.get("/v1/runs").at("items").as_array().size(), 1U);

  // A restart forgets neither.
  EXPECT_EQ(scene.daemon().terminate(), 0);
  scene.daemon().start();
  const auto later = scene.send("POST", "/v1/names", body, headers);
  EXPECT_EQ(later.json().at("run"), first.json().at("run"));
}

TEST_F(Registration, OfManyNamesAtOnceMakesThemAllLive) {
  Scene scene{lab()};
  scene.daemon().start();
  std::vector<std::string> runs;
  for (int i = 0; i < 8; ++i)
    runs.push_back(scene.begin_registration("many" + std::to_string(i) + "@example.test"));
  for (const std::string& run : runs) scene.run_when(run, "completed");
  EXPECT_EQ(scene.sandbox_offers().size(), runs.size());
}

class ExternalSource : public LabTest {
 protected:
  // An offer as a wallet would bring it: the sandbox makes one for a name that is then removed.
  static std::string make_offer(const Scene& scene, const std::string& name) {
    EXPECT_EQ(scene.register_name(name).status, 201);
    const std::string value = text(scene.get("/v1/names/" + name), "value");
    EXPECT_EQ(scene.send("DELETE", "/v1/names/" + name, {}, {{"Prefer", "wait=30"}}).status, 200);
    return value.substr(value.find("lno=") + 4);
  }
};

TEST_F(ExternalSource, IsPublishedAsItIsAndNeedsNoNode) {
  Scene scene{lab()};
  scene.daemon().start();
  const std::string offer = make_offer(scene, "wallet@second.test");
  ASSERT_THAT(offer, StartsWith("lno1"));
  const auto offers = scene.sandbox_offers().size();

  const auto bob = scene.register_name("bob@example.test", "bob", R"({"offer":")" + offer + "\"}");
  ASSERT_EQ(bob.status, 201) << bob.body;
  EXPECT_THAT(txt_at(lab(), "127.0.0.2", "bob@example.test"), ElementsAre("bitcoin:?lno=" + offer));
  const json::object shown = scene.get("/v1/names/bob@example.test");
  EXPECT_EQ(text(shown.at("source").as_object(), "kind"), "external");

  const std::string uri = "bitcoin:?lno=" + offer;
  const auto carla = scene.register_name("carla@example.test", "carla", R"({"uri":")" + uri + "\"}");
  ASSERT_EQ(carla.status, 201) << carla.body;
  EXPECT_THAT(txt_at(lab(), "127.0.0.1", "carla@example.test"), ElementsAre(uri));
  EXPECT_EQ(scene.sandbox_offers().size(), offers) << "an external name got an offer of the node";

  const auto refused = scene.register_name("dora@example.test", "dora", R"({"offer":"lno1qqqq"})");
  EXPECT_EQ(refused.status, 422) << refused.body;
  EXPECT_EQ(scene.send("GET", "/v1/names/dora@example.test").status, 404);
  const auto rotated = scene.send("POST", "/v1/names/bob@example.test/rotate");
  EXPECT_EQ(rotated.status, 409) << rotated.body;
}

TEST_F(ExternalSource, ReplacesANodeOnlyAtTheRevisionThatTheCallerSaw) {
  Scene scene{lab()};
  scene.daemon().start();
  const std::string offer = make_offer(scene, "purse@second.test");
  ASSERT_EQ(scene.register_name("erin@example.test").status, 201);
  const std::string before = text(scene.get("/v1/names/erin@example.test"), "value");
  const std::string tag = scene.send("GET", "/v1/names/erin@example.test").header("etag");
  ASSERT_THAT(tag, StartsWith("\""));

  const std::string body = R"({"offer":")" + offer + "\"}";
  const auto stale = scene.send("PUT", "/v1/names/erin@example.test/source", body, {{"If-Match", "\"1\""}});
  EXPECT_EQ(stale.status, 412) << stale.body;
  EXPECT_THAT(txt_at(lab(), "127.0.0.1", "erin@example.test"), ElementsAre(before));

  const auto set = scene.send("PUT", "/v1/names/erin@example.test/source", body,
                              {{"If-Match", tag}, {"Prefer", "wait=30"}});
  ASSERT_EQ(set.status, 200) << set.body;
  EXPECT_THAT(txt_at(lab(), "127.0.0.1", "erin@example.test"), ElementsAre("bitcoin:?lno=" + offer));
  EXPECT_THAT(scene.offer_states("erin@example.test"), ElementsAre("retired"));
  EXPECT_EQ(text(scene.get("/v1/names/erin@example.test"), "state"), "live");
}

TEST_F(Registration, CanBeRotatedAndTheOldOfferStaysPayable) {
  Scene scene{lab()};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("fred@example.test").status, 201);
  const std::string before = text(scene.get("/v1/names/fred@example.test"), "value");
  const auto rotated = scene.send("POST", "/v1/names/fred@example.test/rotate", {}, {{"Prefer", "wait=30"}});
  ASSERT_EQ(rotated.status, 200) << rotated.body;
  const std::string after = text(scene.get("/v1/names/fred@example.test"), "value");
  EXPECT_NE(after, before);
  for (const std::string& address : lab().addresses())
    EXPECT_THAT(txt_at(lab(), address, "fred@example.test"), ElementsAre(after));
  EXPECT_THAT(scene.offer_states("fred@example.test"), testing::UnorderedElementsAre("active", "retired"));
  for (const auto& [id, active] : scene.sandbox_offers()) EXPECT_TRUE(active) << id;
}

}  // namespace
}  // namespace paynamed::e2e
