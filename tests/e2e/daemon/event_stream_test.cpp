// The stream of events over the wire: readers that are cut, that come back, that are many, and curl.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <optional>
#include <random>

#include "tests/e2e/daemon/scene.hpp"

namespace paynamed::e2e {
namespace {

namespace json = boost::json;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::StartsWith;

// A reader that knows as little as it can: bytes of a socket, chunks, lines.
class Reader {
 public:
  Reader(Scene& scene, const std::string& target, const std::string& last)
      : number_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{30, 0};
    ::setsockopt(number_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(scene.daemon().port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const std::string request =
        fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{}\r\n", target,
                    scene.api_key(), last.empty() ? std::string{} : "Last-Event-ID: " + last + "\r\n");
    open_ =
        ::connect(number_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
        ::send(number_, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
  }
  ~Reader() { ::close(number_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // At most so many bytes more; false when the connection has ended.
  bool read(std::size_t most) {
    std::array<char, 4096> buffer;
    const ssize_t got = open_ ? ::recv(number_, buffer.data(), std::min(most, buffer.size()), 0) : 0;
    if (got <= 0) return open_ = false;
    raw_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }
  std::string head() {
    while (raw_.find("\r\n\r\n") == raw_.npos && read(1)) {
    }
    return raw_.substr(0, raw_.find("\r\n\r\n"));
  }
  // What the chunks so far hold, the last one as far as it came.
  std::string body() const {
    std::string out;
    std::size_t at = raw_.find("\r\n\r\n");
    if (at == raw_.npos) return out;
    at += 4;
    for (;;) {
      const std::size_t line = raw_.find("\r\n", at);
      if (line == raw_.npos) return out;
      const std::size_t size = std::stoul(raw_.substr(at, line - at), nullptr, 16);
      if (size == 0) return out;
      out += raw_.substr(line + 2, size);
      if (raw_.size() < line + 2 + size + 2) return out;
      at = line + 2 + size + 2;
    }
  }
  // Events that came whole: their ids and texts.
  std::vector<std::pair<std::string, std::string>> events() const {
    std::vector<std::pair<std::string, std::string>> out;
    const std::string text = body();
    std::size_t begin = 0;
    for (std::size_t end = text.find("\n\n"); end != text.npos; end = text.find("\n\n", begin)) {
      const std::string block = text.substr(begin, end - begin);
      begin = end + 2;
      if (!block.starts_with("id: ")) continue;
      const std::size_t data = block.find("\ndata: ");
      if (data == block.npos) continue;
      out.emplace_back(block.substr(4, block.find('\n') - 4), block.substr(data + 7));
    }
    return out;
  }

 private:
  int number_;
  bool open_ = false;
  std::string raw_;
};

class EventStreams : public LabTest {};

TEST_F(EventStreams, AReaderCutAtRandomSeesEveryEventOverRestarts) {
  Scene scene{lab()};
  scene.daemon().start();
  constexpr int kNames = 12;
  std::vector<std::string> runs;
  for (int i = 0; i < kNames; ++i)
    runs.push_back(scene.begin_registration(fmt::format("stream-{}@example.test", i)));

  std::mt19937 chance{17};
  std::string last = "earliest";
  std::vector<std::string> seen;
  std::string head;  // once all runs have ended
  const auto seq_of = [](const std::string& position) {
    return std::stoul(position.substr(position.find('-') + 1));
  };
  for (int life = 0; last != head && life < 500; ++life) {
    if (life % 7 == 3) {
      if (life % 2 == 0) {
        scene.daemon().kill();
      } else {
        EXPECT_EQ(scene.daemon().terminate(), 0);
      }
      scene.daemon().start();
    }
    const bool all_ended = std::ranges::all_of(
        runs, [&](const std::string& run) { return text(scene.run(run), "state") == "completed"; });
    if (all_ended) head = text(scene.get("/v1/events?limit=1"), "head");
    // While a run is open there is one more event to come at least.
    const std::size_t left = all_ended ? seq_of(head) - seen.size() : 1;
    Reader reader{scene, "/v1/events/stream", last};
    const std::string answer = reader.head();
    ASSERT_THAT(answer, StartsWith("HTTP/1.1 200")) << last;
    if (last != "earliest") {
      EXPECT_THAT(answer, HasSubstr("Paynamed-Stream-Start: " + last)) << "no loss";
    }
    const std::size_t wanted = std::min<std::size_t>(chance() % 9, left);
    while (reader.events().size() < wanted && reader.read(1 + chance() % 700)) {
    }
    for (const auto& [id, event] : reader.events()) {
      seen.push_back(id);
      last = id;
      EXPECT_EQ(text(json::parse(event).as_object(), "position"), id);
    }
  }
  ASSERT_FALSE(head.empty());
  std::vector<std::string> all;
  for (const json::object& event : scene.events()) all.push_back(text(event, "position"));
  EXPECT_EQ(all.back(), head);
  EXPECT_THAT(seen, ElementsAreArray(all)) << "every event, in order, none missing and none twice";
}

TEST_F(EventStreams, ManyReadersAtOnceSeeARegistration) {
  Scene scene{lab()};
  scene.daemon().start();
  constexpr int kReaders = 200;
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.push_back(std::make_unique<Reader>(scene, "/v1/events/stream?types=name.*", "now"));
    ASSERT_THAT(readers.back()->head(), StartsWith("HTTP/1.1 200"));
  }
  ASSERT_EQ(scene.register_name("many@example.test").status, 201);
  std::vector<std::string> expected;
  for (const json::object& event : scene.events()) {
    if (text(event, "type").starts_with("name.")) expected.push_back(text(event, "position"));
  }
  ASSERT_EQ(expected.size(), 2U);
  for (const auto& reader : readers) {
    while (reader->events().size() < expected.size() && reader->read(4096)) {
    }
    std::vector<std::string> ids;
    for (const auto& [id, text] : reader->events()) ids.push_back(id);
    EXPECT_EQ(ids, expected);
  }
  EXPECT_THAT(scene.send("GET", "/metrics").body, HasSubstr("paynamed_api_streams 200\n"));
  // All are ended in order, with a word about when to come back.
  EXPECT_EQ(scene.daemon().terminate(), 0);
  for (const auto& reader : readers) {
    while (reader->read(4096)) {
    }
    const std::string body = reader->body();
    EXPECT_NE(body.rfind("retry: "), body.find("retry: "));
    EXPECT_TRUE(body.ends_with("\n\n")) << body;
  }
}

TEST_F(EventStreams, CurlReadsThemAsTheyHappen) {
  Scene scene{lab()};
  scene.daemon().start();
  fakes::Child curl{
      {"curl", "-sN", "-H", "Authorization: Bearer " + scene.api_key(),
       fmt::format("http://127.0.0.1:{}/v1/events/stream?last_event_id=earliest", scene.daemon().port())}};
  ASSERT_TRUE(curl.wait_for_text({"retry: "}, std::chrono::seconds{20}));
  ASSERT_EQ(scene.register_name("curl@example.test").status, 201);
  EXPECT_TRUE(curl.wait_for_text({"event: name.live\ndata: {"}, std::chrono::seconds{20})) << curl.output();
  EXPECT_EQ(scene.daemon().terminate(), 0);
  EXPECT_EQ(curl.wait(std::chrono::seconds{10}), 0) << "an end of the answer, not of the connection alone";
}

}  // namespace
}  // namespace paynamed::e2e
