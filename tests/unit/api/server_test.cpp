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
    with.feed = &world.feed;
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
    // Whoever waits for events still is with the context when it ends, and not with the store, which outlives
    // it.
    world.store.wake();
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

state::Event live_event(std::uint64_t seq, std::string data = "{}") {
  state::Event event;
  event.seq = seq;
  event.type = "name.live";
  event.subject = "alice@example.com";
  event.id = run_id(1);
  event.time = noon();
  event.data = std::move(data);
  return event;
}

// A client that reads the chunks of one answer.
class StreamClient {
 public:
  explicit StreamClient(std::uint16_t port, const std::string& target = "/v1/events/stream")
      : socket_(context_) {
    socket_.open(tcp::v4());
    // Small, so that a reader who does not read is noticed soon.
    socket_.set_option(asio::socket_base::receive_buffer_size{8'192});
    socket_.connect(tcp::endpoint{asio::ip::address_v4::loopback(), port});
    asio::write(socket_, asio::buffer(request("GET " + target)));
  }
  std::string head() {
    boost::system::error_code error;
    const std::size_t end = asio::read_until(socket_, asio::dynamic_buffer(buffer_), "\r\n\r\n", error);
    return error ? std::string{} : cut(end);
  }
  // The data of the next chunk; empty at the end of the answer, nothing when the connection ends without.
  std::optional<std::string> chunk() {
    boost::system::error_code error;
    const std::size_t line = asio::read_until(socket_, asio::dynamic_buffer(buffer_), "\r\n", error);
    if (error) return std::nullopt;
    const std::size_t size = std::stoul(cut(line), nullptr, 16);
    while (buffer_.size() < size + 2) {
      asio::read(socket_, asio::dynamic_buffer(buffer_), asio::transfer_at_least(1), error);
      if (error) return std::nullopt;
    }
    std::string data = cut(size + 2);
    data.resize(size);
    return data;
  }

 private:
  std::string cut(std::size_t bytes) {
    std::string out = buffer_.substr(0, bytes);
    buffer_.erase(0, bytes);
    return out;
  }
  asio::io_context context_;
  tcp::socket socket_;
  std::string buffer_;
};

class StreamServerTest : public ServerTest {
 protected:
  std::string streams() {
    const std::string text = world.metrics.text();
    const std::string name = "\npaynamed_api_streams ";
    const std::size_t begin = text.find(name) + name.size();
    return text.substr(begin, text.find('\n', begin) - begin);
  }
};

TEST_F(StreamServerTest, AStreamIsChunksUntilTheDaemonStops) {
  begin();
  StreamClient client{server->port()};
  const std::string head = client.head();
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nPaynamed-Stream-Start: 2-0\r\n"));
  EXPECT_THAT(*client.chunk(), StartsWith("retry: "));
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    world.store.add_event(live_event(seq));
    EXPECT_THAT(*client.chunk(), StartsWith("id: 2-" + std::to_string(seq) + "\nevent: name.live\ndata: {"));
  }
  EXPECT_EQ(streams(), "1");
  EXPECT_TRUE(stop(base::Duration{20'000}));
  EXPECT_THAT(*client.chunk(), StartsWith("retry: ")) << "when to come back";
  EXPECT_EQ(client.chunk(), "") << "an end, not a cut";
  EXPECT_EQ(client.chunk(), std::nullopt);
  EXPECT_EQ(streams(), "0");
  world.store.wake();
}

TEST_F(StreamServerTest, AReaderThatIsGoneGivesItsPlaceBack) {
  begin();
  {
    StreamClient client{server->port()};
    EXPECT_THAT(client.head(), StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(streams(), "1");
  }
  std::uint64_t seq = 0;
  until([&] {
    world.store.add_event(live_event(++seq));
    return streams() == "0";
  });
}

TEST_F(StreamServerTest, AReaderThatDoesNotReadIsCutAndCostsLittle) {
  Settings settings;
  settings.write_timeout = base::Duration{200};
  begin(settings);
  constexpr std::uint64_t kEvents = 2'000;
  const std::string large = R"({"a":")" + std::string(30'000, 'x') + R"("})";
  for (std::uint64_t seq = 1; seq <= kEvents; ++seq) world.store.add_event(live_event(seq, large));
  StreamClient slow{server->port(), "/v1/events/stream?last_event_id=earliest"};
  EXPECT_THAT(slow.head(), StartsWith("HTTP/1.1 200"));
  // Meanwhile others are served.
  Client other{server->port()};
  other.send(request("GET /healthz"));
  EXPECT_THAT(other.receive(), StartsWith("HTTP/1.1 200"));
  until([&] { return streams() == "0"; });
  std::size_t got = 0;
  while (const auto data = slow.chunk()) got += data->size();
  EXPECT_LT(got, 30'000U * kEvents / 2) << "it got what fits into the buffers of the sockets, and no more";
}

TEST_F(StreamServerTest, ManyReadersSeeTheSame) {
  begin();
  constexpr int kReaders = 200;
  constexpr std::uint64_t kEvents = 50;
  std::vector<std::unique_ptr<StreamClient>> clients;
  for (int i = 0; i < kReaders; ++i) {
    clients.push_back(std::make_unique<StreamClient>(server->port()));
    EXPECT_THAT(clients.back()->head(), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_EQ(streams(), "200");
  for (std::uint64_t seq = 1; seq <= kEvents; ++seq) world.store.add_event(live_event(seq));
  std::string expected;
  for (std::uint64_t seq = 1; seq <= kEvents; ++seq) expected += " 2-" + std::to_string(seq);
  for (const auto& client : clients) {
    std::string ids;
    while (ids.size() < expected.size()) {
      const auto data = client->chunk();
      ASSERT_TRUE(data);
      for (std::size_t at = data->find("id: "); at != data->npos; at = data->find("id: ", at + 1))
        ids += " " + data->substr(at + 4, data->find('\n', at) - at - 4);
    }
    EXPECT_EQ(ids, expected);
  }
  EXPECT_TRUE(stop(base::Duration{20'000}));
  world.store.wake();
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
