// A provider whose server goes away in the middle of a bulk registration and comes back.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <thread>

#include "tests/e2e/daemon/scene.hpp"
#include "tests/fakes/dns/tcp_gate.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr int kNames = 60;

class Breakers : public LabTest {
 protected:
  static json::object zone_of(const Scene& scene) {
    const json::object plugins = scene.get("/v1/plugins");
    for (const auto& each : plugins.at("items").as_array()) {
      if (text(each.as_object(), "id") == "zone") return each.as_object();
    }
    throw std::runtime_error("there is no instance 'zone'");
  }

  // Asks until the answer is yes; a failure of the test when it never is.
  static bool comes_true(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return true;
  }

  static std::size_t count_of(const Scene& scene, const std::string& type) {
    std::size_t count = 0;
    for (const json::object& event : scene.events()) count += text(event, "type") == type ? 1U : 0U;
    return count;
  }

  // A step that is held; empty when there is none.
  static json::object held_step(const Scene& scene) {
    const json::object runs = scene.get("/v1/runs?limit=500");
    for (const auto& each : runs.at("items").as_array()) {
      const json::object run = scene.run(text(each.as_object(), "id"));
      for (const auto& step : run.at("steps").as_array()) {
        if (text(step.as_object(), "message").find("is not called since") != std::string::npos)
          return step.as_object();
      }
    }
    return {};
  }
};

TEST_F(Breakers, AProviderThatGoesAwayInABulkCostsNoName) {
  fakes::TcpGate gate{lab().addresses().front(), lab().port()};
  Parts parts;
  parts.zone_port = gate.port();
  parts.tables = "[breakers]\nminimum = 6\nwindow = \"5s\"\nopen = \"1s\"\nmost_open = \"2s\"\n";
  Scene scene{lab(), parts};
  scene.daemon().start();
  std::string rows = "name,owner\n";
  for (int i = 0; i < kNames; ++i) rows += fmt::format("bulk{}@example.test,o{}\n", i, i);
  const std::string file = (scene.folder() / "names.csv").string();
  write_file(file, rows);
  fakes::Child client{{PAYNAMECTL_PROGRAM, "--url", fmt::format("http://127.0.0.1:{}", scene.daemon().port()),
                       "register", "--from", file, "--concurrency", "2", "--in-flight", "30"},
                      {"PAYNAMED_API_KEY=" + scene.api_key()}};

  ASSERT_TRUE(comes_true([&] { return count_of(scene, "name.live") > 0; }));
  gate.shut();
  ASSERT_TRUE(comes_true([&] { return text(zone_of(scene), "breaker") != "closed"; }));
  json::object step;
  ASSERT_TRUE(comes_true([&] { return !(step = held_step(scene)).empty(); }));
  EXPECT_THAT(text(step, "message"),
              AllOf(HasSubstr("'zone' is not called since"), HasSubstr("calls failed")));
  EXPECT_THAT(text(zone_of(scene), "breaker_message"), HasSubstr("'zone' is not called since"));
  EXPECT_THAT(scene.ctl({"plugins"}).output, HasSubstr("BREAKER"));
  // Longer than the time in which five attempts would be spent.
  const auto refused = [&] {
    const std::string metrics = scene.send("GET", "/metrics").body;
    const std::string series = "paynamed_breaker_refused_total{instance=\"zone\"} ";
    const auto at = metrics.find(series);
    return at == std::string::npos ? 0.0 : std::stod(metrics.substr(at + series.size()));
  };
  ASSERT_TRUE(comes_true([&] { return refused() > 5; }));
  ASSERT_TRUE(
      comes_true([&] { return scene.daemon().log().find("the breaker stays open") != std::string::npos; }));
  EXPECT_EQ(scene.send("GET", "/readyz").status, 200) << "what is accepted meanwhile goes on by itself";
  gate.open();

  const auto ended = client.wait(std::chrono::seconds{150});
  ASSERT_TRUE(ended) << client.errors();
  EXPECT_EQ(*ended, 0) << client.errors() << client.output();
  EXPECT_EQ(count_of(scene, "name.live"), static_cast<std::size_t>(kNames));
  EXPECT_EQ(count_of(scene, "run.paused"), 0U);
  EXPECT_EQ(count_of(scene, "run.compensating"), 0U);
  EXPECT_EQ(scene.sandbox_offers().size(), static_cast<std::size_t>(kNames)) << "an offer each";
  EXPECT_EQ(text(zone_of(scene), "breaker"), "closed");
  EXPECT_THAT(scene.send("GET", "/metrics").body,
              AllOf(HasSubstr("paynamed_breaker_state{instance=\"zone\"} 0"),
                    Not(HasSubstr("paynamed_breaker_openings_total{instance=\"zone\"} 0"))));
  EXPECT_THAT(scene.daemon().log(),
              AllOf(HasSubstr("the breaker is open: the instance is not called for a while"),
                    HasSubstr("the breaker is closed again")));
}

TEST_F(Breakers, ADaemonStopsWhileRunsAreHeldAndGoesOnWithThem) {
  fakes::TcpGate gate{lab().addresses().front(), lab().port()};
  Parts parts;
  parts.zone_port = gate.port();
  parts.tables = "[breakers]\nminimum = 1\nopen = \"5m\"\n";
  Scene scene{lab(), parts};
  scene.daemon().start();
  gate.shut();
  const std::string run = scene.begin_registration("held@example.test");
  scene.run_when(run, [](const json::object& seen) {
    return json::serialize(seen).find("is not called since") != std::string::npos;
  });
  EXPECT_EQ(scene.daemon().terminate(), 0);
  gate.open();
  scene.daemon().start();
  scene.run_when(run, "completed");
  EXPECT_EQ(text(scene.get("/v1/names/held@example.test"), "state"), "live");
}

}  // namespace
}  // namespace paynamed::e2e
