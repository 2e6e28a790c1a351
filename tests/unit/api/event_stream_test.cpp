// Streams of events without sockets: where they begin, what they write, and when they end.
#include <gmock/gmock.h>

#include "fakes.hpp"

namespace paynamed::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

// A reader whose socket takes what it is told to take.
class FakeReader final : public BodyWriter {
 public:
  explicit FakeReader(base::Clock& clock) : changed_(clock) {}

  std::vector<std::string> pieces;
  bool reads = true;  // else a write waits for let_go()
  bool gone = false;
  bool ended_from_outside = false;

  asio::awaitable<bool> write(std::string bytes) override {
    if (gone) co_return false;
    pieces.push_back(std::move(bytes));
    const std::uint64_t seen = changed_.count();
    if (!reads) co_await changed_.wait(seen, std::chrono::hours{1});
    co_return !gone;
  }
  bool ended() const override { return ended_from_outside; }
  void let_go() { changed_.notify(); }
  std::string text() const {
    std::string all;
    for (const std::string& piece : pieces) all += piece;
    return all;
  }
  // The ids of the events so far; one id may be a heartbeat's.
  std::vector<std::string> ids() const {
    std::vector<std::string> out;
    const std::string all = text();
    for (std::size_t at = all.find("id: "); at != all.npos; at = all.find("id: ", at + 1))
      out.push_back(all.substr(at + 4, all.find('\n', at) - at - 4));
    return out;
  }

 private:
  base::Broadcast changed_;
};

class EventStreamTest : public ApiTest {
 protected:
  StreamLimits stream_limits;
  std::shared_ptr<FakeReader> reader = std::make_shared<FakeReader>(world.clock);
  bool ended = false;
  // As the server does; in here so that streams that stay open end with the test.
  std::vector<Service::Progress> open;

  void SetUp() override {
    service_ = std::make_unique<Service>(world.dependencies(), limits, rate, stream_limits);
  }
  // Its streams use it.
  void TearDown() override { open.clear(); }

  // The head, or a refusal; the body is written to `reader`.
  Response open_stream(const std::string& query, const std::string& last_event_id = {},
                       const std::string& key = "secret") {
    Request request;
    fill({"GET", "/v1/events/stream" + query, {}, {}, key}, request);
    if (!last_event_id.empty()) request.headers.add("Last-Event-ID", last_event_id);
    Service::Progress progress = service().begin(request);
    if (!progress.stream) {
      EXPECT_TRUE(progress.response);
      Response refusal = progress.response ? std::move(*progress.response) : Response{};
      service().finish(request, progress, refusal);
      return refusal;
    }
    service().finish(request, progress, progress.stream->head);
    ended = false;
    asio::co_spawn(context, progress.stream->body(reader), [this](std::exception_ptr error) {
      EXPECT_FALSE(error);
      ended = true;
    });
    turn();
    open.push_back(std::move(progress));
    return open.back().stream->head;
  }
  void add(std::uint64_t seq, std::string type = "name.live", std::string data = "{}") {
    state::Event event;
    event.seq = seq;
    event.type = std::move(type);
    event.subject = "alice@example.com";
    event.id = run_id(static_cast<std::uint8_t>(seq));
    event.time = noon();
    event.data = std::move(data);
    world.store.add_event(std::move(event));
    turn();
  }
  void pass(base::Duration time) {
    world.clock.advance(time);
    turn();
  }
};

TEST_F(EventStreamTest, EventsComeAsTheyHappen) {
  add(1);
  const Response head = open_stream("");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(header_of(head, "Content-Type"), "text/event-stream");
  EXPECT_EQ(header_of(head, "Paynamed-Stream-Start"), "2-1") << "without a position it begins now";
  EXPECT_EQ(header_of(head, "Cache-Control"), "no-store");
  EXPECT_EQ(header_of(head, "X-Accel-Buffering"), "no");
  EXPECT_THAT(reader->text(), MatchesRegex("retry: [2-5][0-9][0-9][0-9]\n\n"));
  reader->pieces.clear();
  add(2, "payment.received", R"({"a":1})");
  const std::string text = reader->text();
  EXPECT_THAT(text, StartsWith("id: 2-2\nevent: payment.received\ndata: {\"specversion\":\"1.0\","));
  EXPECT_THAT(text, HasSubstr(R"("data":{"a":1}})"));
  EXPECT_TRUE(text.ends_with("}\n\n"));
  // The same text as in a page.
  const std::string page = get("/v1/events?after=2-1").body;
  EXPECT_THAT(page, HasSubstr(text.substr(text.find('{'), text.rfind('}') - text.find('{') + 1)));
  EXPECT_FALSE(ended);
}

TEST_F(EventStreamTest, AStreamBeginsWhereItIsTold) {
  for (std::uint64_t seq = 1; seq <= 4; ++seq) add(seq);
  struct Case {
    std::string query;
    std::string header;
    std::string start;
    std::vector<std::string> ids;
  };
  for (const Case& c : std::vector<Case>{
           {"", "", "2-4", {}},
           {"?last_event_id=now", "", "2-4", {}},
           {"?last_event_id=earliest", "", "2-0", {"2-1", "2-2", "2-3", "2-4"}},
           {"", "earliest", "2-0", {"2-1", "2-2", "2-3", "2-4"}},
           {"?last_event_id=2-2", "", "2-2", {"2-3", "2-4"}},
           {"", "2-3", "2-3", {"2-4"}},
           {"?last_event_id=2-1",
            "2-3",
            "2-3",
            {"2-4"}},  // a browser sends the address of the first time again
           {"?last_event_id=earliest", "2-4", "2-4", {}},
           {"?last_event_id=2-4", "", "2-4", {}},
       }) {
    reader = std::make_shared<FakeReader>(world.clock);
    const Response head = open_stream(c.query, c.header);
    EXPECT_EQ(head.status, 200) << c.query << " " << c.header;
    EXPECT_EQ(header_of(head, "Paynamed-Stream-Start"), c.start) << c.query << " " << c.header;
    EXPECT_EQ(reader->ids(), c.ids) << c.query << " " << c.header;
  }
  for (const auto* bad : {"?last_event_id=x", "?last_event_id=2-", "?last_event_id=0-1", "?last_event_id=-1",
                          "?types=Payment", "?on_loss=maybe", "?after=2-1"}) {
    EXPECT_EQ(open_stream(bad).status, 400) << bad;
  }
  EXPECT_EQ(open_stream("", "", "wrong").status, 401);
}

TEST_F(EventStreamTest, APositionOfAnotherLogIsRefusedOrToldInTheStream) {
  for (std::uint64_t seq = 1; seq <= 3; ++seq) add(seq);
  const Response gone = open_stream("", "1-2");
  EXPECT_EQ(gone.status, 410);
  EXPECT_EQ(text_of(object_of(gone), "type"), "/problems/position-gone");
  EXPECT_EQ(header_of(gone, "Content-Type"), "application/problem+json");
  EXPECT_EQ(open_stream("?on_loss=refuse", "1-2").status, 410);

  const Response head = open_stream("?on_loss=reset", "1-2");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(header_of(head, "Paynamed-Stream-Start"), "2-3");
  EXPECT_THAT(reader->text(),
              HasSubstr("id: 2-3\nevent: reset\n"
                        "data: {\"reason\":\"position-gone\",\"asked\":\"1-2\",\"position\":\"2-3\"}\n\n"));
  add(4);
  EXPECT_THAT(reader->ids(), ElementsAre("2-3", "2-4")) << "nothing of before, and all since";
}

TEST_F(EventStreamTest, AStreamHasWhatPassesItsFilter) {
  open_stream("?types=payment.*,invoice.paid&names=alice@example.com");
  add(1, "name.live");
  add(2, "payment.received");
  add(3, "invoice.created");
  add(4, "invoice.paid");
  EXPECT_THAT(reader->ids(), ElementsAre("2-2", "2-4"));
}

TEST_F(EventStreamTest, SilenceIsBrokenByHeartbeats) {
  open_stream("");
  reader->pieces.clear();
  pass(std::chrono::milliseconds{14'999});
  EXPECT_EQ(reader->text(), "");
  pass(std::chrono::milliseconds{1});
  EXPECT_EQ(reader->text(), ": alive\n\n");
  pass(std::chrono::seconds{10});
  add(1);
  pass(std::chrono::seconds{10});
  EXPECT_THAT(reader->text(), Not(HasSubstr(": alive\n\n: alive"))) << "an event counts as well";
  pass(std::chrono::seconds{5});
  EXPECT_EQ(reader->pieces.back(), ": alive\n\n");
}

TEST_F(EventStreamTest, AHeartbeatMovesTheReaderOverWhatDoesNotPassItsFilter) {
  open_stream("?types=payment.*");
  reader->pieces.clear();
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    pass(std::chrono::seconds{6});
    add(seq);
  }
  EXPECT_EQ(reader->text(), ": alive\nid: 2-2\n\n") << "events that it does not see do not put it off";
  pass(std::chrono::seconds{15});
  EXPECT_EQ(reader->pieces.back(), ": alive\nid: 2-3\n\n");
  pass(std::chrono::seconds{15});
  EXPECT_EQ(reader->pieces.back(), ": alive\n\n");
}

TEST_F(EventStreamTest, ASlowReaderCostsOnePiece) {
  reader->reads = false;
  open_stream("?last_event_id=earliest");
  const std::string large = R"({"a":")" + std::string(60'000, 'x') + R"("})";
  for (std::uint64_t seq = 1; seq <= 100; ++seq) add(seq, "name.live", large);
  EXPECT_EQ(reader->pieces.size(), 1U) << "nothing is written before the socket has taken the last piece";
  std::size_t most = 0;
  for (int i = 0; i < 200; ++i) {
    const std::size_t before = reader->pieces.size();
    reader->let_go();
    turn();
    EXPECT_LE(reader->pieces.size(), before + 1);
    most = std::max(most, reader->pieces.back().size());
  }
  EXPECT_LE(most, 130'000U) << "what may be kept for a reader does not grow with what waits for it";
  std::vector<std::string> all;
  for (int seq = 1; seq <= 100; ++seq) all.push_back("2-" + std::to_string(seq));
  EXPECT_EQ(reader->ids(), all);
}

TEST_F(EventStreamTest, AReaderThatIsGoneEndsItsStream) {
  open_stream("");
  reader->gone = true;
  add(1);
  EXPECT_TRUE(ended);
}

TEST_F(EventStreamTest, WhoWasEndedFromOutsideWritesNothingMore) {
  open_stream("");
  reader->pieces.clear();
  reader->ended_from_outside = true;
  world.store.wake();
  turn();
  EXPECT_TRUE(ended);
  EXPECT_TRUE(reader->pieces.empty());
}

TEST_F(EventStreamTest, AStreamEndsWithItsKey) {
  open_stream("");
  world.keys.erase(world.keys.begin());
  pass(std::chrono::seconds{15});
  EXPECT_TRUE(ended);
  EXPECT_EQ(open_stream("").status, 401);
}

TEST_F(EventStreamTest, AKeyThatIsAnotherTenantsByNowOpensNothing) {
  open_stream("");
  world.keys.front().tenant = "other";
  pass(std::chrono::seconds{15});
  EXPECT_TRUE(ended);
}

TEST_F(EventStreamTest, AcceptsWhatReadersOfStreamsSend) {
  for (const auto& [accept, status] : std::vector<std::pair<std::string, unsigned>>{
           {"text/event-stream", 200}, {"*/*", 200}, {"text/*", 200}, {"text/html", 406}}) {
    Request request;
    fill({"GET", "/v1/events/stream", {}, {{"Accept", accept}}}, request);
    const Service::Progress progress = service().begin(request);
    EXPECT_EQ(progress.stream ? 200U : progress.response->status, status) << accept;
  }
}

class FewStreamsTest : public EventStreamTest {
 protected:
  FewStreamsTest() { stream_limits = {3, 2}; }
};

TEST_F(FewStreamsTest, StreamsAreCountedByKeyAndInAll) {
  EXPECT_EQ(open_stream("").status, 200);
  EXPECT_EQ(open_stream("").status, 200);
  const Response of_key = open_stream("");
  EXPECT_EQ(of_key.status, 429);
  EXPECT_EQ(text_of(object_of(of_key), "type"), "/problems/too-many-streams");
  EXPECT_EQ(header_of(of_key, "Retry-After"), "10");
  EXPECT_EQ(open_stream("", "", "other-secret").status, 200);
  const Response of_all = open_stream("", "", "other-secret");
  EXPECT_EQ(of_all.status, 503);
  EXPECT_EQ(header_of(of_all, "Retry-After"), "10");
  const std::string metrics = get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("paynamed_api_streams 3\n"));
  EXPECT_THAT(metrics, HasSubstr("paynamed_api_streams_refused_total 2\n"));

  EXPECT_EQ(open_stream("?types=Bad").status, 429) << "no place, no question what for";
  open.pop_back();
  EXPECT_EQ(open_stream("?types=Bad", "", "other-secret").status, 400);
  EXPECT_EQ(open_stream("", "", "other-secret").status, 200) << "a refused stream keeps no place";
  open.clear();
  EXPECT_THAT(get("/metrics").body, HasSubstr("paynamed_api_streams 0\n"));
}

}  // namespace
}  // namespace paynamed::api
