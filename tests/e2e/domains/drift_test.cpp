// What stands otherwise in a zone is shown first, and repaired as it was shown.
#include <fmt/format.h>

#include <boost/json/parse.hpp>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr char kZone[] = "second.test.";

class DomainDrift : public LabTest {
 protected:
  // The monitor would find it, too.
  static Parts parts() {
    Parts all;
    all.tables = "[monitor]\nenabled = false\n";
    return all;
  }
  static std::string owner(const std::string& user) { return user + ".user._bitcoin-payment." + kZone; }
  static std::string value_of(const Scene& scene, const std::string& user) {
    return text(scene.get(fmt::format("/v1/names/{}@second.test", user)), "value");
  }
  static std::vector<std::string> there(const std::string& user) {
    return txt_at(lab(), lab().addresses().front(), user + "@second.test");
  }
};

TEST_F(DomainDrift, IsShownAndRepaired) {
  Scene scene{lab(), parts()};
  scene.daemon().start();
  for (int i = 0; i < 12; ++i) ASSERT_EQ(scene.register_name(fmt::format("n{}@second.test", i)).status, 201);
  const auto foreign_to_others = [](const json::object& plan) { return plan.at("changes").to_number<int>(); };
  EXPECT_EQ(foreign_to_others(scene.get("/v1/domains/second.test/drift")), 0);

  lab().remove_txt(kZone, owner("n1"));
  lab().put_txt(kZone, owner("n2"), {"bitcoin:?lno=lno1stolen"});
  lab().add_txt(kZone, owner("n3"), "beside");
  lab().put_txt(kZone, owner("stranger"), {"bitcoin:?lno=lno1q"});
  const auto shown = scene.ctl({"drift", "second.test"});
  EXPECT_EQ(shown.exit_code, 1) << shown.errors;
  EXPECT_THAT(shown.output, HasSubstr("missing"));
  EXPECT_THAT(shown.output, HasSubstr("changed"));
  EXPECT_THAT(shown.output, HasSubstr("duplicate"));
  EXPECT_THAT(shown.output, HasSubstr("stranger@second.test"));
  EXPECT_THAT(shown.output, HasSubstr("3 to repair"));
  EXPECT_THAT(there("n1"), SizeIs(0)) << "only shown";

  const auto ended = scene.ctl({"drift", "second.test", "--apply"});
  EXPECT_EQ(ended.exit_code, 0) << ended.errors << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("3 of 3 repaired"));
  for (const char* user : {"n1", "n2", "n3"}) {
    EXPECT_THAT(there(user), ElementsAre(value_of(scene, user))) << user;
    EXPECT_EQ(text(scene.get(fmt::format("/v1/names/{}@second.test", user)), "state"), "live");
    EXPECT_THAT(scene.event_types(fmt::format("{}@second.test", user)), Contains("name.degraded"));
  }
  EXPECT_THAT(there("stranger"), SizeIs(1)) << "a stranger's record is left";
  EXPECT_EQ(scene.ctl({"drift", "second.test", "--json"}).exit_code, 0);
  lab().remove_txt(kZone, owner("stranger"));
}

TEST_F(DomainDrift, WhatIsAppliedIsWhatWasShown) {
  Scene scene{lab(), parts()};
  scene.daemon().start();
  for (int i = 0; i < 4; ++i) ASSERT_EQ(scene.register_name(fmt::format("m{}@second.test", i)).status, 201);
  lab().remove_txt(kZone, owner("m1"));
  const std::string shown = text(scene.get("/v1/domains/second.test/drift"), "fingerprint");
  lab().put_txt(kZone, owner("m1"), {"other"});
  const auto body = [&](const std::string& fingerprint) {
    return fmt::format(R"({{"fingerprint":"{}"}})", fingerprint);
  };
  auto reply = scene.send("POST", "/v1/domains/second.test/drift", body(shown));
  EXPECT_EQ(reply.status, 409) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr("another one by now"));
  EXPECT_THAT(there("m1"), ElementsAre("other"));

  lab().remove_txt(kZone, owner("m2"));
  const auto refused = scene.ctl({"drift", "second.test", "--apply"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("say --force"));
  reply = scene.send("POST", "/v1/domains/second.test/drift",
                     body(text(scene.get("/v1/domains/second.test/drift"), "fingerprint")));
  EXPECT_EQ(reply.status, 409) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr("more than 30 %"));
  const auto forced = scene.ctl({"drift", "second.test", "--apply", "--force"});
  EXPECT_EQ(forced.exit_code, 0) << forced.errors;
  EXPECT_THAT(there("m1"), ElementsAre(value_of(scene, "m1")));
  EXPECT_THAT(there("m2"), ElementsAre(value_of(scene, "m2")));
}

}  // namespace
}  // namespace paynamed::e2e
