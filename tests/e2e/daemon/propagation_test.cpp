// A record counts only when every authoritative address has it.
#include <fmt/format.h>

#include <atomic>
#include <boost/json/serialize.hpp>

#include "tests/e2e/daemon/scene.hpp"
#include "tests/fakes/dns/fake_dns_server.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint16_t kTxt = 16;

Parts quick_looks(const std::string& await = {}) {
  Parts parts;
  parts.pipelines = register_pipeline({}, "args = { poll = \"100ms\" }\n" + await);
  return parts;
}

class Propagation : public LabTest {
 protected:
  // The run of a registration on halfdown.test when it has looked at the servers in vain.
  static std::string waiting_run(const Scene& scene, const std::string& name) {
    const std::string run = scene.begin_registration(name);
    scene.run_when(run, [&](const json::object&) {
      return text(scene.step(run, "await"), "message").find(lab().dead_address()) != std::string::npos;
    });
    return run;
  }
};

TEST_F(Propagation, WaitsForAnAddressThatIsDownAndSaysWhichItIs) {
  Scene scene{lab(), quick_looks()};
  scene.daemon().start();
  const std::string run = waiting_run(scene, "alice@halfdown.test");
  const json::object await = scene.step(run, "await");
  EXPECT_EQ(text(await, "state"), "waiting");
  EXPECT_THAT(text(await, "message"), HasSubstr("2 of 3"));
  EXPECT_THAT(text(await, "message"), HasSubstr("dead.halfdown.test."));
  EXPECT_NE(text(await, "until"), "");
  EXPECT_EQ(text(scene.get("/v1/names/alice@halfdown.test"), "state"), "published") << "not live yet";

  // The third server comes up, first without the record, then with it.
  const std::string value = text(scene.get("/v1/names/alice@halfdown.test"), "value");
  std::atomic<bool> transferred = false;
  const fakes::FakeDnsServer third{[&](const fakes::FakeQuestion& question) {
                                     fakes::FakeReply reply;
                                     if (question.type == kTxt && transferred) {
                                       std::vector<std::string> strings;
                                       for (std::size_t at = 0; at < value.size(); at += 255)
                                         strings.push_back(value.substr(at, 255));
                                       reply.answer.push_back(fakes::fake_txt(question.name, strings));
                                     } else {
                                       reply.rcode = 3;
                                       reply.authority.push_back(fakes::fake_soa("halfdown.test."));
                                     }
                                     return reply;
                                   },
                                   lab().dead_address(), lab().port()};
  scene.run_when(run, [&](const json::object&) {
    return text(scene.step(run, "await"), "message").find("has no TXT record") != std::string::npos;
  });
  transferred = true;
  scene.run_when(run, "completed");
  EXPECT_EQ(text(scene.get("/v1/names/alice@halfdown.test"), "state"), "live");
  const json::object done = scene.step(run, "await");
  EXPECT_EQ(done.at("outputs").at("servers").as_array().size(), 3U);
}

TEST_F(Propagation, PausesAtItsDeadlineAndSaysWhoIsMissing) {
  Scene scene{lab(), quick_looks("timeout = \"1s\"\ndeadline = \"1500ms\"")};
  scene.daemon().start();
  const auto reply = scene.register_name("bob@halfdown.test");
  ASSERT_EQ(reply.status, 202) << reply.body;
  const json::object accepted = reply.json().as_object();
  EXPECT_EQ(text(accepted, "state"), "paused");
  EXPECT_THAT(text(accepted, "reason"), HasSubstr("did not end within 1500ms"));
  EXPECT_THAT(text(accepted, "reason"), HasSubstr(lab().dead_address()));
  // It can be given up: then nothing is left.
  const std::string run = text(accepted, "run");
  EXPECT_EQ(scene.send("POST", "/v1/runs/" + run + "/cancel").status, 202);
  scene.run_when(run, "compensated");
  EXPECT_THAT(txt_at(lab(), "127.0.0.1", "bob@halfdown.test"), IsEmpty());
  EXPECT_THAT(scene.sandbox_offers(), ElementsAre(testing::Pair(testing::_, false)));
}

TEST_F(Propagation, CompensatesAtItsDeadlineWhenTheOperatorSaysSo) {
  Scene scene{lab(), quick_looks("timeout = \"1s\"\ndeadline = \"1s\"\non_exhausted = \"compensate\"")};
  scene.daemon().start();
  const auto reply = scene.register_name("carol@halfdown.test");
  EXPECT_EQ(text(reply.json().as_object(), "state"), "compensated") << reply.body;
  EXPECT_THAT(txt_at(lab(), "127.0.0.1", "carol@halfdown.test"), IsEmpty());
  EXPECT_EQ(scene.send("GET", "/v1/names/carol@halfdown.test").status, 404);
}

TEST_F(Propagation, GoesOnWaitingWhenNoServerAnswersAtAll) {
  Scene scene{lab(), quick_looks()};
  scene.daemon().start();
  const std::string run = waiting_run(scene, "dora@halfdown.test");
  lab().pause();
  const json::object waiting = scene.run_when(run, [&](const json::object&) {
    return text(scene.step(run, "await"), "message").find("2 of 3") == std::string::npos;
  });
  EXPECT_EQ(text(waiting, "state"), "running");
  EXPECT_EQ(text(scene.step(run, "await"), "state"), "waiting");
  EXPECT_NE(text(scene.step(run, "await"), "message"), "");
  lab().resume();
  scene.run_when(run, [&](const json::object&) {
    return text(scene.step(run, "await"), "message").find("2 of 3") != std::string::npos;
  });
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

}  // namespace
}  // namespace paynamed::e2e
