// Webhooks of the true daemon, as their tenant sees them: made, tried, looked at, sent again, paused and
// forgotten.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <chrono>
#include <set>
#include <thread>

#include "tests/e2e/daemon/scene.hpp"
#include "tests/fakes/webhooks/webhook_file.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class WebhookApi : public LabTest {
 protected:
  WebhookApi() {
    parts_.daemon = fmt::format("plugin_path = [\"{}\"]", PAYNAMED_FAKE_MODULES);
    parts_.tables = "[plugins.hooks]\nmodule = \"receivers\"\n";
    scene_ = std::make_unique<Scene>(lab(), parts_);
    scene_->daemon().start();
  }
  static bool comes_true(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    return true;
  }
  std::filesystem::path file_of(const std::string& behaviour) const {
    return scene_->folder() / ("received-" + behaviour);
  }
  std::string address(const std::string& behaviour) const {
    return "fake://" + behaviour + file_of(behaviour).string();
  }
  json::object send(int status, const std::string& method, const std::string& target,
                    const std::string& body = {}) const {
    const auto reply = scene_->send(method, target, body);
    EXPECT_EQ(static_cast<int>(reply.status), status) << method << " " << target << " " << reply.body;
    return reply.json().as_object();
  }
  // The target of a new webhook.
  std::string make(const std::string& behaviour, const std::string& more) const {
    const auto made =
        send(201, "POST", "/v1/webhooks",
             fmt::format(R"({{"address":"{}","types":["run.*"]{}}})", address(behaviour), more));
    return "/v1/webhooks/" + text(made, "id");
  }
  std::size_t count(const std::string& target) const {
    return scene_->get(target).at("items").as_array().size();
  }
  std::size_t taken(const std::string& behaviour) const {
    std::set<std::string> ids;
    for (const auto& each : fakes::received(file_of(behaviour))) {
      if (each.what == "taken" && each.type.starts_with("run.")) ids.insert(each.id);
    }
    return ids.size();
  }

  Parts parts_;
  std::unique_ptr<Scene> scene_;
};

TEST_F(WebhookApi, WhatIsMadeGetsEventsAndIsTriedAndForgotten) {
  const std::string target = make("takes", "");
  EXPECT_EQ(text(send(200, "POST", target + "/test"), "outcome"), "delivered");
  EXPECT_THAT(fakes::received(file_of("takes")), SizeIs(1));
  EXPECT_EQ(static_cast<int>(scene_->register_name("grace@example.test").status), 201);
  EXPECT_TRUE(comes_true([&] { return count(target + "/deliveries?state=delivered") == 2; }));
  EXPECT_EQ(taken("takes"), 2U) << "run.accepted and run.completed";

  send(200, "POST", target + "/pause");
  EXPECT_EQ(static_cast<int>(scene_->register_name("heidi@example.test").status), 201);
  EXPECT_EQ(taken("takes"), 2U);
  send(200, "POST", target + "/resume");
  EXPECT_TRUE(comes_true([&] { return taken("takes") == 4; }));
  send(200, "DELETE", target);
  send(404, "GET", target);
  EXPECT_EQ(static_cast<int>(scene_->register_name("ivan@example.test").status), 201);
  EXPECT_EQ(taken("takes"), 4U);
}

TEST_F(WebhookApi, WhatWasGivenUpIsSentAgain) {
  EXPECT_EQ(static_cast<int>(scene_->register_name("judy@example.test").status), 201);
  // It begins with what was before it.
  const std::string target = make("takes_nothing", R"(,"schedule":["0s","100ms"],"after":"1-0")");
  EXPECT_TRUE(comes_true([&] { return count("/v1/deadletters") == 2; }));
  const auto letters = scene_->get(target + "/deliveries?state=dead");
  const auto letter = letters.at("items").as_array().at(0).as_object();
  const auto shown = scene_->get(target + "/deliveries/" + text(letter, "position"));
  const auto& attempts = shown.at("attempt_log").as_array();
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(text(attempts[1].as_object(), "answer"), "out of order");

  EXPECT_THAT(scene_->ctl({"deadletters", "replay", "--dry-run"}).output, HasSubstr("2 deliveries would be"));
  send(200, "PATCH", target, fmt::format(R"({{"address":"{}"}})", address("takes")));
  EXPECT_EQ(scene_->ctl({"deadletters", "replay"}).exit_code, 0);
  EXPECT_TRUE(comes_true([&] { return taken("takes") == 2; }));
  EXPECT_TRUE(comes_true([&] { return count("/v1/deadletters") == 0; }));
  EXPECT_EQ(json::serialize(send(202, "POST", target + "/replay", R"({"from":"1-1"})").at("deliveries")),
            "2");
}

TEST_F(WebhookApi, AnAddressThatTheNotifierRefusesIsNotKept) {
  const auto refused =
      send(422, "POST", "/v1/webhooks", R"({"address":"https://shop.example.com/?token=secret-token"})");
  EXPECT_THAT(text(refused, "detail"), HasSubstr("fake://"));
  EXPECT_EQ(count("/v1/webhooks"), 0U);
  EXPECT_EQ(scene_->daemon().terminate(), 0);
  EXPECT_THAT(scene_->daemon().log(), Not(HasSubstr("secret-token")));
}

}  // namespace
}  // namespace paynamed::e2e
