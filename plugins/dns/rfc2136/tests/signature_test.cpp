// What counts as the server's word: only what is signed with the key, for this very message (RFC 8945).
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <paynamed/testing/test_host.hpp>

#include "rfc2136.hpp"
#include "strict_server.hpp"

namespace paynamed::rfc2136 {
namespace {

using namespace plugin::v1;
using ::paynamed::testing::Instance;
using ::paynamed::testing::TestHost;

constexpr char kZone[] = "example.test.";
constexpr char kName[] = "alice.user._bitcoin-payment.example.test.";
constexpr int kUpdate = 5;

struct SignatureTest : ::testing::Test {
  TestHost host;
  std::string algorithm = "hmac-sha256";
  WireBytes secret = WireBytes(32, 's');

  Instance* plugin_at(const StrictServer& server) {
    std::vector<unsigned char> encoded(4 * (secret.size() + 2) / 3 + 1);
    const int size = EVP_EncodeBlock(encoded.data(), secret.data(), static_cast<int>(secret.size()));
    host.set_secret("key", std::string(encoded.begin(), encoded.begin() + size));
    return host
        .create<Rfc2136>(
            R"({"server": "127.0.0.1:)" + std::to_string(server.port()) +
            R"(", "timeout": "2s", "tsig": {"name": "paynamed", "secret": "key", "algorithm": ")" +
            algorithm + R"("}})")
        .value();
  }
  StrictServer server_of(StrictServer::Script script) {
    return StrictServer({"paynamed.", algorithm + ".", secret}, std::move(script));
  }
  Result<PublishReply> publish(Instance* plugin, const std::string& value = "bitcoin:?lno=one") {
    PublishRequest request;
    request.set_zone(kZone);
    request.mutable_record()->set_name(kName);
    request.mutable_record()->set_value(value);
    request.mutable_record()->set_ttl_seconds(300);
    request.set_absent(true);
    return host.call<PublishReply>(plugin, "Publish", request, {.idempotency_key = "k1"});
  }
  Result<WithdrawReply> withdraw(Instance* plugin) {
    WithdrawRequest request;
    request.set_zone(kZone);
    request.set_name(kName);
    request.set_value("bitcoin:?lno=one");
    return host.call<WithdrawReply>(plugin, "Withdraw", request, {.idempotency_key = "k2"});
  }
};

struct Forgery {
  std::string what;
  StrictReply reply;
};

TEST_F(SignatureTest, BothAlgorithmsAreSignedAndCheckedAsTheRfcSays) {
  for (const std::string each : {"hmac-sha256", "hmac-sha512"}) {
    algorithm = each;
    for (const std::size_t bytes : {16u, 64u, 200u}) {  // longer than the hash's block, too
      secret = WireBytes(bytes, 's');
      const StrictServer server = server_of([](const SignedMessage&) { return StrictReply{}; });
      const auto reply = publish(plugin_at(server));
      ASSERT_TRUE(reply.ok()) << each << ": " << reply.error().message();
      EXPECT_TRUE(reply->changed());
      EXPECT_EQ(server.complaints(), std::vector<std::string>{}) << each;
      EXPECT_EQ(server.messages(), 1);
    }
  }
}

TEST_F(SignatureTest, AForgedSuccessIsNeverTakenAsOne) {
  const std::vector<Forgery> table = {
      {"no signature", {.signature = Signature::kNone}},
      {"a wrong MAC", {.signature = Signature::kWrongMac}},
      {"a cut MAC", {.signature = Signature::kShortMac}},
      {"an empty MAC", {.signature = Signature::kEmptyMac}},
      {"another secret", {.signature = Signature::kOtherSecret}},
      {"another key's name", {.signature = Signature::kOtherName}},
      {"another algorithm", {.signature = Signature::kOtherAlgorithm}},
      {"the answer to another request", {.signature = Signature::kOtherRequest}},
      {"another id", {.wrong_id = true}},
      {"no signature, and a signature error beside success",
       {.signature = Signature::kEmptyMac, .tsig_error = 16}},
      {"a right signature, and a signature error beside success", {.tsig_error = 16}},
  };
  for (const std::string each : {"hmac-sha256", "hmac-sha512"}) {
    algorithm = each;
    for (const auto& forgery : table) {
      const StrictServer server = server_of([&](const SignedMessage&) { return forgery.reply; });
      Instance* plugin = plugin_at(server);
      const auto published = publish(plugin);
      ASSERT_FALSE(published.ok()) << forgery.what;
      EXPECT_EQ(published.code(), Code::kUnknown) << forgery.what << ": " << published.error().message();
      EXPECT_NE(published.error().message().find("not known"), std::string::npos)
          << forgery.what << ": " << published.error().message();
      EXPECT_EQ(withdraw(plugin).code(), Code::kUnknown) << forgery.what;
      EXPECT_EQ(server.complaints(), std::vector<std::string>{});
    }
  }
}

TEST_F(SignatureTest, AForgedConflictAndAForgedRecordAreNoSuccessEither) {
  // "Something is there already", and then the very record that was wanted: both without the key.
  for (const Signature forged : {Signature::kNone, Signature::kWrongMac, Signature::kOtherRequest}) {
    const StrictServer server = server_of([&](const SignedMessage& message) {
      if (message.opcode == kUpdate) return StrictReply{.rcode = 7, .signature = forged};
      return StrictReply{
          .signature = forged, .authoritative = true, .answer = {txt_record(kName, "bitcoin:?lno=one")}};
    });
    const auto reply = publish(plugin_at(server));
    ASSERT_FALSE(reply.ok());
    EXPECT_EQ(reply.code(), Code::kUnavailable) << reply.error().message();
    EXPECT_EQ(server.messages(), 2);
  }
}

TEST_F(SignatureTest, ARefusalNeedsNoSignature) {
  const StrictServer server =
      server_of([](const SignedMessage&) { return StrictReply{.rcode = 5, .signature = Signature::kNone}; });
  EXPECT_EQ(publish(plugin_at(server)).code(), Code::kPermissionDenied);
}

TEST_F(SignatureTest, AServerWithoutTheZoneDoesNotEndAWithdrawal) {
  // Of an undo NOT_FOUND would mean that nothing is left.
  for (const Signature each : {Signature::kNone, Signature::kRight}) {
    const StrictServer server =
        server_of([&](const SignedMessage&) { return StrictReply{.rcode = 9, .signature = each}; });
    Instance* plugin = plugin_at(server);
    EXPECT_EQ(publish(plugin).code(), Code::kNotFound);
    const auto reply = withdraw(plugin);
    EXPECT_EQ(reply.code(), Code::kFailedPrecondition);
    EXPECT_NE(reply.error().message().find("NOTAUTH"), std::string::npos) << reply.error().message();
  }
}

TEST_F(SignatureTest, DifferingClocksAreToldWithWhichAndHowMuch) {
  struct Case {
    std::int64_t ahead;
    Signature signature;
    std::string says;
  };
  const std::vector<Case> table = {
      {7'265, Signature::kRight, "the server's clock is 2 h 1 min 5 s ahead of this machine's"},
      {-301, Signature::kRight, "the server's clock is 5 min 1 s behind this machine's"},
      {-90'000, Signature::kRight, "the server's clock is 1 d 1 h 0 min 0 s behind this machine's"},
      {600, Signature::kEmptyMac, "which is not signed"},
  };
  for (const auto& each : table) {
    const StrictServer server = server_of([&](const SignedMessage& message) {
      StrictReply reply{.rcode = 9, .signature = each.signature, .tsig_error = 18};
      reply.server_time = message.time + static_cast<std::uint64_t>(each.ahead);
      return reply;
    });
    const auto reply = publish(plugin_at(server));
    ASSERT_FALSE(reply.ok());
    EXPECT_EQ(reply.code(), Code::kUnauthenticated);
    EXPECT_NE(reply.error().message().find(each.says), std::string::npos) << reply.error().message();
    EXPECT_NE(reply.error().message().find("BADTIME"), std::string::npos) << reply.error().message();
  }
  const StrictServer silent =
      server_of([&](const SignedMessage&) { return StrictReply{.rcode = 9, .tsig_error = 18}; });
  const auto reply = publish(plugin_at(silent));
  EXPECT_EQ(reply.code(), Code::kUnauthenticated);
  EXPECT_NE(reply.error().message().find("does not say"), std::string::npos) << reply.error().message();
}

}  // namespace
}  // namespace paynamed::rfc2136
