// The primary from the zone's SOA record: found, remembered, found anew, and every answer that names none.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <paynamed/testing/test_host.hpp>

#include "rfc2136.hpp"
#include "strict_server.hpp"
#include "tests/fakes/dns/fake_dns_server.hpp"

namespace paynamed::rfc2136 {
namespace {

using namespace plugin::v1;
using namespace std::chrono_literals;
using fakes::FakeDnsServer;
using fakes::FakeQuestion;
using fakes::FakeRecord;
using fakes::FakeReply;
using ::paynamed::testing::Instance;
using ::paynamed::testing::TestHost;

constexpr char kZone[] = "example.test.";
constexpr char kName[] = "alice.user._bitcoin-payment.example.test.";
constexpr std::uint16_t kSoa = 6;
constexpr std::uint16_t kA = 1;

FakeRecord soa(const std::string& owner, const std::string& primary, std::uint32_t refresh = 3'600) {
  FakeRecord record{owner, kSoa, 60, {}};
  for (const std::string& name : {primary, std::string("hostmaster.test.")}) {
    for (std::size_t at = 0; name != "." && at < name.size(); at = name.find('.', at) + 1) {
      const std::size_t size = name.find('.', at) - at;
      record.rdata.push_back(static_cast<std::uint8_t>(size));
      for (std::size_t i = 0; i < size; ++i) record.rdata.push_back(static_cast<std::uint8_t>(name[at + i]));
    }
    record.rdata.push_back(0);
  }
  for (const std::uint32_t number : {1U, refresh, 600U, 86'400U, 5U}) {
    for (int shift = 24; shift >= 0; shift -= 8)
      record.rdata.push_back(static_cast<std::uint8_t>(number >> shift));
  }
  return record;
}

struct PrimaryTest : ::testing::Test {
  TestHost host;
  const WireBytes secret = WireBytes(32, 's');

  // What the resolver says now.
  std::mutex mutex;
  FakeReply soa_reply;
  std::map<std::string, std::vector<FakeRecord>> records;

  FakeDnsServer resolver{[this](const FakeQuestion& question) {
    const std::lock_guard lock(mutex);
    if (question.type == kSoa) return soa_reply;
    FakeReply reply;
    reply.authoritative = false;
    for (const auto& each : records[question.name]) {
      if (each.type == question.type || each.type == 5) reply.answer.push_back(each);
    }
    return reply;
  }};

  void primary_is(const std::string& name, const std::string& address, std::uint32_t refresh = 3'600) {
    const std::lock_guard lock(mutex);
    soa_reply = {};
    soa_reply.authoritative = false;
    soa_reply.answer = {soa(kZone, name, refresh)};
    records[name] = {fakes::fake_a(name, address)};
  }
  int asked(std::uint16_t type) const {
    int count = 0;
    for (const auto& each : resolver.questions()) count += each.type == type;
    return count;
  }
  Instance* make(std::uint16_t port, const std::string& more = {}) {
    unsigned char encoded[64] = {};
    EVP_EncodeBlock(encoded, secret.data(), static_cast<int>(secret.size()));
    host.set_secret("key", reinterpret_cast<const char*>(encoded));
    return host
        .create<Rfc2136>(R"({"resolver": "127.0.0.1:)" + std::to_string(resolver.port()) + R"(", "port": )" +
                         std::to_string(port) +
                         R"(, "timeout": "1s", "tsig": {"name": "paynamed", "secret": "key"})" + more + "}")
        .value();
  }
  StrictServer server_of(StrictServer::Script script, const std::string& address = "127.0.0.1",
                         std::uint16_t port = 0) {
    return StrictServer({"paynamed.", "hmac-sha256.", secret}, std::move(script), address, port);
  }
  Result<PublishReply> publish(Instance* plugin) {
    PublishRequest request;
    request.set_zone(kZone);
    request.mutable_record()->set_name(kName);
    request.mutable_record()->set_value("bitcoin:?lno=one");
    request.mutable_record()->set_ttl_seconds(300);
    request.set_absent(true);
    return host.call<PublishReply>(plugin, "Publish", request, {.idempotency_key = "k1"});
  }
};

StrictReply yes(const SignedMessage&) {
  return {};
}
StrictReply not_the_primary(const SignedMessage&) {
  return {.rcode = 9, .signature = Signature::kNone};
}

TEST_F(PrimaryTest, IsFoundOnceAndRememberedForTheRefreshTime) {
  const StrictServer server = server_of(yes);
  struct Case {
    std::uint32_t refresh;
    std::chrono::seconds remembered;
  };
  for (const auto& each : std::vector<Case>{{600, 600s}, {0, 60s}, {0xffffffff, 3'600s}}) {
    primary_is("ns1.example.test.", "127.0.0.1", each.refresh);
    Instance* plugin = make(server.port());
    const int before = asked(kSoa);
    for (int i = 0; i < 3; ++i) {
      const auto reply = publish(plugin);
      ASSERT_TRUE(reply.ok()) << reply.error().message();
    }
    EXPECT_EQ(asked(kSoa), before + 1);
    host.advance(each.remembered - 1s);
    ASSERT_TRUE(publish(plugin).ok());
    EXPECT_EQ(asked(kSoa), before + 1) << each.refresh;
    host.advance(2s);
    ASSERT_TRUE(publish(plugin).ok());
    EXPECT_EQ(asked(kSoa), before + 2) << each.refresh;
  }
  for (const auto& each : resolver.questions()) {
    EXPECT_TRUE(each.tcp);
    EXPECT_TRUE(each.recursion_desired);
  }
  EXPECT_EQ(resolver.malformed_questions(), 0);
  EXPECT_EQ(server.complaints(), std::vector<std::string>{});
}

TEST_F(PrimaryTest, IsFoundAnewInTheSameCallWhenTheOldOneIsItNoMore) {
  // NOTAUTH, or REFUSED as BIND says it where it has become a secondary.
  for (const int rcode : {9, 5}) {
    const StrictServer now = server_of(yes);
    bool was = true;
    const StrictServer before = server_of(
        [&](const SignedMessage&) {
          return was ? StrictReply{} : StrictReply{.rcode = rcode, .signature = Signature::kNone};
        },
        "127.0.0.2", now.port());
    primary_is("old.example.test.", "127.0.0.2");
    Instance* plugin = make(now.port());
    ASSERT_TRUE(publish(plugin).ok());
    EXPECT_EQ(before.messages(), 1);

    was = false;
    primary_is("new.example.test.", "127.0.0.1");
    const int asked_before = asked(kSoa);
    const auto reply = publish(plugin);
    ASSERT_TRUE(reply.ok()) << reply.error().message();
    EXPECT_EQ(before.messages(), 2);
    EXPECT_EQ(now.messages(), 1);
    EXPECT_EQ(asked(kSoa), asked_before + 1);
    EXPECT_TRUE(host.logged("again"));
  }
}

TEST_F(PrimaryTest, IsFoundAnewInTheSameCallWhenTheOldOneCannotBeReached) {
  const StrictServer now = server_of(yes);
  auto before = std::make_unique<StrictServer>(StrictKey{"paynamed.", "hmac-sha256.", secret}, yes,
                                               "127.0.0.2", now.port());
  primary_is("old.example.test.", "127.0.0.2");
  Instance* plugin = make(now.port());
  ASSERT_TRUE(publish(plugin).ok());

  before.reset();
  primary_is("new.example.test.", "127.0.0.1");
  const auto reply = publish(plugin);
  ASSERT_TRUE(reply.ok()) << reply.error().message();
  EXPECT_EQ(now.messages(), 1);
}

TEST_F(PrimaryTest, IsAskedForOnlyOnceMoreAndThenTheCallFails) {
  int said = 0;
  const StrictServer server = server_of(
      [&](const SignedMessage& message) { return ++said == 1 ? yes(message) : not_the_primary(message); });
  primary_is("ns1.example.test.", "127.0.0.1");
  Instance* plugin = make(server.port());
  ASSERT_TRUE(publish(plugin).ok());
  const auto reply = publish(plugin);
  EXPECT_EQ(reply.code(), Code::kNotFound);
  EXPECT_NE(reply.error().message().find("ns1.example.test."), std::string::npos) << reply.error().message();
  EXPECT_EQ(server.messages(), 3);
  EXPECT_EQ(asked(kSoa), 2);
  // A fresh one that is not the primary is not asked for twice.
  EXPECT_EQ(publish(plugin).code(), Code::kNotFound);
  EXPECT_EQ(server.messages(), 4);
  EXPECT_EQ(asked(kSoa), 3);
}

TEST_F(PrimaryTest, AnUnknownOutcomeIsNeverSentToAnotherServer) {
  const StrictServer now = server_of(yes);
  int said = 0;
  const StrictServer before = server_of(
      [&](const SignedMessage& message) {
        return ++said == 1 ? yes(message) : StrictReply{.signature = Signature::kWrongMac};
      },
      "127.0.0.2", now.port());
  primary_is("old.example.test.", "127.0.0.2");
  Instance* plugin = make(now.port());
  ASSERT_TRUE(publish(plugin).ok());
  primary_is("new.example.test.", "127.0.0.1");
  EXPECT_EQ(publish(plugin).code(), Code::kUnknown);
  EXPECT_EQ(now.messages(), 0);
  EXPECT_TRUE(publish(plugin).ok()) << "the next attempt looks again";
  EXPECT_EQ(now.messages(), 1);
}

TEST_F(PrimaryTest, ADeadAddressDoesNotHideTheOthers) {
  const StrictServer server = server_of(yes);
  primary_is("ns1.example.test.", "127.0.0.9");  // nobody listens there
  {
    const std::lock_guard lock(mutex);
    records["ns1.example.test."].push_back(fakes::fake_a("ns1.example.test.", "127.0.0.1"));
    records["ns1.example.test."].push_back(fakes::fake_aaaa("ns1.example.test.", "::1"));
  }
  const auto reply = publish(make(server.port()));
  ASSERT_TRUE(reply.ok()) << reply.error().message();
}

// Takes no connection and refuses none: its queue is full.
class SilentAddress {
 public:
  SilentAddress(const char* address, std::uint16_t port) {
    where_.sin_family = AF_INET;
    where_.sin_port = htons(port);
    inet_pton(AF_INET, address, &where_.sin_addr);
    const int listener = open(0);
    if (bind(listener, name(), sizeof where_) != 0 || listen(listener, 0) != 0)
      throw std::runtime_error("no silent address");
    for (int i = 0; i < 8; ++i) connect(open(SOCK_NONBLOCK), name(), sizeof where_);
  }
  SilentAddress(const SilentAddress&) = delete;
  ~SilentAddress() {
    for (const int each : sockets_) close(each);
  }

 private:
  int open(int flags) {
    sockets_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    return sockets_.back();
  }
  const sockaddr* name() const { return reinterpret_cast<const sockaddr*>(&where_); }
  sockaddr_in where_{};
  std::vector<int> sockets_;
};

TEST_F(PrimaryTest, ASilentAddressLeavesTimeForTheOthers) {
  const StrictServer server = server_of(yes);
  const SilentAddress silent("127.0.0.2", server.port());
  const TsigKey key{"paynamed.", "hmac-sha256", "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M="};
  const Message message = make_query(kName, kSoa, key, 1);
  // On the true clock, which the silent address uses up.
  const auto end = std::chrono::steady_clock::now() + 2s;
  const Remaining remaining = [&] {
    return std::max(
        0ms, std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()));
  };
  const Server both{"ns1.example.test.", server.port(), {"127.0.0.2", "127.0.0.1"}};
  const auto answer = read_answer(message, exchange(both, message.wire, remaining), key);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->is_signed);
  EXPECT_LT(remaining(), 1'100ms) << "the silent address was not tried first";
}

TEST_F(PrimaryTest, AnAliasIsFollowed) {
  const StrictServer server = server_of(yes);
  primary_is("ns1.example.test.", "127.0.0.1");
  {
    const std::lock_guard lock(mutex);
    records["ns1.example.test."] = {fakes::fake_cname("ns1.example.test.", "host.example.test."),
                                    fakes::fake_a("host.example.test.", "127.0.0.1")};
  }
  const auto reply = publish(make(server.port()));
  ASSERT_TRUE(reply.ok()) << reply.error().message();
}

TEST_F(PrimaryTest, AFixedServersNameIsAskedFromTheConfiguredResolver) {
  const StrictServer server = server_of(yes);
  primary_is("ns7.example.test.", "127.0.0.1");
  Instance* plugin = make(server.port(), R"(, "server": "NS7.example.test")");
  for (int i = 0; i < 2; ++i) {
    const auto reply = publish(plugin);
    ASSERT_TRUE(reply.ok()) << reply.error().message();
  }
  EXPECT_EQ(asked(kSoa), 0);
  EXPECT_EQ(asked(kA), 1);
}

TEST_F(PrimaryTest, EachAnswerThatNamesNoPrimaryHasItsSentence) {
  struct Case {
    std::string what;
    std::function<void()> arrange;
    Code code;
    std::string says;
  };
  const auto with = [this](const std::vector<FakeRecord>& answer) {
    soa_reply = {};
    soa_reply.answer = answer;
  };
  const std::vector<Case> table = {
      {"MNAME is the root", [&] { with({soa(kZone, ".")}); }, Code::kFailedPrecondition, "set \"server\""},
      {"no such zone",
       [&] {
         soa_reply = {};
         soa_reply.rcode = 3;
       },
       Code::kNotFound, "no such zone"},
      {"not an apex",
       [&] {
         soa_reply = {};
         soa_reply.authority = {soa("test.", "ns1.test.")};
       },
       Code::kFailedPrecondition, "a name in the zone test."},
      {"no SOA at all", [&] { soa_reply = {}; }, Code::kFailedPrecondition, "not exactly one SOA"},
      {"two SOA records",
       [&] {
         with({soa(kZone, "a.test."), soa(kZone, "b.test.")});
       },
       Code::kFailedPrecondition, "not exactly one SOA"},
      {"the SOA of another name", [&] { with({soa("other.test.", "ns1.test.")}); }, Code::kFailedPrecondition,
       "not exactly one SOA"},
      {"an alias",
       [&] {
         with({fakes::fake_cname(kZone, "other.test."), soa("other.test.", "ns1.test.")});
       },
       Code::kFailedPrecondition, "not exactly one SOA"},
      {"SERVFAIL",
       [&] {
         soa_reply = {};
         soa_reply.rcode = 2;
       },
       Code::kUnavailable, "code 2"},
      {"REFUSED",
       [&] {
         soa_reply = {};
         soa_reply.rcode = 5;
       },
       Code::kUnavailable, "code 5"},
      {"truncated",
       [&] {
         with({soa(kZone, "ns1.test.")});
         soa_reply.truncated = true;
       },
       Code::kUnavailable, "no DNS answer"},
      {"without the question",
       [&] {
         with({soa(kZone, "ns1.test.")});
         soa_reply.no_question = true;
       },
       Code::kUnavailable, "no DNS answer"},
      {"garbage",
       [&] {
         soa_reply = {};
         soa_reply.raw = {0, 0, 0x80, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9};
       },
       Code::kUnavailable, "no DNS answer"},
      {"cut",
       [&] {
         with({soa(kZone, "ns1.test.")});
         soa_reply.cut_tcp = true;
       },
       Code::kUnavailable, "does not answer"},
      {"silent",
       [&] {
         soa_reply = {};
         soa_reply.drop = true;
       },
       Code::kUnavailable, "does not answer"},
      {"no address", [&] { with({soa(kZone, "nowhere.test.")}); }, Code::kFailedPrecondition,
       "nowhere.test. has no address"},
      {"addresses of nobody",
       [&] {
         with({soa(kZone, "many.test.")});
         records["many.test."] = {
             fakes::fake_a("many.test.", "0.0.0.0"), fakes::fake_a("many.test.", "224.0.0.1"),
             fakes::fake_a("many.test.", "255.255.255.255"), fakes::fake_aaaa("many.test.", "::"),
             fakes::fake_aaaa("many.test.", "ff02::1")};
       },
       Code::kFailedPrecondition, "many.test. has no address"},
      {"an alias without end",
       [&] {
         with({soa(kZone, "loop.test.")});
         records["loop.test."] = {fakes::fake_cname("loop.test.", "loop.test.")};
       },
       Code::kFailedPrecondition, "loop.test. has no address"},
      {"addresses of another name",
       [&] {
         with({soa(kZone, "mine.test.")});
         records["mine.test."] = {fakes::fake_a("other.test.", "127.0.0.1")};
       },
       Code::kFailedPrecondition, "mine.test. has no address"},
  };
  for (const auto& each : table) {
    const StrictServer server = server_of(yes);
    {
      const std::lock_guard lock(mutex);
      each.arrange();
    }
    Instance* plugin = make(server.port());
    const auto reply = publish(plugin);
    ASSERT_FALSE(reply.ok()) << each.what;
    EXPECT_EQ(static_cast<int>(reply.code()), static_cast<int>(each.code))
        << each.what << ": " << reply.error().message();
    EXPECT_NE(reply.error().message().find(each.says), std::string::npos)
        << each.what << ": " << reply.error().message();
    EXPECT_NE(reply.error().message().find("\"server\""), std::string::npos)
        << each.what << ": " << reply.error().message();
    EXPECT_EQ(server.messages(), 0) << each.what;
    // What failed is not remembered.
    primary_is("ns1.example.test.", "127.0.0.1");
    EXPECT_TRUE(publish(plugin).ok()) << each.what;
    EXPECT_EQ(server.complaints(), std::vector<std::string>{});
  }
}

TEST_F(PrimaryTest, ACutOrSpoiltReplyIsNoReplyAndDoesNoHarm) {
  const Question question = make_question(kZone, kSoa, 0x1234);
  Bytes wire = question.wire;
  wire[2] |= 0x80;
  wire[7] = 1;
  const FakeRecord record = soa(kZone, "ns1.example.test.");
  const Bytes head = {0xc0, 12, 0, kSoa, 0, 1,
                      0,    0,  0, 60,   0, static_cast<std::uint8_t>(record.rdata.size())};
  wire.insert(wire.end(), head.begin(), head.end());
  wire.insert(wire.end(), record.rdata.begin(), record.rdata.end());
  const auto whole = read_reply(question, wire);
  ASSERT_TRUE(whole);
  ASSERT_TRUE(authority_of(*whole, kZone));
  EXPECT_EQ(authority_of(*whole, kZone)->primary, "ns1.example.test.");
  EXPECT_EQ(authority_of(*whole, kZone)->refresh_seconds, 3'600u);

  for (std::size_t size = 0; size < wire.size(); ++size) {
    const Bytes cut(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(read_reply(question, cut)) << size;
  }
  for (std::size_t at = 0; at < wire.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      Bytes spoilt = wire;
      if (spoilt[at] == value) continue;
      spoilt[at] = static_cast<std::uint8_t>(value);
      const auto reply = read_reply(question, spoilt);
      if (!reply) continue;
      const bool is_id = at < 2;
      const bool is_question = at >= 12 && at < question.wire.size();
      const bool is_case = (wire[at] ^ value) == 0x20;
      EXPECT_TRUE(!is_id && (!is_question || is_case)) << at << " " << value;
      authority_of(*reply, kZone);
      enclosing_zone(*reply);
      addresses_of(*reply, kZone);
    }
  }
}

TEST_F(PrimaryTest, WithoutAResolverNothingIsSent) {
  Instance* plugin = host.create<Rfc2136>(R"({"resolver": "127.0.0.1:1", "timeout": "1s",
      "tsig": {"name": "paynamed", "secret": "key"}})")
                         .value();
  const auto reply = publish(plugin);
  EXPECT_EQ(reply.code(), Code::kUnavailable);
  EXPECT_NE(reply.error().message().find("127.0.0.1 port 1: it cannot be reached"), std::string::npos)
      << reply.error().message();
}

}  // namespace
}  // namespace paynamed::rfc2136
