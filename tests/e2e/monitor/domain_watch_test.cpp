// Domains whose delegation is broken by hand at the parent: degraded with the reason, and fine again by
// itself.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <chrono>
#include <thread>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Steady = std::chrono::steady_clock;

class DomainWatch : public LabTest {
 protected:
  static Parts watched() {
    Parts parts;
    parts.tables =
        "[monitor]\ninterval = \"1h\"\ndomain_interval = \"2s\"\nsecond_look = \"1s\"\nqueries_per_second = "
        "200\n";
    return parts;
  }
  static json::object domain(const Scene& scene, const std::string& name) {
    return scene.get("/v1/domains/" + name);
  }
  static bool comes_to(const Scene& scene, const std::string& name, const std::string& state,
                       const std::string& code = {}) {
    const auto end = Steady::now() + 40s;
    json::object found;
    while (Steady::now() < end) {
      found = domain(scene, name);
      if (text(found, "state") == state && (code.empty() || text(found, "code") == code)) return true;
      std::this_thread::sleep_for(50ms);
    }
    ADD_FAILURE() << name << " is not " << state << " " << code << ": " << json::serialize(found);
    return false;
  }
  static std::vector<std::string> said(const Scene& scene, const std::string& name) {
    std::vector<std::string> lines;
    for (const json::object& event : scene.events()) {
      if (text(event, "subject") != name) continue;
      const json::object& data = event.at("data").as_object();
      lines.push_back(text(event, "type"));
      if (data.contains("code")) lines.back() += " " + text(data, "code");
      if (data.contains("what")) lines.back() += " " + json::serialize(data.at("what"));
    }
    return lines;
  }
};

TEST_F(DomainWatch, AWrongDsAtTheParentIsFoundAndMendedByItself) {
  lab().set_ds("example.test.", "right");
  Scene scene{lab(), watched()};
  scene.daemon().start();
  ASSERT_TRUE(comes_to(scene, "example.test", "fine"));
  const json::object fine = domain(scene, "example.test");
  const json::object& zone = fine.at("zone").as_object();
  EXPECT_EQ(text(zone, "security"), "secure");
  EXPECT_EQ(text(zone, "parent"), "test.");
  ASSERT_EQ(zone.at("ds").as_array().size(), 1U);
  EXPECT_TRUE(zone.at("ds").at(0).at("matches").as_bool());
  EXPECT_TRUE(zone.at("keys").at(0).at("has_ds").as_bool());
  EXPECT_EQ(zone.at("servers").as_array().size(), 2U);
  EXPECT_TRUE(zone.at("warnings").as_array().empty()) << json::serialize(zone);
  EXPECT_THAT(said(scene, "example.test"), IsEmpty());

  lab().set_ds("example.test.", "wrong");
  ASSERT_TRUE(comes_to(scene, "example.test", "degraded", "ds_mismatch"));
  EXPECT_THAT(text(domain(scene, "example.test"), "reason"), HasSubstr("stand for none of its keys"));
  EXPECT_EQ(domain(scene, "second.test").at("code"), nullptr);
  const auto shown = scene.ctl({"domains", "show", "example.test"});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_THAT(shown.output, HasSubstr("ds_mismatch"));

  // Nothing is said again after a restart.
  EXPECT_EQ(scene.daemon().terminate(), 0);
  scene.daemon().start();
  std::this_thread::sleep_for(3s);
  EXPECT_EQ(text(domain(scene, "example.test"), "state"), "degraded");

  lab().set_ds("example.test.", "right");
  ASSERT_TRUE(comes_to(scene, "example.test", "fine"));
  const auto events = said(scene, "example.test");
  EXPECT_EQ(std::ranges::count(events, "domain.degraded ds_mismatch"), 1);
  EXPECT_EQ(std::ranges::count(events, "domain.recovered"), 1);
  EXPECT_THAT(events, testing::Contains("domain.changed [\"ds\"]"));
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(DomainWatch, ADsThatIsTakenAwayIsAnotherTroubleThanAnUnsignedZone) {
  Scene scene{lab(), watched()};
  scene.daemon().start();
  ASSERT_TRUE(comes_to(scene, "second.test", "fine"));
  lab().set_ds("second.test.", "none");
  ASSERT_TRUE(comes_to(scene, "second.test", "degraded", "ds_absent"));
  EXPECT_TRUE(comes_to(scene, "unsigned.test", "degraded", "unsigned"));
  const auto metrics = scene.send("GET", "/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("paynamed_domain_looks_total{result=\"wrong\"}"));
  lab().set_ds("second.test.", "right");
  ASSERT_TRUE(comes_to(scene, "second.test", "fine"));
}

TEST_F(DomainWatch, AServerThatIsDownDegradesNothing) {
  Scene scene{lab(), watched()};
  scene.daemon().start();
  ASSERT_TRUE(comes_to(scene, "example.test", "fine"));
  lab().kill();
  const std::string none = "paynamed_domain_looks_total{result=\"unknown\"} 0\n";
  const auto end = Steady::now() + 40s;
  while (scene.send("GET", "/metrics").body.find(none) != std::string::npos && Steady::now() < end)
    std::this_thread::sleep_for(100ms);
  EXPECT_THAT(scene.send("GET", "/metrics").body, testing::Not(HasSubstr(none)));
  lab().restart();
  std::this_thread::sleep_for(3s);
  EXPECT_THAT(said(scene, "example.test"), IsEmpty());
}

}  // namespace
}  // namespace paynamed::e2e
