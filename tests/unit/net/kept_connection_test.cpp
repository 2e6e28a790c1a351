// Connections that were kept, of servers that hang up or say more than was asked.
#include <condition_variable>
#include <mutex>

#include "client_fixture.hpp"

namespace paynamed::net {
namespace {

using fakes::FakeHttpReply;
using fakes::FakeHttpRequest;
using fakes::FakeHttpsServer;
using fakes::FakeTlsOptions;
using fakes::FakeTlsServer;
using fakes::TlsSession;

class KeptConnection : public ClientFixture {
 protected:
  std::string url(std::uint16_t port) const { return "https://127.0.0.1:" + std::to_string(port) + "/hook"; }
};

// Each hang-up may have come after the server acted, so a repeatable request is repeated once, not as often
// as connections were kept.
TEST_F(KeptConnection, ARequestIsRepeatedOnceHoweverManyConnectionsHangUp) {
  constexpr int kKept = 3;
  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0;
  bool hangs_up = false;
  // Answers that wait for each other, so that each gets a connection of its own.
  const auto serve = [&](TlsSession& session) {
    while (true) {
      std::string head;
      while (head.find("\r\n\r\nevent") == head.npos) {
        auto part = session.read();
        if (!part) return;
        head += *part;
      }
      std::unique_lock lock(mutex);
      if (hangs_up) {
        ++waiting;
        return;
      }
      ++waiting;
      changed.notify_all();
      changed.wait(lock, [&] { return waiting >= kKept; });
      lock.unlock();
      session.write("HTTP/1.1 204 No Content\r\n\r\n");
    }
  };
  const FakeTlsServer server(good_, serve);
  std::vector<HttpRequest> requests(kKept, post_to(url(server.port())));
  attempt_all(std::move(requests));
  ASSERT_EQ(client_->idle(), static_cast<std::size_t>(kKept));
  {
    const std::lock_guard lock(mutex);
    hangs_up = true;
    waiting = 0;
  }
  const auto outcome = attempt(post_to(url(server.port())));
  EXPECT_FALSE(outcome.result);
  EXPECT_TRUE(outcome.sent);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(waiting, 2);
}

// Bytes behind an answer belong to no request. In a TLS record of their own they are read from the socket
// with the answer, but not yet taken out of TLS.
TEST_F(KeptConnection, WhatComesBehindAnAnswerIsNotTheNextOne) {
  const auto serve = [](TlsSession& session) {
    while (true) {
      std::string head;
      while (head.find("\r\n\r\nevent") == head.npos) {
        auto part = session.read();
        if (!part) return;
        head += *part;
      }
      const std::string answer = "HTTP/1.1 204 No Content\r\n\r\n";
      const std::string more = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
      session.write_at_once({answer, more});
    }
  };
  const FakeTlsServer server(good_, serve);
  for (int i = 0; i < 3; ++i) {
    const auto outcome = attempt(post_to(url(server.port())));
    ASSERT_TRUE(outcome.result) << outcome.result.error().to_string();
    EXPECT_EQ(outcome.result->status, 204U);
    EXPECT_EQ(outcome.result->body, "");
    EXPECT_EQ(client_->idle(), 0U);
  }
}

}  // namespace
}  // namespace paynamed::net
