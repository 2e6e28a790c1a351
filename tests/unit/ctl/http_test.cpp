// paynamectl's HTTP client against the API's server.
#include "ctl/http.hpp"

#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "api/server.hpp"
#include "tests/unit/api/fakes.hpp"

namespace paynamed::ctl {
namespace {

using ::testing::HasSubstr;

class HttpTest : public ::testing::Test {
 protected:
  // Ends after everything that may still want to wake a coroutine on it.
  boost::asio::io_context context;
  api::World world;
  base::SystemClock clock;
  std::unique_ptr<api::Server> server;
  std::thread thread;

  void SetUp() override {
    api::Dependencies with{world.engine,
                           world.store,
                           clock,
                           world.random,
                           world.log,
                           world.metrics,
                           [this] { return world.keys; },
                           [this] { return world.plugins; },
                           [this] { return world.readiness; },
                           [this] { return world.domains; },
                           [this](base::Name name, bool any) { return world.prove(std::move(name), any); }};
    with.feed = &world.feed;
    api::Settings settings;
    settings.listen = "127.0.0.1:0";
    auto started = api::Server::start(context, settings, std::move(with));
    ASSERT_TRUE(started) << started.error().to_string();
    server = std::move(*started);
    thread = std::thread{[this] { context.run(); }};
  }
  // A coroutine that still waits holds its connection, and that holds the coroutine.
  void let_waiters_end() {
    do {
      world.store.wake();
      std::promise<void> passed;
      boost::asio::post(context, [&] { passed.set_value(); });
      passed.get_future().wait();
    } while (world.store.waiting != 0);
  }
  void TearDown() override {
    let_waiters_end();
    context.stop();
    thread.join();
    server.reset();
  }
  HttpConnection connection(const std::string& key) {
    return HttpConnection{*parse_url("http://127.0.0.1:" + std::to_string(server->port())), key};
  }
};

TEST_F(HttpTest, CallsComeThroughWholeAndAnswersToo) {
  HttpCall call;
  call.method = "POST";
  call.target = "/v1/names";
  call.body = R"({"name":"alice@example.com"})";
  call.headers.emplace_back("Prefer", "wait=1");
  call.headers.emplace_back("X-Correlation-Id", "c1");
  auto reply = connection("secret").send(call);
  ASSERT_TRUE(reply) << reply.error().message();
  EXPECT_EQ(reply->status, 201U);
  EXPECT_EQ(reply->headers.at("x-correlation-id"), "c1");
  EXPECT_THAT(reply->body, HasSubstr("alice@example.com"));
  ASSERT_EQ(world.engine.commands.size(), 1U);
  EXPECT_EQ(world.engine.commands[0].name.text(), "alice@example.com");
  HttpCall wrong;
  wrong.target = "/v1/names";
  EXPECT_EQ(connection("wrong").send(wrong)->status, 401U);
}

TEST_F(HttpTest, ADaemonThatDoesNotAnswerIsAnErrorInTime) {
  HttpCall call;
  call.target = "/v1/events?wait=60";
  call.timeout = base::Duration{100};
  auto reply = connection("secret").send(call);
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error().message(), HasSubstr("did not answer in time"));
}

TEST(Http, NobodyThereIsAnErrorThatSaysSo) {
  // A port that was free a moment ago.
  boost::asio::io_context context;
  boost::asio::ip::tcp::acceptor taken{context, {boost::asio::ip::address_v4::loopback(), 0}};
  const auto port = taken.local_endpoint().port();
  taken.close();
  for (const std::string scheme : {"http", "https"}) {
    HttpConnection connection{*parse_url(scheme + "://127.0.0.1:" + std::to_string(port)), ""};
    HttpCall call;
    call.target = "/healthz";
    auto reply = connection.send(call);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), base::Code::kUnavailable);
    EXPECT_THAT(reply.error().message(), HasSubstr("cannot reach the daemon"));
  }
}

TEST_F(HttpTest, TlsToAServerWithoutItIsAnError) {
  HttpConnection connection{*parse_url("https://127.0.0.1:" + std::to_string(server->port())), ""};
  HttpCall call;
  call.target = "/healthz";
  EXPECT_FALSE(connection.send(call));
}

}  // namespace
}  // namespace paynamed::ctl
