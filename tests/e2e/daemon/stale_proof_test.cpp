// What becomes of a proof when its TTL is over: a lab of its own, whose server is ended.
#include <thread>

#include "base/clock.hpp"
#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

using std::chrono_literals::operator""ms;
using testing::HasSubstr;

constexpr auto kPatience = std::chrono::seconds{60};
constexpr auto kLook = 100ms;

Parts short_lived() {
  Parts parts;
  parts.ttl = "1s";
  parts.zone = "min_ttl = 1";
  return parts;
}

class StaleProofs : public LabTest {
 protected:
  static fakes::HttpReply proof_of(Scene& scene, const std::string& name) {
    return fakes::HttpClient{scene.daemon().port()}.send("GET",
                                                         "/dnssecproof?d=" + owner_name(name) + "&t=txt");
  }
  // Asks until the answer has the status; the last answer.
  static fakes::HttpReply wait_for(Scene& scene, const std::string& name, int status) {
    auto reply = proof_of(scene, name);
    for (auto waited = 0ms; reply.status != status && waited < kPatience; waited += kLook) {
      std::this_thread::sleep_for(kLook);
      reply = proof_of(scene, name);
    }
    return reply;
  }
  // The TTL of the proof that is stored is over.
  static void outlive(const Scene& scene, const std::string& name) {
    const auto stored = scene.get("/v1/names/" + name + "/proof");
    EXPECT_EQ(stored.at("max_cache_ttl").to_number<int>(), 1);
    const auto made = base::from_rfc3339(text(stored, "made"));
    ASSERT_TRUE(made);
    base::SystemClock clock;
    while (clock.wall() < *made + std::chrono::seconds{1}) std::this_thread::sleep_for(kLook);
  }
};

TEST_F(StaleProofs, AreMadeAnewWhileTheServersAnswer) {
  Scene scene{lab(), short_lived()};
  scene.daemon().start();
  const std::string name = "alice@example.test";
  ASSERT_EQ(scene.register_name(name).status, 201);
  outlive(scene, name);
  const auto stored = base::from_rfc3339(text(scene.get("/v1/names/" + name + "/proof"), "made"));
  const auto reply = scene.send("GET", "/v1/resolve/" + name);
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto made = base::from_rfc3339(text(reply.json().as_object().at("proof").as_object(), "made"));
  ASSERT_TRUE(stored && made);
  EXPECT_GT(*made, *stored) << "an old proof was handed on";
}

TEST_F(StaleProofs, AreNotServedWhenTheRecordIsGone) {
  Scene scene{lab(), short_lived()};
  scene.daemon().start();
  const std::string name = "bob@example.test";
  ASSERT_EQ(scene.register_name(name).status, 201);
  ASSERT_EQ(proof_of(scene, name).status, 200);
  lab().remove_txt("example.test.", owner_name(name));
  outlive(scene, name);
  const auto reply = wait_for(scene, name, 404);
  EXPECT_EQ(reply.status, 404) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr("has no TXT record"));
}

TEST_F(StaleProofs, AreNotServedWhenASecondInstructionStandsBesideTheFirst) {
  Scene scene{lab(), short_lived()};
  scene.daemon().start();
  const std::string name = "carol@example.test";
  ASSERT_EQ(scene.register_name(name).status, 201);
  const std::string value = text(scene.get("/v1/names/" + name), "value");
  lab().put_txt("example.test.", owner_name(name), {value, "bitcoin:?lno=lno1other"});
  outlive(scene, name);
  const auto reply = wait_for(scene, name, 409);
  EXPECT_EQ(reply.status, 409) << reply.body;
}

TEST_F(StaleProofs, AreServedWhileNoServerAnswers) {
  Scene scene{lab(), short_lived()};
  scene.daemon().start();
  const std::string name = "dora@example.test";
  ASSERT_EQ(scene.register_name(name).status, 201);
  const std::string stored = scene.send("GET", "/v1/names/" + name + "/proof?format=binary").body;
  lab().kill();
  outlive(scene, name);
  const auto reply = proof_of(scene, name);
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.body, stored);
  EXPECT_EQ(reply.header("cache-control"), "public, max-age=0");

  lab().restart();
  const auto fresh = proof_of(scene, name);
  EXPECT_EQ(fresh.status, 200) << fresh.body;
}

}  // namespace
}  // namespace paynamed::e2e
