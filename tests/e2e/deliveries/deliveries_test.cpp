// The true daemon brings events to receivers that take them, fail, hang, are gone, or need an operator.
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <thread>

#include "tests/e2e/daemon/scene.hpp"
#include "tests/fakes/webhooks/webhook_file.hpp"

namespace paynamed::e2e {
namespace {

using fakes::Received;
using state::DeliveryState;
using state::WebhookState;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kHooks =
    "[plugins.hooks]\nmodule = \"receivers\"\n[delivery]\nschedule = [\"0s\", \"200ms\", \"200ms\"]\n";

class Deliveries : public LabTest {
 protected:
  Deliveries() {
    parts_.daemon = fmt::format("plugin_path = [\"{}\"]", PAYNAMED_FAKE_MODULES);
    parts_.tables = kHooks;
  }

  static bool comes_true(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return true;
  }

  // What one receiver took, by id.
  static std::map<std::string, int> taken(const std::filesystem::path& file) {
    std::map<std::string, int> ids;
    for (const Received& each : fakes::received(file)) {
      if (each.what == "taken") ++ids[each.id];
    }
    return ids;
  }

  static std::filesystem::path state_of(const Scene& scene) { return scene.folder() / "state.sqlite3"; }
  static std::filesystem::path file_of(const Scene& scene, const std::string& behaviour) {
    return scene.folder() / ("received-" + behaviour);
  }
  static std::string address(const Scene& scene, const std::string& behaviour) {
    return "fake://" + behaviour + file_of(scene, behaviour).string();
  }

  Parts parts_;
};

TEST_F(Deliveries, EveryReceiverGetsTheTreatmentOfItsAnswers) {
  Scene scene{lab(), parts_};
  std::map<std::string, state::WebhookRow> webhooks;
  {
    fakes::WebhookFile file{state_of(scene)};
    file.happen(20, {"a", "b"});
    for (const char* behaviour :
         {"takes", "takes_second", "takes_nothing", "gone", "is_forbidden", "is_locked", "hangs"}) {
      webhooks[behaviour] = file.add(address(scene, behaviour), [](auto& row) {
        row.settings.types = {"custom.*", "run.*", "name.*"};
      });
    }
  }
  scene.daemon().start();
  EXPECT_EQ(scene.register_name("alice@example.test").status, 201U);
  const auto wanted = [&] {
    std::size_t count = 0;
    for (const auto& event : scene.events()) {
      const std::string type = text(event, "type");
      count += type.starts_with("custom.") || type.starts_with("run.") || type.starts_with("name.") ? 1U : 0U;
    }
    return count;
  }();
  EXPECT_TRUE(comes_true([&] { return taken(file_of(scene, "takes")).size() == wanted; }));
  EXPECT_TRUE(comes_true([&] { return taken(file_of(scene, "takes_second")).size() == wanted; }));
  EXPECT_TRUE(
      comes_true([&] { return fakes::received(file_of(scene, "takes_nothing")).size() == 3 * wanted; }));
  EXPECT_TRUE(comes_true([&] {
    return scene.send("GET", "/readyz").body.find("1 of its webhooks wait until somebody mends") !=
           std::string::npos;
  }));
  EXPECT_TRUE(comes_true([&] {
    return scene.send("GET", "/metrics").body.find("paynamed_webhooks{state=\"disabled\"} 1") !=
           std::string::npos;
  }));
  // Its reports are read before the daemon ends, which writes down more.
  EXPECT_THAT(scene.send("GET", "/metrics").body,
              HasSubstr("paynamed_webhook_attempts_total{instance=\"hooks\",outcome=\"refused\"}"));
  scene.daemon().terminate();

  fakes::WebhookFile file{state_of(scene)};
  for (const char* behaviour : {"takes", "takes_second"}) {
    const auto rows = file.deliveries(webhooks[behaviour]);
    EXPECT_THAT(rows, SizeIs(wanted)) << behaviour;
    for (const auto& row : rows) EXPECT_EQ(row.state, DeliveryState::kDelivered) << behaviour;
    EXPECT_THAT(taken(file_of(scene, behaviour)), Each(testing::Pair(testing::_, 1)));
  }
  for (const char* behaviour : {"takes_nothing", "is_forbidden"}) {
    const auto rows = file.deliveries(webhooks[behaviour]);
    EXPECT_THAT(rows, SizeIs(wanted)) << behaviour;
    for (const auto& row : rows) EXPECT_EQ(row.state, DeliveryState::kDead) << behaviour;
    EXPECT_EQ(file.row(webhooks[behaviour]).dead, wanted) << behaviour;
  }
  EXPECT_EQ(file.store().attempts_of(webhooks["takes_nothing"].id, 1, 10)->at(2).answer, "out of order");
  EXPECT_EQ(file.row(webhooks["gone"]).state, WebhookState::kDisabled);
  EXPECT_THAT(file.deliveries(webhooks["is_locked"]), IsEmpty()) << "counts no attempt";
  EXPECT_EQ(file.row(webhooks["hangs"]).state, WebhookState::kActive);
  std::map<std::string, int> news;
  for (const auto& event : file.events()) ++news[event.type];
  EXPECT_EQ(news["webhook.disabled"], 1);
  EXPECT_EQ(news["webhook.dead_letter"], 2) << "once a webhook";
}

TEST_F(Deliveries, GoOnAfterARestartWhereTheyWere) {
  Scene scene{lab(), parts_};
  {
    fakes::WebhookFile file{state_of(scene)};
    file.add(address(scene, "takes"), [](auto& row) { row.settings.types = {"run.*"}; });
  }
  scene.daemon().start();
  EXPECT_EQ(scene.register_name("dave@example.test").status, 201U);
  EXPECT_TRUE(comes_true([&] { return taken(file_of(scene, "takes")).size() == 2; }));
  EXPECT_EQ(scene.daemon().terminate(), 0);
  scene.daemon().start();
  EXPECT_EQ(scene.register_name("erin@example.test").status, 201U);
  EXPECT_TRUE(comes_true([&] { return taken(file_of(scene, "takes")).size() == 4; }));
  EXPECT_EQ(scene.daemon().terminate(), 0);
  EXPECT_THAT(taken(file_of(scene, "takes")), Each(testing::Pair(testing::_, 1)));
}

TEST_F(Deliveries, AReceiverThatHangsCostsTheOthersAndTheStopNothing) {
  parts_.stop_deadline = "4s";
  Scene scene{lab(), parts_};
  {
    fakes::WebhookFile file{state_of(scene)};
    file.happen(500, {"a"});
    for (const char* behaviour : {"takes", "hangs"})
      file.add(address(scene, behaviour), [](auto& row) { row.settings.types = {"custom.*"}; });
  }
  scene.daemon().start();
  EXPECT_TRUE(comes_true([&] { return taken(file_of(scene, "takes")).size() == 500; }));
  EXPECT_LE(fakes::received(file_of(scene, "hangs")).size(), 8U);
  EXPECT_EQ(scene.daemon().terminate(std::chrono::seconds{10}), 0);
}

TEST_F(Deliveries, TheirInstanceStaysInTheConfiguration) {
  Scene scene{lab(), parts_};
  {
    fakes::WebhookFile file{state_of(scene)};
    file.add(address(scene, "takes"));
  }
  scene.daemon().start();
  parts_.tables.clear();
  scene.write_config(parts_);
  EXPECT_EQ(scene.send("POST", "/v1/reload").status, 409U);
  EXPECT_EQ(scene.daemon().terminate(), 0);
  scene.daemon().launch();
  EXPECT_EQ(scene.daemon().wait(), 78);
  EXPECT_THAT(scene.daemon().last_log(), HasSubstr("1 webhooks use"));
}

TEST_F(Deliveries, SettingsChangeWhileTheDaemonRuns) {
  Scene scene{lab(), parts_};
  {
    fakes::WebhookFile file{state_of(scene)};
    file.add(address(scene, "takes_nothing"), [](auto& row) { row.settings.types = {"run.accepted"}; });
  }
  scene.daemon().start();
  parts_.tables = "[plugins.hooks]\nmodule = \"receivers\"\n[delivery]\nschedule = [\"0s\"]\n";
  scene.write_config(parts_);
  const auto reply = scene.send("POST", "/v1/reload");
  EXPECT_EQ(reply.status, 200U) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr("delivery.schedule"));
  EXPECT_EQ(scene.register_name("frank@example.test").status, 201U);
  EXPECT_TRUE(comes_true([&] {
    return scene.send("GET", "/metrics").body.find("paynamed_webhook_dead_letters 1") != std::string::npos;
  }));
  EXPECT_THAT(fakes::received(file_of(scene, "takes_nothing")), SizeIs(1));
}

}  // namespace
}  // namespace paynamed::e2e
