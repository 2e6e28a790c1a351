// Events as they leave: positions, the name that an event is about, and texts that need escapes. The envelope
// of a whole page is tested with the API.
#include "events/served_event.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace paynamed::events {
namespace {

TEST(Position, IsEpochAndSeq) {
  EXPECT_EQ(position_from("2-17"), (state::Position{2, 17}));
  EXPECT_EQ(position_from("17"), (state::Position{1, 17}));
  EXPECT_EQ(position_from(""), (state::Position{1, 0}));
  for (const auto* bad : {"-", "1-", "-1", "0-1", "a-1", "1-1-1", "1-18446744073709551616", "1 -1"}) {
    EXPECT_EQ(position_from(bad), std::nullopt) << bad;
  }
}

state::Event event_about(std::string subject, std::string data) {
  state::Event event;
  event.seq = 7;
  event.type = "payment.received";
  event.subject = std::move(subject);
  event.data = std::move(data);
  return event;
}

TEST(ServedEvent, KnowsTheNameThatItIsAbout) {
  struct Case {
    const char* rule;
    const char* subject;
    const char* data;
    const char* name;
  };
  for (const Case& each : {
           Case{"its subject", "alice@example.com", R"({"name":"bob@example.com"})", "alice@example.com"},
           Case{"what its data names", "0192-invoice", R"({"name":"bob@example.com"})", "bob@example.com"},
           Case{"none", "example.com", R"({"domain":"example.com"})", ""},
           Case{"a name that is no text", "x", R"({"name":1})", ""},
           Case{"data that is no object", "x", "[1]", ""},
           Case{"data that is no JSON", "x", "{", ""},
       }) {
    EXPECT_EQ(served(event_about(each.subject, each.data), "default", 1).name, each.name) << each.rule;
  }
}

TEST(ServedEvent, EscapesWhatIsNotItsOwn) {
  state::Event event = event_about("a\"b\\c\n\x01", "{}");
  event.correlation_id = "\t\"";
  const auto text = to_event_json(event, "shop/1 \"x\"", 3);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto parsed = boost::json::parse(text).as_object();
  EXPECT_EQ(parsed.at("subject").as_string(), event.subject);
  EXPECT_EQ(parsed.at("correlationid").as_string(), event.correlation_id);
  EXPECT_EQ(parsed.at("source").as_string(), "/tenants/shop%2F1%20%22x%22");
  EXPECT_EQ(parsed.at("position").as_string(), "3-7");
}

}  // namespace
}  // namespace paynamed::events
