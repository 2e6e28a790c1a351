// Answers of which only the status counts.
#include <future>
#include <thread>

#include "client_fixture.hpp"

namespace paynamed::net {
namespace {

using fakes::FakeHttpReply;
using fakes::FakeHttpRequest;
using fakes::FakeHttpsServer;
using fakes::FakeTlsServer;
using fakes::TlsSession;

class TruncatedAnswer : public ClientFixture {
 protected:
  // A server that answers these bytes, and then does what `after` says.
  FakeTlsServer server(std::string bytes, std::function<void(TlsSession&)> after = nullptr) const {
    return FakeTlsServer(
        {},
        [bytes = std::move(bytes), after = std::move(after)](TlsSession& session) {
          std::string head;
          while (head.find("\r\n\r\nevent") == head.npos) {
            auto part = session.read();
            if (!part) return;
            head += *part;
          }
          session.write(bytes);
          if (after) after(session);
        },
        plain());
  }
  static void wait_until_read(TlsSession& session) {
    while (!session.all_read()) std::this_thread::yield();
  }
  HttpOutcome ask(const FakeTlsServer& at, base::Duration timeout = base::Duration{20'000}) {
    HttpRequest request = post_to("http://127.0.0.1:" + std::to_string(at.port()) + "/");
    request.allow_plain = true;
    request.truncate = true;
    request.most_body_bytes = 5000;
    return attempt(std::move(request), timeout);
  }
};

TEST_F(TruncatedAnswer, TheStatusDecidesWhateverBecomesOfTheRest) {
  struct Case {
    std::string what, bytes;
    std::size_t body;
  };
  const std::string chunk = "3e8\r\n" + std::string(1000, 'x') + "\r\n";
  std::string chunks = "HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 50; ++i) chunks += chunk;
  for (const Case& each : std::vector<Case>{
           {"whole", "HTTP/1.1 202 OK\r\nContent-Length: 4\r\n\r\nfine", 4},
           {"just enough", "HTTP/1.1 202 OK\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x'), 5000},
           {"too long", "HTTP/1.1 202 OK\r\nContent-Length: 50000\r\n\r\n" + std::string(50000, 'x'), 5000},
           {"a length that nobody has", "HTTP/1.1 202 OK\r\nContent-Length: 18446744073709551615\r\n\r\nxy",
            2},
           {"without an end", "HTTP/1.1 202 OK\r\n\r\n" + std::string(50000, 'x'), 5000},
           {"too many chunks", chunks, 5000},
           {"a chunk that breaks off", "HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12", 2},
           {"a chunk that is none", "HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n", 0},
           {"a body that breaks off", "HTTP/1.1 202 OK\r\nContent-Length: 10\r\n\r\n12345", 5},
           {"headers that break off", "HTTP/1.1 202 OK\r\nContent-Le", 0},
           {"only a status line", "HTTP/1.1 202 OK\r\n", 0},
           {"headers that are none", "HTTP/1.1 202 OK\r\nhello world\r\n\r\n", 0},
           {"headers without an end", "HTTP/1.1 202 OK\r\nX: " + std::string(100'000, 'x'), 0},
           {"after an interim answer", "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 202 OK\r\nContent-Le", 0},
       }) {
    SCOPED_TRACE(each.what);
    const auto at = server(each.bytes);
    const auto outcome = ask(at);
    ASSERT_TRUE(outcome.result) << outcome.result.error().to_string();
    EXPECT_EQ(outcome.result->status, 202U);
    EXPECT_EQ(outcome.result->body.size(), each.body);
  }
}

TEST_F(TruncatedAnswer, WithoutAStatusLineThereIsNoAnswer) {
  for (const std::string bytes : {"", "HTTP/1.1 2", "HTTP/1.1 200 O", "HTTP/1.1 103 Hints\r\n\r\n",
                                  "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 O", "hello\r\n\r\n",
                                  "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n"}) {
    const auto at = server(bytes);
    const auto outcome = ask(at);
    EXPECT_FALSE(outcome.result) << bytes;
    EXPECT_TRUE(outcome.sent);
  }
}

// The first part is read before the second is sent.
TEST_F(TruncatedAnswer, AStatusLineInTwoPartsIsOne) {
  for (const auto& [first, second] : std::vector<std::pair<std::string, std::string>>{
           {"HTTP/1.1 20", "2 OK\r\n"},
           {"HTTP/1.1 202 O", "K\r\nContent-Le"},
           {"H", "TTP/1.1 202\r\nX: " + std::string(100'000, 'x')},
           {"HTTP/1.1 202 OK\r", "\nX: y\r\n"},
           {"HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 2", "02 OK\r\nX"}}) {
    SCOPED_TRACE(first);
    const auto at = server(first, [&second = second](TlsSession& session) {
      wait_until_read(session);
      session.write(second);
    });
    const auto outcome = ask(at);
    ASSERT_TRUE(outcome.result) << outcome.result.error().to_string();
    EXPECT_EQ(outcome.result->status, 202U);
  }
  for (const auto& [first, second] :
       std::vector<std::pair<std::string, std::string>>{{"HTTP/1.1 20", "2 OK"},
                                                        {"HTTP/1.1 10", "3 Hints\r\nX"},
                                                        {"HTTP/9.9 2", "02 OK\r\nX"},
                                                        {"HTTP/1.1 2", "x2 OK\r\nX"},
                                                        {"hello", " HTTP/1.1 202 OK\r\n"}}) {
    SCOPED_TRACE(first);
    const auto at = server(first, [&second = second](TlsSession& session) {
      wait_until_read(session);
      session.write(second);
    });
    EXPECT_FALSE(ask(at).result);
  }
}

TEST_F(TruncatedAnswer, AnEndlessBodyIsNotReadToItsEnd) {
  std::promise<std::size_t> ended;
  auto at = server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", [&](TlsSession& session) {
    const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
    std::size_t written = 0;
    while (written < 200'000'000 && session.write(chunk)) written += chunk.size();
    ended.set_value(written);
  });
  const auto outcome = ask(at);
  ASSERT_TRUE(outcome.result) << outcome.result.error().to_string();
  EXPECT_EQ(outcome.result->body.size(), 5000U);
  EXPECT_EQ(client_->idle(), 0U) << "the connection is no longer of use";
  // More than the kernel keeps for both sides, and far from all.
  EXPECT_LT(ended.get_future().get(), 50'000'000U);
}

TEST_F(TruncatedAnswer, ABodyThatDoesNotComeInTimeIsLeftOut) {
  const auto at = server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
                         [](TlsSession& session) { session.wait_for_end(); });
  const auto outcome = ask(at, base::Duration{500});
  ASSERT_TRUE(outcome.result) << outcome.result.error().to_string();
  EXPECT_EQ(outcome.result->body, "12345");
}

TEST_F(TruncatedAnswer, AWholeAnswerKeepsItsConnection) {
  const FakeHttpsServer whole{{},
                              [](const FakeHttpRequest&) {
                                FakeHttpReply reply;
                                reply.body = "fine";
                                return reply;
                              },
                              plain()};
  for (int i = 0; i < 2; ++i) {
    HttpRequest request = post_to("http://127.0.0.1:" + std::to_string(whole.port()) + "/");
    request.allow_plain = true;
    request.truncate = true;
    ASSERT_TRUE(attempt(std::move(request)).result);
  }
  EXPECT_EQ(whole.connections(), 1);
}

}  // namespace
}  // namespace paynamed::net
