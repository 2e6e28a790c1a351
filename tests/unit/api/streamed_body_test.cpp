// A body between its writer, its connection and a daemon that stops; and the places of streams.
#include "api/streamed_body.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "api/open_streams.hpp"

namespace paynamed::api {
namespace {

namespace asio = boost::asio;
using ::testing::ElementsAre;

// A connection that keeps what it was handed until the test says what came of it.
struct Connection {
  std::vector<std::string> written;
  std::vector<BodyOutput::Then> thens;
  bool ended = false;

  BodyOutput output() {
    return {[this](std::string bytes, BodyOutput::Then then) {
              written.push_back(std::move(bytes));
              thens.push_back(std::move(then));
            },
            [this](std::string last, BodyOutput::Then then) {
              written.push_back(std::move(last));
              thens.push_back(std::move(then));
              ended = true;
            }};
  }
};

class StreamedBodyTest : public ::testing::Test {
 protected:
  asio::io_context context;
  Connection connection;
  StreamedBody body{connection.output()};
  std::vector<bool> taken;

  void write(std::string bytes) {
    asio::co_spawn(
        context,
        [](StreamedBody& to, std::string text, std::vector<bool>& results) -> asio::awaitable<void> {
          const bool result = co_await to.write(std::move(text));
          results.push_back(result);
        }(body, std::move(bytes), taken),
        asio::detached);
    turn();
  }
  void turn() {
    context.restart();
    context.poll();
  }
};

TEST_F(StreamedBodyTest, AWriteEndsWhenTheSocketHasIt) {
  write("a");
  EXPECT_TRUE(taken.empty());
  connection.thens.at(0)(true);
  turn();
  EXPECT_THAT(taken, ElementsAre(true));
  write("b");
  connection.thens.at(1)(false);
  turn();
  EXPECT_THAT(taken, ElementsAre(true, false));
}

TEST_F(StreamedBodyTest, ADroppedWriteCountsAsFailed) {
  write("a");
  connection.thens.clear();
  turn();
  EXPECT_THAT(taken, ElementsAre(false));
}

TEST_F(StreamedBodyTest, TheEndComesAfterTheWriteThatWaits) {
  write("a");
  int ends = 0;
  body.end("last", [&] { ++ends; });
  body.end("again", [&] { ++ends; });
  EXPECT_THAT(connection.written, ElementsAre("a", "last"));
  EXPECT_TRUE(connection.ended);
  connection.thens.at(0)(true);
  turn();
  EXPECT_THAT(taken, ElementsAre(true)) << "the writer hears of its own write";
  EXPECT_EQ(ends, 0);
  connection.thens.at(1)(true);
  EXPECT_EQ(ends, 1);
  write("b");
  EXPECT_THAT(taken, ElementsAre(true, false));
  EXPECT_EQ(connection.written.size(), 2U) << "nothing is written after the end";
}

TEST(OpenStreamsTest, AStopEndsAllAndThoseThatComeLater) {
  asio::io_context context;
  base::ManualClock clock{*base::from_rfc3339("2026-11-23T12:00:00.000Z")};
  observe::Metrics metrics;
  OpenStreams streams{{10, 10}, clock, metrics};
  const auto one = *streams.take(1);
  const auto two = *streams.take(2);
  const auto left = *streams.take(2);
  std::vector<std::size_t> told;
  const auto end = [&](std::size_t open) { told.push_back(open); };
  one->at_stop(end);
  left->at_stop(end);
  left->leave();
  streams.stop();
  EXPECT_THAT(told, ElementsAre(2U)) << "one is told; the other has not said yet how to end it";
  two->at_stop(end);
  EXPECT_THAT(told, ElementsAre(2U, 2U));

  std::optional<bool> clean;
  asio::co_spawn(
      context,
      [](OpenStreams& of, std::optional<bool>& result) -> asio::awaitable<void> {
        const bool drained = co_await of.drained(base::Duration{1'000});
        result = drained;
      }(streams, clean),
      asio::detached);
  context.poll();
  one->leave();
  context.restart();
  context.poll();
  EXPECT_FALSE(clean);
  two->leave();
  two->leave();
  context.restart();
  context.poll();
  EXPECT_EQ(clean, true);
}

TEST(OpenStreamsTest, APlaceMayEndAfterTheStreams) {
  base::ManualClock clock{*base::from_rfc3339("2026-11-23T12:00:00.000Z")};
  std::shared_ptr<OpenStreams::Place> place;
  {
    observe::Metrics metrics;
    OpenStreams streams{{10, 10}, clock, metrics};
    place = *streams.take(1);
  }
  place.reset();
}

}  // namespace
}  // namespace paynamed::api
