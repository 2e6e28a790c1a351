// A zone with records made by hand is shown for what it is, and what is fine is adopted.
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <map>

#include "tests/e2e/daemon/scene.hpp"
#include "tests/unit/domains/hand_made.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using domains::HandMade;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr char kZone[] = "money.test.";
constexpr char kSuffix[] = "user._bitcoin-payment.money.test.";

// As master files have it (RFC 1035 section 5.1), with everything but letters and digits escaped.
std::string master_text(const std::string& value) {
  std::string out;
  std::size_t at = 0;
  do {
    out += out.empty() ? "\"" : " \"";
    for (const char c : value.substr(at, 255)) {
      const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
      out += is_plain ? std::string(1, c) : fmt::format("\\{:03}", static_cast<unsigned char>(c));
    }
    out += '"';
    at += 255;
  } while (at < value.size());
  return out;
}

class Import : public testing::Test {
 protected:
  fakes::KnotLab lab;

  void SetUp() override { lab.add_zone(kZone, "lab", lab.addresses()); }
  Parts parts() const {
    Parts all;
    all.tables = "[domains.\"money.test\"]\ndns = \"zone\"\nttl = \"60s\"\n";
    return all;
  }
  void plant(const std::vector<HandMade>& records) {
    std::vector<std::string> changes;
    for (const HandMade& each : records) {
      std::string owner = (each.label.empty() ? "" : each.label + ".") + kSuffix;
      if (const auto plus = owner.find('+'); plus != owner.npos) owner.replace(plus, 1, "\\043");
      for (const std::string& value : each.values)
        changes.push_back(fmt::format("set {} {} TXT {}", owner, each.ttl, master_text(value)));
      if (!each.alias.empty())
        changes.push_back(fmt::format("set {} 300 {} elsewhere.test.", owner, each.alias));
    }
    lab.edit(kZone, changes);
  }
  static std::map<std::string, json::object> by_owner(const json::object& body) {
    std::map<std::string, json::object> all;
    for (const auto& item : body.at("items").as_array())
      all.emplace(text(item.as_object(), "owner_name"), item.as_object());
    return all;
  }
  std::vector<std::string> values_of(const std::string& name) const {
    return txt_at(lab, lab.addresses().front(), name);
  }
};

TEST_F(Import, FiveHundredRecordsOfEveryKindAreShownForWhatTheyAre) {
  Scene scene{lab, parts()};
  scene.daemon().start();
  const auto now = std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now());
  std::vector<HandMade> records;
  for (int variant = 0; records.size() < 500; ++variant) {
    for (HandMade& each : domains::hand_made(variant, now)) records.push_back(std::move(each));
  }
  ASSERT_GE(records.size(), 500U);
  plant(records);
  // Ours, and ours that somebody changed.
  for (const char* user : {"ours", "changed", "doubled"}) {
    const auto reply = scene.register_name(fmt::format("{}@money.test", user), "o",
                                           fmt::format(R"({{"offer":"{}"}})", domains::offer_number(7)));
    ASSERT_EQ(reply.status, 201) << reply.body;
  }
  lab.put_txt(kZone, std::string{"changed."} + kSuffix, {"bitcoin:?lno=lno1other"});
  lab.add_txt(kZone, std::string{"doubled."} + kSuffix, "beside");

  const auto ended = scene.ctl({"names", "import", "money.test", "--json"});
  ASSERT_EQ(ended.exit_code, 0) << ended.errors;
  const json::object body = json::parse(ended.output).as_object();
  const auto entries = by_owner(body);
  std::size_t right = 0;
  for (const HandMade& each : records) {
    const std::string owner = (each.label.empty() ? "" : each.label + ".") + kSuffix;
    const auto found = entries.find(owner);
    if (found == entries.end()) {
      ADD_FAILURE() << owner << " is not listed";
      continue;
    }
    const json::object& entry = found->second;
    EXPECT_EQ(text(entry, "kind"), each.kind) << owner << ": " << json::serialize(entry);
    EXPECT_EQ(entry.at("rule").is_null() ? "" : text(entry, "rule"), each.rule)
        << owner << ": " << json::serialize(entry);
    EXPECT_EQ(!entry.at("adoptable").is_null(), each.adoptable) << owner;
    EXPECT_EQ(entry.at("take_over").as_bool(), each.take_over) << owner;
    right += text(entry, "kind") == each.kind ? 1U : 0U;
  }
  EXPECT_EQ(right, records.size());
  EXPECT_EQ(entries.size(), records.size() + 3);
  EXPECT_EQ(text(entries.at(std::string{"ours."} + kSuffix), "kind"), "ours");
  EXPECT_EQ(text(entries.at(std::string{"changed."} + kSuffix), "rule"), "other_value");
  EXPECT_EQ(text(entries.at(std::string{"doubled."} + kSuffix), "rule"), "several_records");

  const auto people = scene.ctl({"names", "import", "money.test", "--kind", "conflicting"});
  EXPECT_THAT(people.output, HasSubstr("several_payment_records"));
  EXPECT_THAT(people.output, HasSubstr(fmt::format("{} names in the zone", records.size() + 3)));
  EXPECT_EQ(scene.ctl({"names", "import", "elsewhere.test"}).exit_code, 1);
}

TEST_F(Import, WhatIsFineIsAdoptedAndNothingInTheZoneChanges) {
  Scene scene{lab, parts()};
  scene.daemon().start();
  const auto now = std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now());
  plant(domains::hand_made(0, now));
  const auto before =
      by_owner(json::parse(scene.ctl({"names", "import", "money.test", "--json"}).output).as_object());

  const auto shown = scene.ctl({"names", "adopt", "money.test", "--all", "--owner", "o1", "--dry-run"});
  EXPECT_THAT(shown.output, HasSubstr("8 names would be adopted"));
  const auto ended =
      scene.ctl({"names", "adopt", "money.test", "--all", "--owner", "o1", "--reference", "r1"});
  EXPECT_EQ(ended.exit_code, 0) << ended.errors << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("8 of 8 adopted"));
  EXPECT_THAT(ended.errors, HasSubstr("needs --take-over"));

  const json::object name = scene.get("/v1/names/plain.v0@money.test");
  EXPECT_EQ(text(name, "state"), "live");
  EXPECT_EQ(text(name, "owner"), "o1");
  EXPECT_EQ(text(name, "reference"), "r1");
  EXPECT_EQ(text(name.at("source").as_object(), "kind"), "external");
  EXPECT_EQ(text(name, "value"), "bitcoin:?lno=" + domains::offer_number(0));
  EXPECT_THAT(scene.event_types("plain.v0@money.test"),
              ElementsAre("run.accepted", "name.published", "name.live", "run.completed"));

  const auto after =
      by_owner(json::parse(scene.ctl({"names", "import", "money.test", "--json"}).output).as_object());
  ASSERT_EQ(after.size(), before.size());
  for (const auto& [owner, entry] : before)
    EXPECT_EQ(after.at(owner).at("records"), entry.at("records")) << owner;
  EXPECT_EQ(text(after.at(std::string{"plain.v0."} + kSuffix), "kind"), "ours");
  // Once more is nothing more.
  const auto again = scene.ctl({"names", "adopt", "money.test", "--all", "--owner", "o1"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.output, HasSubstr("0 of 0 adopted"));
}

TEST_F(Import, ConflictsAreTakenOverOnlyOnConfirmation) {
  Scene scene{lab, parts()};
  scene.daemon().start();
  const auto now = std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now());
  plant(domains::hand_made(0, now));
  const std::vector<std::string> names{"--names", "decoy.v0,upper.v0@money.test,twopayments.v0"};
  std::vector<std::string> words{"names", "adopt", "money.test", "--owner", "o1"};
  words.insert(words.end(), names.begin(), names.end());
  const auto refused = scene.ctl(words);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(values_of("decoy.v0@money.test"), testing::SizeIs(2));

  words.push_back("--take-over");
  const auto ended = scene.ctl(words);
  EXPECT_EQ(ended.exit_code, 1) << "twopayments cannot be adopted";
  EXPECT_THAT(ended.output, HasSubstr("v=spf1 -all")) << "what is removed is shown";
  EXPECT_THAT(ended.output, HasSubstr("2 of 2 adopted"));
  EXPECT_THAT(ended.errors, HasSubstr("left: twopayments.v0@money.test"));
  const std::string value = "bitcoin:?lno=" + domains::offer_number(0);
  EXPECT_THAT(values_of("decoy.v0@money.test"), ElementsAre(value));
  EXPECT_THAT(values_of("upper.v0@money.test"), ElementsAre(value));
  EXPECT_THAT(values_of("twopayments.v0@money.test"), testing::SizeIs(2));
  EXPECT_EQ(text(scene.get("/v1/names/upper.v0@money.test"), "state"), "live");
}

TEST_F(Import, WhatIsAdoptedIsWhatWasShown) {
  Scene scene{lab, parts()};
  scene.daemon().start();
  const std::string owner = std::string{"alice."} + kSuffix;
  lab.put_txt(kZone, owner, {"bitcoin:?lno=" + domains::offer_number(1)});
  const json::object page = scene.get("/v1/domains/money.test/zone-names");
  const std::string shown = text(page.at("items").as_array().at(0).as_object(), "fingerprint");
  lab.put_txt(kZone, owner, {"bitcoin:?lno=" + domains::offer_number(2)});
  const auto stale =
      scene.send("POST", "/v1/names/alice@money.test/adopt", fmt::format(R"({{"fingerprint":"{}"}})", shown));
  EXPECT_EQ(stale.status, 409) << stale.body;
  EXPECT_THAT(stale.body, HasSubstr("look at it again"));
  const std::vector<std::pair<std::string, std::string>> key{{"Idempotency-Key", "k1"},
                                                             {"Prefer", "wait=30"}};
  const auto adopted = scene.send("POST", "/v1/names/alice@money.test/adopt", "{}", key);
  EXPECT_EQ(adopted.status, 201) << adopted.body;
  const auto replayed = scene.send("POST", "/v1/names/alice@money.test/adopt", "{}", key);
  EXPECT_EQ(replayed.status, 201) << replayed.body;
  EXPECT_EQ(replayed.header("idempotency-replayed"), "true");
  EXPECT_EQ(scene.send("POST", "/v1/names/alice@money.test/adopt", "{}").status, 409);
  EXPECT_EQ(scene.send("POST", "/v1/names/nobody@money.test/adopt", "{}").status, 409);
}

// A server that never answers keeps the record from being seen everywhere, and the run is turned back.
TEST_F(Import, AnAdoptionThatIsTurnedBackLeavesTheRecordAsItWas) {
  Parts all = parts();
  all.pipelines = register_pipeline({}, "timeout = \"2s\"\ndeadline = \"3s\"\non_exhausted = \"compensate\"");
  Scene scene{lab, all};
  scene.daemon().start();
  const std::string value = "bitcoin:?lno=" + domains::offer_number(1);
  const std::string zone = "halfdown.test.";
  lab.put_txt(zone, "alice.user._bitcoin-payment." + zone, {value});
  lab.put_txt(zone, "bob.user._bitcoin-payment." + zone, {domains::upper(value)});
  lab.put_txt(zone, "carol.user._bitcoin-payment." + zone, {value, "decoy"});
  for (const auto& [name, body] :
       {std::pair{"alice@halfdown.test", "{}"}, std::pair{"bob@halfdown.test", "{\"take_over\":true}"},
        std::pair{"carol@halfdown.test", "{\"take_over\":true}"}}) {
    const auto reply =
        scene.send("POST", fmt::format("/v1/names/{}/adopt", name), body, {{"Prefer", "wait=60"}});
    EXPECT_EQ(text(reply.json().as_object(), "state"), "compensated") << reply.body;
    EXPECT_EQ(scene.send("GET", fmt::format("/v1/names/{}", name)).status, 404);
  }
  EXPECT_THAT(values_of("alice@halfdown.test"), ElementsAre(value));
  EXPECT_THAT(values_of("bob@halfdown.test"), ElementsAre(domains::upper(value)));
  // Two records cannot come back together; what is left is what one of them said.
  EXPECT_THAT(values_of("carol@halfdown.test"), ElementsAre(value));
}

}  // namespace
}  // namespace paynamed::e2e
