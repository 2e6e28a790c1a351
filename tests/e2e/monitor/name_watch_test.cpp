// Records broken by hand behind the daemon's back: the name is degraded with the reason, and live again by
// itself.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "tests/e2e/monitor/name_watch.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using Steady = std::chrono::steady_clock;

TEST_F(NameWatch, ARecordBrokenByHandIsFoundAndMendedByItself) {
  Scene scene{lab(), watched("2s")};
  scene.daemon().start();
  struct Case {
    std::string name;
    std::string code;
    std::string reason;
    std::function<void(const std::string& owner, const std::string& value)> harm;
  };
  const std::string zone = "example.test.";
  const std::vector<Case> cases{
      {"gone@example.test", "absent", "has no TXT record",
       [&](const std::string& owner, const std::string&) { lab().remove_txt(zone, owner); }},
      {"two@example.test", "extra_record", "has 2 TXT records",
       [&](const std::string& owner, const std::string& value) {
         lab().put_txt(zone, owner, {value, "bitcoin:?lno=lno1second"});
       }},
      {"other@example.test", "other_value", "bitcoin:?lno=lno1stolen",
       [&](const std::string& owner, const std::string&) {
         lab().put_txt(zone, owner, {"bitcoin:?lno=lno1stolen"});
       }},
  };
  ASSERT_EQ(scene.register_name("fine@example.test").status, 201);
  for (const Case& each : cases) {
    ASSERT_EQ(scene.register_name(each.name).status, 201);
    each.harm(owner_name(each.name), text(scene.get("/v1/names/" + each.name), "value"));
  }
  for (const Case& each : cases) {
    if (!comes_to(scene, each.name, "degraded")) continue;
    const json::object data = data_of(scene, each.name, "name.degraded");
    EXPECT_EQ(text(data, "code"), each.code) << json::serialize(data);
    EXPECT_THAT(text(data, "reason"), HasSubstr(each.reason));
    EXPECT_THAT(text(data, "reason"), HasSubstr("127.0.0."));
  }
  EXPECT_EQ(scene.get("/v1/names?state=degraded").at("items").as_array().size(), cases.size());
  for (const Case& each : cases)
    lab().put_txt(zone, owner_name(each.name), {text(scene.get("/v1/names/" + each.name), "value")});
  for (const Case& each : cases) {
    comes_to(scene, each.name, "live");
    EXPECT_THAT(scene.event_types(each.name), Contains("name.recovered"));
  }
  EXPECT_EQ(state_of(scene, "fine@example.test"), "live");
  EXPECT_THAT(scene.event_types("fine@example.test"), Not(Contains("name.degraded")));
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(NameWatch, ADegradedNameCanBeRotatedAndRemoved) {
  Scene scene{lab(), watched("2s")};
  scene.daemon().start();
  for (const std::string name : {"rotated@example.test", "removed@example.test"}) {
    ASSERT_EQ(scene.register_name(name).status, 201);
    lab().put_txt("example.test.", owner_name(name),
                  {text(scene.get("/v1/names/" + name), "value"), "bitcoin:?lno=lno1second"});
    ASSERT_TRUE(comes_to(scene, name, "degraded"));
    // Somebody mends it only half: what is there is not what the daemon left, and a run has to cope with it.
    lab().put_txt("example.test.", owner_name(name), {text(scene.get("/v1/names/" + name), "value")});
  }
  const auto rotated =
      scene.send("POST", "/v1/names/rotated@example.test/rotate", {}, {{"Prefer", "wait=30"}});
  EXPECT_EQ(rotated.status, 200) << rotated.body;
  EXPECT_EQ(state_of(scene, "rotated@example.test"), "live");
  const auto removed = scene.send("DELETE", "/v1/names/removed@example.test", {}, {{"Prefer", "wait=30"}});
  EXPECT_EQ(removed.status, 200) << removed.body;
}

TEST_F(NameWatch, AServerThatIsDownDegradesNothing) {
  Scene scene{lab(), watched("1s")};
  scene.daemon().start();
  ASSERT_EQ(scene.register_name("calm@example.test").status, 201);
  std::this_thread::sleep_for(1500ms);
  lab().kill();
  std::this_thread::sleep_for(6s);
  EXPECT_EQ(state_of(scene, "calm@example.test"), "live");
  lab().restart();
  std::this_thread::sleep_for(3s);
  EXPECT_EQ(state_of(scene, "calm@example.test"), "live");
  EXPECT_THAT(scene.event_types("calm@example.test"), Not(Contains("name.degraded")));
  const auto metrics = scene.send("GET", "/metrics").body;
  EXPECT_THAT(metrics, Not(HasSubstr("paynamed_monitor_looks_total{result=\"unknown\"} 0\n")));
  EXPECT_THAT(metrics, Not(HasSubstr("paynamed_monitor_looks_total{result=\"fine\"} 0\n")));
}

TEST_F(NameWatch, EachOfTwentyBrokenNamesIsFoundWithinTheInterval) {
  Scene scene{lab(), watched("10s")};
  scene.daemon().start();
  std::vector<std::string> names;
  std::vector<std::string> runs;
  for (int i = 0; i < 25; ++i) {
    names.push_back(fmt::format("n{}@second.test", i));
    runs.push_back(scene.begin_registration(names.back()));
  }
  for (const std::string& run : runs) scene.run_when(run, "completed");
  const auto began = Steady::now();
  for (int i = 0; i < 20; ++i)
    lab().remove_txt("second.test.", owner_name(names[static_cast<std::size_t>(i)]));
  const auto broken = Steady::now();
  for (int i = 0; i < 20; ++i) comes_to(scene, names[static_cast<std::size_t>(i)], "degraded", 40s);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - began);
  // The interval and the second look, with time for the machine.
  EXPECT_LT(took, (broken - began) + 15s) << took.count() << " ms";
  RecordProperty("milliseconds", static_cast<int>(took.count()));
  for (std::size_t i = 20; i < 25; ++i) EXPECT_EQ(state_of(scene, names[i]), "live");
}

}  // namespace
}  // namespace paynamed::e2e
