// Records that somebody removes or changes by hand: the daemon puts them back where it shall, and only there.
#include <boost/json/serialize.hpp>

#include "tests/e2e/monitor/name_watch.hpp"

namespace paynamed::e2e {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Values = std::vector<std::string>;

constexpr const char* kZone = "example.test.";

class NameRepair : public NameWatch {
 protected:
  static Parts repairing() {
    Parts parts = watched("2s");
    parts.domain = "repair = \"republish\"";
    return parts;
  }
  static std::string value_of(const Scene& scene, const std::string& name) {
    return text(scene.get("/v1/names/" + name), "value");
  }
  static Values verbs_of(const Scene& scene, const std::string& name) {
    Values verbs;
    const json::object page = scene.get("/v1/runs?name=" + name);
    for (const json::value& run : page.at("items").as_array())
      verbs.push_back(text(run.as_object(), "verb") + " " + text(run.as_object(), "state"));
    return verbs;
  }
  // What stood at the name, each once, from now until the name is live with a record proven anew.
  static std::vector<Values> seen_until_live(const Scene& scene, const std::string& name) {
    std::vector<Values> seen;
    const auto end = Steady::now() + 40s;
    for (bool over = false; !over;) {
      over = count_of(scene, name, "name.live") == 2 || Steady::now() > end;
      Values values = txt_at(lab(), lab().addresses().front(), name);
      std::sort(values.begin(), values.end());
      if (seen.empty() || seen.back() != values) seen.push_back(std::move(values));
    }
    return seen;
  }
};

TEST_F(NameRepair, ARecordRemovedReplacedOrDoubledByHandComesBackByItself) {
  Scene scene{lab(), repairing()};
  scene.daemon().start();
  struct Case {
    std::string name;
    std::string code;
    std::function<Values(const std::string& value)> left;  // by who harms it, as a server gives it out
  };
  const std::string stolen = "bitcoin:?lno=lno1stolen";
  const std::vector<Case> cases{
      {"gone@example.test", "absent", [](const std::string&) { return Values{}; }},
      {"other@example.test", "other_value", [&](const std::string&) { return Values{stolen}; }},
      {"two@example.test", "extra_record",
       [&](const std::string& value) {
         return Values{value, stolen};
       }},
      {"three@example.test", "extra_record",
       [&](const std::string&) {
         return Values{"bitcoin:?lno=lno1more", stolen, "v=spf1 -all"};
       }},
      // Dig writes bytes as the zone file does.
      {"bytes@example.test", "other_value", [](const std::string&) { return Values{R"(\255\254 bytes)"}; }},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    ASSERT_EQ(scene.register_name(each.name).status, 201);
    const json::object before = scene.get("/v1/names/" + each.name);
    const std::string value = text(before, "value");
    Values left = each.left(value);
    lab().put_txt(kZone, owner_name(each.name), left);
    std::sort(left.begin(), left.end());
    EXPECT_THAT(seen_until_live(scene, each.name), ElementsAre(left, Values{value}))
        << "at no moment anything else";
    ASSERT_TRUE(comes_to(scene, each.name, "live"));
    EXPECT_EQ(text(data_of(scene, each.name, "name.degraded"), "code"), each.code);
    EXPECT_THAT(verbs_of(scene, each.name), ElementsAre("repair completed", "register completed"));
    const json::object after = scene.get("/v1/names/" + each.name);
    for (const char* kept : {"value", "source", "dns_instance", "offers"})
      EXPECT_EQ(json::serialize(after.at(kept)), json::serialize(before.at(kept))) << kept;
    EXPECT_EQ(scene.send("GET", "/v1/names/" + each.name + "/proof").status, 200);
  }
  EXPECT_THAT(scene.send("GET", "/metrics").body,
              HasSubstr("paynamed_monitor_repairs_total{result=\"begun\"} 5\n"));
  EXPECT_EQ(scene.daemon().terminate(), 0);
}

TEST_F(NameRepair, WhereTheDomainOnlyReportsAPersonRepairs) {
  Scene scene{lab(), watched("2s")};
  scene.daemon().start();
  const std::string name = "reported@example.test";
  ASSERT_EQ(scene.register_name(name).status, 201);
  const std::string value = value_of(scene, name);
  const auto refused = scene.send("POST", "/v1/names/" + name + "/repair");
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_THAT(refused.body, HasSubstr("is live, so there is nothing to repair"));

  lab().remove_txt(kZone, owner_name(name));
  ASSERT_TRUE(comes_to(scene, name, "degraded"));
  std::this_thread::sleep_for(5s);
  EXPECT_EQ(state_of(scene, name), "degraded");
  EXPECT_THAT(txt_at(lab(), lab().addresses().front(), name), ElementsAre());
  EXPECT_THAT(verbs_of(scene, name), ElementsAre("register completed"));

  const auto repaired = scene.ctl({"repair", name, "--follow"});
  EXPECT_EQ(repaired.exit_code, 0) << repaired.output << repaired.errors;
  EXPECT_THAT(repaired.output, HasSubstr("published again through 'zone', where nothing stood"));
  EXPECT_THAT(repaired.output, HasSubstr(name + " is live"));
  EXPECT_THAT(txt_at(lab(), lab().addresses().front(), name), ElementsAre(value));
}

TEST_F(NameRepair, ANameThatIsDegradedAtTheStartIsRepaired) {
  Scene scene{lab(), watched("2s")};
  scene.daemon().start();
  const std::string name = "early@example.test";
  ASSERT_EQ(scene.register_name(name).status, 201);
  const std::string value = value_of(scene, name);
  lab().put_txt(kZone, owner_name(name), {value, "bitcoin:?lno=lno1second"});
  ASSERT_TRUE(comes_to(scene, name, "degraded"));
  ASSERT_EQ(scene.daemon().terminate(), 0);
  scene.write_config(repairing());
  scene.daemon().start();
  ASSERT_TRUE(comes_to(scene, name, "live"));
  EXPECT_THAT(txt_at(lab(), lab().addresses().front(), name), ElementsAre(value));
}

TEST_F(NameRepair, RepairsLeaveRoomForOtherRuns) {
  Parts parts = repairing();
  parts.daemon = "max_open_runs = 2";
  Scene scene{lab(), parts};
  scene.daemon().start();
  const std::string name = "patient@example.test";
  ASSERT_EQ(scene.register_name(name).status, 201);
  // One of its servers is down, so that this one stays open.
  const std::string open = scene.begin_registration("somebody@halfdown.test");
  lab().remove_txt(kZone, owner_name(name));
  ASSERT_TRUE(comes_to(scene, name, "degraded"));
  std::this_thread::sleep_for(4s);
  EXPECT_EQ(state_of(scene, name), "degraded");
  EXPECT_THAT(verbs_of(scene, name), ElementsAre("register completed"));
  EXPECT_EQ(scene.send("POST", "/v1/runs/" + open + "/cancel").status, 202);
  EXPECT_TRUE(comes_to(scene, name, "live")) << "at a later look";
}

TEST_F(NameRepair, WhoeverChangesTheRecordOnPurposeHasTheLastWord) {
  Scene scene{lab(), repairing()};
  scene.daemon().start();
  const std::string name = "stubborn@example.test";
  ASSERT_EQ(scene.register_name(name).status, 201);
  for (int i = 1; i <= 4; ++i) {
    lab().put_txt(kZone, owner_name(name), {"bitcoin:?lno=lno1mine"});
    ASSERT_TRUE(comes_to_say(scene, name, "name.degraded", i));
    if (i < 4 && !comes_to(scene, name, "live")) return;
  }
  ASSERT_TRUE(comes_to_say(scene, name, "name.repair_stopped"));
  const json::object stopped = data_of(scene, name, "name.repair_stopped");
  EXPECT_EQ(stopped.at("repairs").as_int64(), 3);
  EXPECT_THAT(text(stopped, "reason"), HasSubstr("was repaired 3 times"));
  EXPECT_THAT(text(stopped, "until"), Not(testing::IsEmpty()));
  std::this_thread::sleep_for(5s);
  EXPECT_EQ(state_of(scene, name), "degraded");
  EXPECT_EQ(count_of(scene, name, "name.repair_stopped"), 1);
  EXPECT_THAT(txt_at(lab(), lab().addresses().front(), name), ElementsAre("bitcoin:?lno=lno1mine"));
  EXPECT_EQ(verbs_of(scene, name).size(), 4U);

  // It is no secret kept from a restart, and a person may all the same.
  ASSERT_EQ(scene.daemon().terminate(), 0);
  scene.daemon().start();
  std::this_thread::sleep_for(4s);
  EXPECT_EQ(state_of(scene, name), "degraded");
  const auto repaired = scene.send("POST", "/v1/names/" + name + "/repair", {}, {{"Prefer", "wait=30"}});
  EXPECT_EQ(repaired.status, 200) << repaired.body;
  EXPECT_EQ(state_of(scene, name), "live");
}

}  // namespace
}  // namespace paynamed::e2e
