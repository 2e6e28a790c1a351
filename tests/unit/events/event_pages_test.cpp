// The schema of events, its pages and the table of docs/events.md are about the same types, and the examples
// keep the schema as our own validator reads it. (tests/documents asks another one.)
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "events/served_event.hpp"
#include "state/event_check.hpp"

namespace paynamed::events {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

const fs::path kDocs = fs::path{PAYNAMED_SOURCE_DIR} / "docs";

std::string read(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

// Of all versions.
std::set<std::string> types_of_schema() {
  std::set<std::string> types;
  const json::value schema = json::parse(state::events_schema());
  for (const auto& definition : schema.at("definitions").as_object()) {
    const std::string key{std::string_view{definition.key()}};
    if (const std::size_t dot = key.rfind(".v"); dot != key.npos) types.insert(key.substr(0, dot));
  }
  return types;
}

std::set<std::string> pages() {
  std::set<std::string> types;
  for (const auto& entry : fs::directory_iterator{kDocs / "events"})
    types.insert(entry.path().stem().string());
  return types;
}

TEST(EventPages, EveryTypeHasAPageAndEveryPageAType) {
  EXPECT_EQ(types_of_schema(), pages());
  EXPECT_GE(pages().size(), 50U);
}

TEST(EventPages, TheIndexLeadsToEveryPage) {
  const std::string index = read(kDocs / "events.md");
  for (const std::string& type : pages())
    EXPECT_THAT(index, ::testing::HasSubstr("[`" + type + "`](events/" + type + ".md)"));
}

TEST(EventPages, ExamplesKeepTheSchemaAndFieldsAreExplained) {
  const json::value schema = json::parse(state::events_schema());
  for (const std::string& type : pages()) {
    const std::string page = read(kDocs / "events" / (type + ".md"));
    EXPECT_TRUE(page.starts_with("# " + type + "\n")) << type;
    const std::size_t begin = page.find("```json\n");
    ASSERT_NE(begin, page.npos) << type;
    const std::string example = page.substr(begin + 8, page.find("```", begin + 8) - begin - 8);
    EXPECT_EQ(state::problem_of_event(example), std::nullopt) << type;
    const std::string of_example{std::string_view{json::parse(example).at("type").as_string()}};
    EXPECT_TRUE(of_example == type || of_example.starts_with(type + ".")) << of_example;
    const auto& fields = schema.at("definitions").at(type + ".v1").at("properties").as_object();
    for (const auto& field : fields)
      EXPECT_THAT(page, ::testing::HasSubstr("| `" + std::string{std::string_view{field.key()}} + "`"))
          << type;
  }
}

TEST(EventSchema, WhatIsServedKeepsTheEnvelope) {
  state::Event event;
  event.seq = 17;
  event.type = "name.recovered";
  event.subject = "alice@example.com";
  event.id = *base::Uuid::parse("019ab12c-7d00-7001-8a00-000000000001");
  event.time = *base::from_rfc3339("2026-11-23T12:00:00.000Z");
  event.data = R"({"name":"alice@example.com"})";
  EXPECT_EQ(state::problem_of_event(to_event_json(event, "a tenant", 1)), std::nullopt);
  event.run = event.id;
  event.correlation_id = "c \" 1";
  event.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(state::problem_of_event(to_event_json(event, "a tenant", 1)), std::nullopt);
  event.data = "{}";
  EXPECT_NE(state::problem_of_event(to_event_json(event, "a tenant", 1)), std::nullopt);
}

TEST(EventSchema, ABrokenEventIsSeen) {
  struct Case {
    std::string type;
    std::uint32_t version;
    std::string data;
    std::string problem;  // nothing: it is fine
  };
  for (const Case& c : std::vector<Case>{
           {"name.recovered", 1, R"({"name":"a@b.c"})", ""},
           {"name.recovered", 1, R"({"name":"a@b.c","new":[]})", ""},
           {"name.recovered", 1, R"({"name":"ab.c"})", "name"},
           {"name.recovered", 1, R"({"name":1})", "name"},
           {"name.recovered", 1, "{}", "name"},
           {"name.recovered", 1, "[]", "type"},
           {"name.recovered", 1, "{", "JSON"},
           {"name.recovered", 2, R"({"name":"a@b.c"})", "name.recovered.v2"},
           {"name.invented", 1, "{}", "name.invented.v1"},
           {"custom.made", 1, R"({"name":"a@b.c","run":"019ab12c-7d00-7001-8a00-000000000001"})", ""},
           {"custom.made", 1, R"({"name":"a@b.c"})", "run"},
           {"offer.expiring", 1, R"({"name":"a@b.c","offer_id":"1","expires":"2026-11-23T12:00:00.000Z"})",
            ""},
           {"offer.expiring", 1, R"({"name":"a@b.c","offer_id":"1","expires":"2026-11-23T12:00:00Z"})",
            "expires"},
           {"offer.expiring", 1, R"({"name":"a@b.c","offer_id":"","expires":"2026-11-23T12:00:00.000Z"})",
            "offer_id"},
           {"domain.expiring", 1, R"({"domain":"b.c","what":"keys","until":"2026-11-23T12:00:00.000Z"})",
            "what"}}) {
    const auto problem = state::problem_of_data(c.type, c.version, c.data);
    if (c.problem.empty()) {
      EXPECT_EQ(problem, std::nullopt) << c.type << c.data;
    } else {
      EXPECT_THAT(problem.value_or("none"), ::testing::HasSubstr(c.problem)) << c.type << c.data;
    }
  }
}

TEST(EventSchemaDeathTest, WhoWritesABrokenEventEnds) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  state::NewEvent event;
  event.type = "name.recovered";
  event.data = R"({"name":"a@b.c"})";
  state::check_event(event);
  event.data = "{}";
  EXPECT_DEATH(state::check_event(event), "name.recovered does not keep");
}

}  // namespace
}  // namespace paynamed::events
