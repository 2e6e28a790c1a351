// The server on a real socket of 127.0.0.1.
#include "api/server.hpp"

#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <thread>

#include "fakes.hpp"

namespace paynamed::api {
namespace {

using asio::ip::tcp;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A client that sends bytes and reads answers, one connection.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(context_) {
    socket_.connect(tcp::endpoint{asio::ip::address_v4::loopback(), port});
  }
  void send(const std::string& bytes) { asio::write(socket_, asio::buffer(bytes)); }
  // Head and body of one answer; empty when the server closed the connection instead.
  std::string receive() {
    boost::system::error_code error;
    const std::size_t head = asio::read_until(socket_, asio::dynamic_buffer(buffer_), "\r\n\r\n", error);
    if (error) return {};
    const std::size_t at = buffer_.find("Content-Length: ");
    const std::size_t length = at == buffer_.npos ? 0 : std::stoul(buffer_.substr(at + 16));
    while (buffer_.size() < head + length) {
      asio::read(socket_, asio::dynamic_buffer(buffer_), asio::transfer_at_least(1), error);
      if (error) return {};
    }
    std::string out = buffer_.substr(0, head + length);
    buffer_.erase(0, head + length);
    return out;
  }
  bool closed_by_server() {
    boost::system::error_code error;
    char byte = 0;
    asio::read(socket_, asio::buffer(&byte, 1), error);
    return error == asio::error::eof || error == asio::error::connection_reset;
  }

 private:
  asio::io_context context_;
  tcp::socket socket_;
  std::string buffer_;
};

std::string request(const std::string& line, const std::string& headers = {}, const std::string& body = {}) {
  return line + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n" + headers +
         (body.empty()
              ? ""
              : "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n") +
         "\r\n" + body;
}

class ServerTest : public ::testing::Test {
 protected:
  World world;
  base::SystemClock clock;
  asio::io_context context;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::vector<std::thread> threads;
  std::unique_ptr<Server> server;

  void begin(Settings settings = {}) {
    settings.listen = "127.0.0.1:0";
    Dependencies with{world.engine,
                      world.store,
                      clock,
                      world.random,
                      world.log,
                      world.metrics,
                      [this] { return world.keys; },
                      [this] { return world.plugins; },
                      [this] { return world.readiness; },
                      [this] { return world.domains; }};
    with.config = [this] { return world.config; };
    auto started = Server::start(context, settings, std::move(with));
    ASSERT_TRUE(started) << started.error().to_string();
    server = std::move(*started);
    work.emplace(context.get_executor());
    for (int i = 0; i < 2; ++i) threads.emplace_back([this] { context.run(); });
  }
  bool stop(base::Duration deadline) {
    std::promise<bool> done;
    asio::co_spawn(
        context,
        [](Server& stopping, base::Duration until, std::promise<bool>& result) -> asio::awaitable<void> {
          const bool clean = co_await stopping.stop(until);
          result.set_value(clean);
        }(*server, deadline, done),
        asio::detached);
    return done.get_future().get();
  }
  void TearDown() override {
    work.reset();
    context.stop();
    for (auto& thread : threads) thread.join();
    server.reset();
  }
  // Until something holds that another thread brings about.
  template <class Condition>
  void until(Condition condition) {
    for (int i = 0; i < 5000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    ASSERT_TRUE(condition());
  }
};

TEST_F(ServerTest, ManyRequestsShareAConnection) {
  begin();
  EXPECT_GT(server->port(), 0);
  EXPECT_EQ(server->address(), "127.0.0.1:" + std::to_string(server->port()));
  Client client{server->port()};
  for (int i = 0; i < 20; ++i) {
    client.send(request("GET /v1/names?limit=1"));
    const std::string answer = client.receive();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nDate: "));
    EXPECT_THAT(answer, HasSubstr(R"({"items":[],"next":null})"));
  }
  // In one packet, answered in order.
  client.send(request("GET /healthz") + request("GET /v1/nothing"));
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 404 Not Found"));
}

TEST_F(ServerTest, SoftLimitsAreAnsweredAndHardLimitsCut) {
  begin();
  struct Case {
    std::string bytes;
    std::string answer;  // empty: the connection is cut
  };
  for (const Case& c : std::vector<Case>{
           {request("GET /v1/names?cursor=" + std::string(9'000, 'a')), "HTTP/1.1 414 "},
           {request("GET /v1/names", "X-Long: " + std::string(9'000, 'a') + "\r\n"), "HTTP/1.1 431 "},
           {request("POST /v1/names", {}, std::string(70'000, ' ')), "HTTP/1.1 413 "},
           {request("GET /v1/names?cursor=" + std::string(40'000, 'a')), ""},
           {request("GET /v1/names", "X-Long: " + std::string(40'000, 'a') + "\r\n"), ""},
           {"NONSENSE\r\n\r\n", ""}}) {
    Client client{server->port()};
    client.send(c.bytes);
    const std::string answer = client.receive();
    if (c.answer.empty()) {
      EXPECT_EQ(answer, "");
    } else {
      EXPECT_THAT(answer, StartsWith(c.answer));
    }
  }
  Client huge{server->port()};
  huge.send("POST /v1/names HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n");
  huge.send(std::string(64 * 1024, 'x'));
  Client after{server->port()};
  after.send(request("GET /healthz"));
  EXPECT_THAT(after.receive(), StartsWith("HTTP/1.1 200")) << "one bad client must not disturb the others";
}

TEST_F(ServerTest, RegistersOverTheWire) {
  begin();
  Client client{server->port()};
  client.send(request("POST /v1/names", "Prefer: wait=5\r\n", R"({"name":"alice@example.com"})"));
  const std::string answer = client.receive();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 201 Created"));
  EXPECT_THAT(answer, HasSubstr("Preference-Applied: wait=5"));
}

TEST_F(ServerTest, ConnectionsBeyondTheBoundAreClosed) {
  Settings settings;
  settings.max_connections = 2;
  begin(settings);
  Client one{server->port()};
  Client two{server->port()};
  for (Client* client : {&one, &two}) {
    client->send(request("GET /healthz"));
    EXPECT_THAT(client->receive(), StartsWith("HTTP/1.1 200"));
  }
  Client three{server->port()};
  EXPECT_TRUE(three.closed_by_server());
}

TEST_F(ServerTest, AStopAnswersLongPollsAtOnce) {
  begin();
  Client client{server->port()};
  client.send(request("GET /v1/events?wait=60"));
  until([&] { return world.store.waiting == 1; });
  EXPECT_TRUE(stop(base::Duration{20'000}));
  const std::string answer = client.receive();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_THROW(Client{server->port()}, boost::system::system_error) << "no new connections";
  world.store.wake();
}

TEST_F(ServerTest, AStopWaitsForAnswersAndCutsWhatIsLate) {
  begin();
  std::promise<void> entered;
  std::promise<void> go_on;
  auto released = go_on.get_future().share();
  world.engine.on_submit = [&entered, released] {
    entered.set_value();
    released.wait();
  };
  Client client{server->port()};
  client.send(request("POST /v1/names", {}, R"({"name":"alice@example.com"})"));
  entered.get_future().wait();
  auto stopped = std::async(std::launch::async, [this] { return stop(base::Duration{10'000}); });
  go_on.set_value();
  EXPECT_TRUE(stopped.get());
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 202 Accepted"));
}

TEST_F(ServerTest, AnAnswerBeyondTheDeadlineIs503) {
  begin();
  std::promise<void> entered;
  world.engine.hold = [&entered] { entered.set_value(); };
  Client client{server->port()};
  client.send(request("POST /v1/names", {}, R"({"name":"alice@example.com"})"));
  entered.get_future().wait();
  EXPECT_FALSE(stop(base::Duration{50}));
  const std::string answer = client.receive();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After"));
  world.engine.release();
}

TEST_F(ServerTest, WorkThatLastsTooLongHasAnAnswer) {
  Settings settings;
  settings.answer_within = base::Duration{50};
  begin(settings);
  std::promise<void> entered;
  world.engine.hold = [&entered] { entered.set_value(); };
  Client client{server->port()};
  client.send(request("POST /v1/names", {}, R"({"name":"alice@example.com"})"));
  entered.get_future().wait();
  const std::string answer = client.receive();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 504"));
  EXPECT_THAT(answer, HasSubstr("what was begun goes on"));
  // The connection is as good as before, and the late answer is nobody's.
  client.send(request("GET /v1/events"));
  world.engine.release();
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerTest, AddressesThatCannotBeListenedOnAreRefused) {
  for (const auto* bad : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "localhost:80",
                          "::1:80", "[127.0.0.1]:80", ":80"}) {
    Settings settings;
    settings.listen = bad;
    auto started = Server::start(context, settings, world.dependencies());
    ASSERT_FALSE(started) << bad;
    EXPECT_EQ(started.error().code(), base::Code::kInvalidArgument) << bad;
  }
  begin();
  Settings settings;
  settings.listen = "127.0.0.1:" + std::to_string(server->port());
  // SO_REUSEADDR does not let two sockets listen at once.
  auto second = Server::start(context, settings, world.dependencies());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), base::Code::kUnavailable);
}

}  // namespace
}  // namespace paynamed::api
