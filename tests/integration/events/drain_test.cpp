// The end of a server, and its begin.
#include <future>
#include <set>

#include "paynamed/plugin/v1/event_server.pb.h"
#include "scene.hpp"

namespace paynamed {
namespace {

namespace json = boost::json;
using fakes::WebSocketClient;
using ::testing::HasSubstr;

class Drain : public WebSocketScene {};

TEST_F(Drain, EverybodyIsAskedToLeaveAndToComeBackLater) {
  start();
  std::vector<WebSocketClient> clients;
  for (int i = 0; i < 30; ++i) clients.push_back(subscriber());
  auto stopping = std::async(std::launch::async, [&] { return host().stop(base::Duration{3'000}); });
  std::set<std::int64_t> hints;
  for (auto& each : clients) {
    EXPECT_EQ(each.read_close(), 3001);
    const json::object reason = json::parse(each.last_reason()).as_object();
    EXPECT_EQ(reason.at("code"), json::value("draining"));
    const std::int64_t hint = reason.at("retry_after_ms").as_int64();
    EXPECT_GE(hint, 0);
    EXPECT_LE(hint, 1'250) << "so few need not wait long";
    hints.insert(hint);
    each.cut();
  }
  EXPECT_GT(hints.size(), 20U) << "they come back spread";
  EXPECT_EQ(stopping.get(), 0U);
}

TEST_F(Drain, NobodyNewGetsInMeanwhile) {
  start();
  auto one = subscriber();
  auto stopping = std::async(std::launch::async, [&] { return host().stop(base::Duration{2'000}); });
  EXPECT_EQ(one.read_close(), 3001);
  EXPECT_THROW(WebSocketClient(host().port()), std::runtime_error);
  one.cut();
  EXPECT_EQ(stopping.get(), 0U);
}

TEST_F(Drain, WhoDoesNotLeaveIsCut) {
  start();
  WebSocketClient half(host().port());
  auto deaf = subscriber();
  deaf.shrink_receive_buffer(4'096);
  await_connections(2);
  const std::uint64_t cut = host().stop(base::Duration{300});
  EXPECT_EQ(cut, 1U) << "who had not even asked for the upgrade does not count";
  EXPECT_TRUE(half.ends());
  EXPECT_TRUE(deaf.ends());
}

TEST_F(Drain, WithoutAnybodyItIsDoneAtOnce) {
  start();
  EXPECT_EQ(host().stop(base::Duration{60'000}), 0U);
}

TEST_F(Drain, AnInstanceThatWasNotDrainedEndsToo) {
  start();
  auto one = subscriber();
  host().end();
  EXPECT_TRUE(one.ends());
}

TEST_F(Drain, ASecondStartAnswersAsTheFirst) {
  start();
  const auto again = host().call("Start", "");
  ASSERT_TRUE(again);
  plugin::v1::StartServerReply reply;
  ASSERT_TRUE(reply.ParseFromString(*again));
  EXPECT_EQ(reply.addresses(0), "ws://127.0.0.1:" + std::to_string(host().port()) + "/v1/events");
}

TEST_F(Drain, ATakenAddressIsSaid) {
  start();
  const std::string taken = "127.0.0.1:" + std::to_string(host().port());
  state::TemporaryDirectory other;
  fakes::EventHost second(WEBSOCKET_MODULE, {{"listen", taken}}, other.path());
  try {
    second.start();
    FAIL() << "it listens";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("FAILED_PRECONDITION"));
    EXPECT_THAT(error.what(), HasSubstr(taken + " is taken"));
  }
}

TEST_F(Drain, ACertificateThatIsNotThereIsSaid) {
  fakes::EventHost second(
      WEBSOCKET_MODULE,
      {{"listen", "127.0.0.1:0"}, {"certificate", "/nowhere/a.pem"}, {"key", "/nowhere/b.pem"}},
      directory_.path());
  try {
    second.start();
    FAIL() << "it listens";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/a.pem cannot be used"));
  }
}

}  // namespace
}  // namespace paynamed
