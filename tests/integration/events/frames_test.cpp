// What no client should send, and what it costs.
#include <cstddef>
#include <fstream>
#include <thread>

#include "scene.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// Of the sanitizers' runtime, whose headers the compiler's package leaves out.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace paynamed {
namespace {

using fakes::masked_frame;
using fakes::WebSocketClient;
using ::testing::HasSubstr;

class Frames : public WebSocketScene {};

// What is in use. With sanitizers what is resident says little, for they keep what was freed for a while.
std::size_t used_kb() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return __sanitizer_get_current_allocated_bytes() / 1024;
#else
  std::ifstream status("/proc/self/status");
  std::string word;
  std::size_t size = 0;
  while (status >> word) {
    if (word == "VmRSS:") status >> size;
  }
  return size;
#endif
}

TEST_F(Frames, AFrameThatIsNoneOfRfc6455EndsTheConnectionWithItsCode) {
  start();
  const struct {
    const char* rule;
    std::string bytes;
    int code;
  } cases[] = {
      {"not masked", std::string("\x81\x02hi"), 1002},
      {"a reserved bit", masked_frame(0xc1, "hi"), 1002},
      {"a reserved opcode", masked_frame(0x83, "hi"), 1002},
      {"a reserved control opcode", masked_frame(0x8b, ""), 1002},
      {"a ping in parts", masked_frame(0x09, "hi"), 1002},
      {"a long ping", masked_frame(0x89, std::string(126, 'x')), 1002},
      {"a part of nothing", masked_frame(0x80, "hi"), 1002},
      {"a message within a message", masked_frame(0x01, "hi") + masked_frame(0x81, "hi"), 1002},
      {"a close frame with one byte", masked_frame(0x88, "x"), 1002},
      {"a close code that nobody may send", masked_frame(0x88, "\x03\xed"), 1002},
      {"no UTF-8", masked_frame(0x81, "\xff\xfe"), 1007},
      {"half of a character", masked_frame(0x81, "\xe2\x82"), 1007},
      {"binary", masked_frame(0x82, "hi"), 1003},
      {"no JSON", masked_frame(0x81, "hi"), 3501},
      {"an unknown command", masked_frame(0x81, R"({"id":1,"publish":{}})"), 3501},
      {"64 KiB and a byte", masked_frame(0x81, std::string(65'537, ' ')), 1009},
      {"64 KiB and a byte in parts",
       masked_frame(0x01, std::string(40'000, ' ')) + masked_frame(0x80, std::string(40'000, ' ')), 1009},
      {"3 GiB, as it says", std::string("\x81\xff\0\0\0\0\xc0\0\0\0\1\2\3\4", 14), 1009},
      {"more than there is", std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\1\2\3\4", 14), 1009},
      {"a close frame",
       masked_frame(0x88,
                    "\x03\xe8"
                    "bye"),
       1000},
  };
  for (const auto& each : cases) {
    auto one = client();
    one.send_raw(each.bytes);
    EXPECT_EQ(one.read_close(), each.code) << each.rule;
    EXPECT_TRUE(one.ends()) << each.rule;
  }
  await_connections(0);
}

TEST_F(Frames, AClaimOfThreeGigabytesDoesNotGrowMemory) {
  start();
  std::vector<WebSocketClient> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(client());
  const std::size_t before = used_kb();
  for (auto& each : clients)
    each.send_raw(std::string("\x81\xff\0\0\0\0\xc0\0\0\0\1\2\3\4", 14) + std::string(1'000, 'x'));
  for (auto& each : clients) EXPECT_EQ(each.read_close(), 1009);
  // One of them alone would be three million.
  EXPECT_LT(used_kb(), before + 20'000);
}

TEST_F(Frames, MessagesInPartsAndBetweenPingsAreOne) {
  start();
  auto one = client();
  one.send_raw(masked_frame(0x01, R"({"id":)") + masked_frame(0x89, "are you there") +
               masked_frame(0x00, "7,") + masked_frame(0x00, "") + masked_frame(0x80, R"("ping":{}})"));
  const auto pong = one.read();
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->opcode, 10U);
  EXPECT_EQ(pong->payload, "are you there");
  EXPECT_EQ(boost::json::serialize(one.read_json()), R"({"id":7,"pong":{}})");
}

TEST_F(Frames, BytesMayComeOneByOne) {
  start();
  auto one = client();
  for (const char byte : masked_frame(0x81, R"({"id":8,"ping":{}})")) one.send_raw({&byte, 1});
  EXPECT_EQ(boost::json::serialize(one.read_json()), R"({"id":8,"pong":{}})");
}

TEST_F(Frames, ARequestThatIsNoUpgradeIsAnswered) {
  start();
  const struct {
    const char* rule;
    std::string request;
    std::string status;
  } cases[] = {
      {"no HTTP", "hello\r\n\r\n", "HTTP/1.1 400"},
      {"another path", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404"},
      {"no upgrade", "GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 426"},
      {"another method", "POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405"},
      {"another version of WebSocket",
       "GET /v1/events HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: "
       "upgrade\r\nSec-WebSocket-Key: "
       "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n",
       "HTTP/1.1 426"},
      {"many header bytes", "GET /v1/events HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
       "HTTP/1.1 431"},
  };
  for (const auto& each : cases) {
    WebSocketClient one(host().port());
    one.send_raw(each.request);
    std::string answer;
    EXPECT_TRUE(one.ends_with_answer(answer)) << each.rule;
    EXPECT_THAT(answer, ::testing::StartsWith(each.status)) << each.rule;
  }
  await_connections(0);
}

TEST_F(Frames, WhoSaysItsRequestTooSlowlyIsCut) {
  start({{"handshake_timeout", "1s"}});
  WebSocketClient silent(host().port());
  WebSocketClient slow(host().port());
  slow.send_raw("GET /v1/events HTTP/1.1\r\nHost: ");
  EXPECT_TRUE(silent.ends());
  EXPECT_TRUE(slow.ends());
  await_connections(0);
}

TEST_F(Frames, WhoAnswersNoPingIsClosedAndWhoDoesStays) {
  start({{"ping_interval", "1s"}, {"pong_timeout", "1s"}});
  auto silent = client();
  auto answering = client();
  int pings = 0;
  while (pings < 3) {
    const auto frame = answering.read();
    ASSERT_TRUE(frame);
    ASSERT_NE(frame->opcode, 8U) << frame->close_reason();
    if (frame->opcode != 9) continue;
    ++pings;
    answering.send_frame(0x8a, frame->payload);
  }
  EXPECT_EQ(silent.read_close(), 3012);
}

TEST_F(Frames, WhoAsksTooMuchIsClosed) {
  start();
  auto one = client();
  for (int i = 0; i < 200; ++i) one.send(R"({"ping":{}})");
  EXPECT_EQ(one.read_close(), 3013);
}

TEST_F(Frames, ControlFramesCountToo) {
  start();
  auto one = client();
  for (int i = 0; i < 200; ++i) one.send_frame(i % 2 == 0 ? 0x89 : 0x8a, "x");
  EXPECT_EQ(one.read_close(), 3013);
}

TEST_F(Frames, AMessageHasOnlySoManyEmptyParts) {
  start();
  auto one = client();
  std::string parts = masked_frame(0x01, "{");
  for (int i = 0; i < 50'000; ++i) parts += masked_frame(0x00, "");
  one.send_raw(parts);
  EXPECT_EQ(one.read_close(), 3013);
}

TEST_F(Frames, AMessageThatWasBegunEnds) {
  start({{"handshake_timeout", "2s"}});
  auto one = client();
  one.send_frame(0x01, R"({"ping")");
  EXPECT_EQ(one.read_close(), 3013);
  auto other = client();
  other.send_frame(0x01, R"({"ping")");
  other.send_frame(0x80, ":{}}");
  EXPECT_TRUE(other.read_json().contains("pong"));
}

// The kernel's buffers are full, then the queue, and then it is over; others go on.
TEST_F(Frames, WhoReadsNothingIsClosedAndCostsABoundedQueue) {
  start({{"stall_timeout", "2s"},
         {"max_queue_bytes", 131'072},
         {"ping_interval", "1h"},
         {"pong_timeout", "1h"}});
  auto stuck = client();
  stuck.shrink_receive_buffer(4'096);
  stuck.send(subscribe(""));
  auto reading = subscriber();
  const fakes::LoggedEvent large{"custom.tested", "a@b.org", R"({"x":")" + std::string(4'000, 'x') + "\"}"};
  std::uint64_t seq = 0;
  for (int round = 0; round < 100; ++round) {
    host().append(std::vector<fakes::LoggedEvent>(20, large));
    for (int i = 0; i < 20; ++i) ASSERT_EQ(next_seq(reading), ++seq);
  }
  await_connections(1);
  const int code = stuck.read_close();
  EXPECT_TRUE(code == 3008 || code == 0) << code;
}

// Each of them could have 16 pages of half a megabyte on its way, none of which is another one's.
TEST_F(Frames, ManyWhoReadNothingCostABoundedQueueEach) {
  start({{"max_queue_bytes", 65'536}, {"stall_timeout", "1h"}});
  const fakes::LoggedEvent large{"custom.tested", "a@b.org", R"({"x":")" + std::string(4'000, 'x') + "\"}"};
  for (int i = 0; i < 20; ++i) host().append(std::vector<fakes::LoggedEvent>(100, large));
  std::vector<WebSocketClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(client());
    clients.back().shrink_receive_buffer(4'096);
  }
  const std::size_t before = used_kb();
  int position = 0;
  for (auto& each : clients) {
    for (int i = 0; i < 16; ++i) each.send(subscribe(R"("position":"1-)" + std::to_string(++position) + '"'));
  }
  // They have turns: when the 16 of whoever comes last are served, all others were.
  auto last = client();
  for (int i = 0; i < 16; ++i) last.send(subscribe(R"("position":"1-)" + std::to_string(1'999 - i) + '"'));
  for (int served = 0; served < 16;) {
    if (last.read_json().contains("subscribed")) ++served;
  }
  // All pages would be 160 MB.
  EXPECT_LT(used_kb(), before + 80'000);
}

// Whoever is slow, but reads, gets everything from the log.
TEST_F(Frames, WhoReadsSlowlyMissesNothing) {
  start({{"max_queue_bytes", 65'536}, {"stall_timeout", "30s"}});
  auto slow = client();
  slow.shrink_receive_buffer(65'536);
  slow.send(subscribe(""));
  EXPECT_TRUE(slow.read_json().contains("subscribed"));
  const fakes::LoggedEvent large{"custom.tested", "a@b.org", R"({"x":")" + std::string(2'000, 'x') + "\"}"};
  for (int i = 0; i < 50; ++i) host().append(std::vector<fakes::LoggedEvent>(30, large));
  for (std::uint64_t seq = 1; seq <= 1'500; ++seq) ASSERT_EQ(next_seq(slow), seq);
  host().append(1);
  EXPECT_EQ(next_seq(slow), 1'501U);
}

}  // namespace
}  // namespace paynamed
