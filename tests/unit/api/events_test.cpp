// Events: pages, positions, the long poll, and the envelope.
#include <gmock/gmock.h>

#include "fakes.hpp"

namespace paynamed::api {
namespace {

using ::testing::HasSubstr;

state::Event event(std::uint64_t seq, std::string data = "{}") {
  state::Event out;
  out.seq = seq;
  out.type = "name.live";
  out.subject = "alice@example.com";
  out.id = run_id(static_cast<std::uint8_t>(seq));
  out.time = noon();
  out.run = run_id(99);
  out.correlation_id = "c1";
  out.data = std::move(data);
  return out;
}

TEST_F(ApiTest, AnEventIsACloudEventWithItsDataByteForByte) {
  const std::string data = "{ \"b\" : 1.0, \"a\":\"\\u00e9\" }";
  world.store.add_event(event(1, data));
  const Response response = get("/v1/events");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("\"data\":" + data));
  const json::object body = object_of(response);
  const json::object first = body.at("items").as_array().at(0).as_object();
  const std::map<std::string, std::string> expected{{"specversion", "1.0"},
                                                    {"id", run_id(1).to_string()},
                                                    {"source", "/tenants/default"},
                                                    {"type", "name.live"},
                                                    {"subject", "alice@example.com"},
                                                    {"time", "2026-11-23T12:00:00.000Z"},
                                                    {"timestamp", "2026-11-23T12:00:00.000Z"},
                                                    {"datacontenttype", "application/json"},
                                                    {"seq", "1"},
                                                    {"position", "2-1"},
                                                    {"run", run_id(99).to_string()},
                                                    {"correlationid", "c1"}};
  for (const auto& [member, value] : expected) EXPECT_EQ(text_of(first, member), value) << member;
  EXPECT_FALSE(first.contains("traceparent"));
  // CloudEvents 1.0 section 3.1: attribute names are of lower case letters and digits.
  for (const auto& member : first) {
    EXPECT_EQ(std::string_view{member.key()}.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"),
              std::string_view::npos);
  }
}

TEST_F(ApiTest, PagesOfEventsFollowEachOther) {
  for (std::uint64_t seq = 1; seq <= 5; ++seq) world.store.add_event(event(seq));
  std::string after;
  std::vector<std::string> seen;
  for (int pages = 0; pages < 10; ++pages) {
    const json::object page = object_of(get("/v1/events?limit=2&after=" + after));
    EXPECT_EQ(text_of(page, "head"), "2-5");
    after = text_of(page, "next");
    if (page.at("items").as_array().empty()) break;
    for (const json::value& item : page.at("items").as_array())
      seen.push_back(text_of(item.as_object(), "seq"));
  }
  EXPECT_THAT(seen, ::testing::ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_EQ(after, "2-5");
  for (const auto* bad : {"after=x", "limit=0", "limit=1001", "wait=61", "wait=x"}) {
    EXPECT_EQ(get(std::string{"/v1/events?"} + bad).status, 400) << bad;
  }
  EXPECT_EQ(get("/v1/events?after=1-3").status, 410) << "a position of another epoch";
}

TEST_F(ApiTest, APageHasWhatIsInTheLogByNow) {
  for (std::uint64_t seq = 1; seq <= 3; ++seq) world.store.add_event(event(seq));
  EXPECT_EQ(object_of(get("/v1/events")).at("items").as_array().size(), 3U);
  world.store.add_event(event(4));
  EXPECT_EQ(text_of(object_of(get("/v1/events?limit=3")), "head"), "2-4") << "there is more";
  world.store.add_event(event(5));
  const json::object page = object_of(get("/v1/events"));
  EXPECT_EQ(page.at("items").as_array().size(), 5U) << "what was read before is in memory, and not all";
  EXPECT_EQ(text_of(page, "next"), "2-5");
  EXPECT_EQ(text_of(page, "head"), "2-5");
}

TEST_F(ApiTest, ALongPollEndsWithTheNextEvent) {
  std::optional<Response> response;
  start({"GET", "/v1/events?wait=60", {}, {}}, response);
  EXPECT_FALSE(response);
  world.store.add_event(event(1));
  turn();
  ASSERT_TRUE(response);
  EXPECT_EQ(object_of(*response).at("items").as_array().size(), 1U);
}

TEST_F(ApiTest, ALongPollEndsEmptyWhenItsTimeIsOver) {
  std::optional<Response> response;
  start({"GET", "/v1/events?wait=5", {}, {}}, response);
  world.clock.advance(std::chrono::milliseconds{4999});
  turn();
  EXPECT_FALSE(response);
  world.clock.advance(std::chrono::milliseconds{1});
  turn();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_TRUE(object_of(*response).at("items").as_array().empty());
}

state::Event about(std::uint64_t seq, std::string type, std::string name) {
  state::Event out = event(seq);
  out.type = std::move(type);
  out.subject = std::move(name);
  return out;
}

// The seqs of a page, in its order.
std::vector<std::string> seqs_of(const json::object& page) {
  std::vector<std::string> out;
  for (const json::value& item : page.at("items").as_array()) out.push_back(text_of(item.as_object(), "seq"));
  return out;
}

TEST_F(ApiTest, AFilteredPageMovesOnOverWhatDoesNotMatch) {
  world.store.add_event(about(1, "name.live", "alice@example.com"));
  world.store.add_event(about(2, "payment.received", "alice@example.com"));
  world.store.add_event(about(3, "payment.received", "bob@example.com"));
  world.store.add_event(about(4, "invoice.paid", "alice@example.com"));
  world.store.add_event(about(5, "domain.degraded", "example.com"));
  struct Case {
    std::string query;
    std::vector<std::string> seqs;
    std::string next;
  };
  for (const Case& c : std::vector<Case>{{"", {"1", "2", "3", "4", "5"}, "2-5"},
                                         {"types=payment.*", {"2", "3"}, "2-5"},
                                         {"types=payment.*&limit=1", {"2"}, "2-2"},
                                         {"types=payment.*&limit=1&after=2-2", {"3"}, "2-3"},
                                         {"types=payment.*&after=2-3", {}, "2-5"},
                                         {"types=name.live,domain.*", {"1", "5"}, "2-5"},
                                         {"names=Alice@example.com", {"1", "2", "4"}, "2-5"},
                                         {"names=bob@example.com,carol@example.com", {"3"}, "2-5"},
                                         {"names=alice@example.com&types=payment.*", {"2"}, "2-5"},
                                         {"types=order.*", {}, "2-5"}}) {
    const json::object page = object_of(get("/v1/events?" + c.query));
    EXPECT_EQ(seqs_of(page), c.seqs) << c.query;
    EXPECT_EQ(text_of(page, "next"), c.next) << c.query;
    EXPECT_EQ(text_of(page, "head"), "2-5") << c.query;
  }
  for (const auto* bad : {"types=Payment", "types=payment.,name.live", "types=,", "names=alice",
                          "names=a@b@c", "type=payment.*"}) {
    EXPECT_EQ(get(std::string{"/v1/events?"} + bad).status, 400) << bad;
  }
}

TEST_F(ApiTest, AFilteredLongPollWaitsForWhatMatches) {
  world.store.add_event(event(1));
  std::optional<Response> response;
  start({"GET", "/v1/events?wait=60&types=payment.*", {}, {}}, response);
  for (std::uint64_t seq = 2; seq <= 4; ++seq) {
    world.store.add_event(event(seq));
    turn();
    EXPECT_FALSE(response) << "an event that does not match must not end the poll";
  }
  world.store.add_event(about(5, "payment.received", "alice@example.com"));
  turn();
  ASSERT_TRUE(response);
  EXPECT_THAT(seqs_of(object_of(*response)), ::testing::ElementsAre("5"));
}

TEST_F(ApiTest, AFilteredLongPollWithoutAMatchSaysHowFarItLooked) {
  world.store.add_event(event(1));
  std::optional<Response> response;
  start({"GET", "/v1/events?wait=5&types=payment.*", {}, {}}, response);
  world.clock.advance(std::chrono::seconds{3});
  world.store.add_event(event(2));
  turn();
  EXPECT_FALSE(response);
  world.clock.advance(std::chrono::seconds{2});
  turn();
  ASSERT_TRUE(response) << "events that do not match must not make the poll longer";
  EXPECT_EQ(text_of(object_of(*response), "next"), "2-2");
}

TEST_F(ApiTest, AFilterLooksThroughSoMuchAndSaysWhereItIs) {
  constexpr std::uint64_t kEvents = 25'000;
  for (std::uint64_t seq = 1; seq <= kEvents; ++seq) world.store.add_event(event(seq));
  const json::object page = object_of(get("/v1/events?types=payment.*"));
  EXPECT_THAT(seqs_of(page), ::testing::IsEmpty());
  EXPECT_EQ(text_of(page, "next"), "2-20000");
  EXPECT_EQ(text_of(page, "head"), "2-25000");
  EXPECT_EQ(text_of(object_of(get("/v1/events?types=payment.*&after=2-20000")), "next"), "2-25000");
}

}  // namespace
}  // namespace paynamed::api
