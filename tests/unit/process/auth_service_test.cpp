// pn.auth/1: who brings a key or a token, and what guessing costs.
#include "process/auth_service.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "paynamed/plugin/v1/auth.pb.h"
#include "tests/unit/state/state_fixture.hpp"

namespace paynamed::process {
namespace {

namespace v1 = paynamed::plugin::v1;
using namespace std::chrono_literals;

struct AuthServiceTest : ::testing::Test {
  std::vector<api::ApiKey> keys{{"default", "key-of-default"}, {"shop", "key-of-shop"}};
  base::ManualClock clock{base::WallTime{1'700'000'000'000ms}};
  base::SeededRandom random{3};
  observe::Metrics metrics;
  AuthService auth{{[this] { return keys; }, clock, random, observe::Log::none(), metrics}};
  host::Service service = auth.service();

  base::Result<v1::CheckCallerReply> check(const std::string& credential,
                                           const std::string& peer = "192.0.2.1", bool again = false) {
    v1::CheckCallerRequest request;
    request.set_credential(credential);
    request.set_peer(peer);
    request.set_again(again);
    host::ServiceCall call;
    call.method = "Check";
    call.request = request.SerializeAsString();
    std::optional<base::Result<std::string>> answer;
    service(std::move(call), [&](base::Result<std::string> given) { answer = std::move(given); });
    if (!*answer) return base::fail(answer->error());
    v1::CheckCallerReply reply;
    EXPECT_TRUE(reply.ParseFromString(**answer));
    return reply;
  }
  std::string token(const std::string& tenant, const std::string& key, base::Duration lives = 1h) {
    const auto caller = api::Authenticator([this] { return keys; }).authenticate_key(key);
    EXPECT_TRUE(caller);
    return *auth.make_token({tenant, {"alice@example.com"}, {"payment.*"}, clock.wall() + lives, caller->key_id, "t1"});
  }
};

TEST_F(AuthServiceTest, AKeyIsItsTenantsAndSeesAll) {
  const auto caller = check("key-of-shop");
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->tenant(), "shop");
  EXPECT_EQ(caller->names_size() + caller->types_size(), 0);
  EXPECT_EQ(caller->expires_ms(), 0);
  EXPECT_EQ(caller->caller().find("key-of-shop"), std::string::npos);
}

TEST_F(AuthServiceTest, ATokenSeesWhatItIsBoundToUntilItEnds) {
  const auto text = token("shop", "key-of-shop");
  const auto caller = check(text);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->tenant(), "shop");
  EXPECT_EQ(caller->names(0), "alice@example.com");
  EXPECT_EQ(caller->types(0), "payment.*");
  EXPECT_EQ(caller->expires_ms(), (clock.wall() + 1h).time_since_epoch().count());
  clock.advance(1h);
  EXPECT_EQ(check(text).error().detail(), "expired");
}

TEST_F(AuthServiceTest, ATokenEndsWithTheKeyThatMadeIt) {
  const auto text = token("shop", "key-of-shop");
  keys.pop_back();
  EXPECT_EQ(check(text).error().code(), base::Code::kUnauthenticated);
  keys.push_back({"shop", "key-of-shop"});
  EXPECT_TRUE(check(text));
}

TEST_F(AuthServiceTest, WhoGuessesMustWait) {
  int refused = 0;
  for (int i = 0; i < 100; ++i) {
    const auto answer = check("guess-" + std::to_string(i));
    ASSERT_FALSE(answer);
    if (answer.error().code() == base::Code::kResourceExhausted) ++refused;
  }
  EXPECT_EQ(refused, 80);
  const auto good = check("key-of-shop");
  ASSERT_FALSE(good);
  EXPECT_EQ(good.error().code(), base::Code::kResourceExhausted);
  EXPECT_GT(good.error().retry_after_ms(), 0U);
  EXPECT_TRUE(check("key-of-shop", "192.0.2.2")) << "another address";
  clock.advance(base::Duration{good.error().retry_after_ms()});
  EXPECT_TRUE(check("key-of-shop"));
}

TEST_F(AuthServiceTest, AddressesOfOneNetworkGuessTogether) {
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(check("guess", "2001:db8::" + std::to_string(i)));
  EXPECT_EQ(check("key-of-shop", "2001:db8::ffff").error().code(), base::Code::kResourceExhausted);
  EXPECT_TRUE(check("key-of-shop", "2001:db8:0:1::1"));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(check("guess", "::ffff:198.51.100.1"));
  EXPECT_EQ(check("key-of-shop", "198.51.100.1").error().code(), base::Code::kResourceExhausted);
}

TEST_F(AuthServiceTest, AnExpiredTokenIsNoGuess) {
  const auto text = token("shop", "key-of-shop", 1s);
  clock.advance(2s);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(check(text).error().code(), base::Code::kUnauthenticated);
  EXPECT_TRUE(check("key-of-shop"));
}

// 256 bits cannot be guessed, so nobody has to wait for whoever tries: neighbours at the same address, and
// all of them after a restart, when every token is of another key.
TEST_F(AuthServiceTest, WrongTokensHoldNobodyUp) {
  const auto good = token("shop", "key-of-shop");
  for (int i = 0; i < 100; ++i) {
    std::string wrong = good;
    wrong.back() = wrong.back() == 'A' ? 'E' : 'A';
    EXPECT_EQ(check(wrong).error().code(), base::Code::kUnauthenticated);
    EXPECT_EQ(check("pnt_guess" + std::to_string(i)).error().code(), base::Code::kUnauthenticated);
  }
  EXPECT_TRUE(check("key-of-shop"));
  for (int i = 0; i < 100; ++i) check("guess-" + std::to_string(i));
  ASSERT_EQ(check("key-of-shop").error().code(), base::Code::kResourceExhausted);
  EXPECT_TRUE(check(good)) << "guesses of keys do not hold up tokens";
}

TEST_F(AuthServiceTest, ATokenOfTheProcessBeforeIsExpired) {
  AuthService before({[this] { return keys; }, clock, random, observe::Log::none(), metrics});
  const auto caller = api::Authenticator([this] { return keys; }).authenticate_key("key-of-shop");
  const auto text = before.make_token({"shop", {}, {}, clock.wall() + 1h, caller->key_id, "t1"});
  ASSERT_TRUE(text);
  EXPECT_EQ(check(*text).error().detail(), "expired");
}

// Who was let in is looked at again: no guess, whatever others at that address do.
TEST_F(AuthServiceTest, WhoIsLookedAtAgainNeitherWaitsNorCounts) {
  for (int i = 0; i < 100; ++i) check("guess-" + std::to_string(i));
  EXPECT_TRUE(check("key-of-shop", "192.0.2.1", true));
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(check("key-that-was", "192.0.2.2", true).error().code(), base::Code::kUnauthenticated);
  EXPECT_TRUE(check("key-of-shop", "192.0.2.2"));
}

TEST_F(AuthServiceTest, TokensUnderTheOperatorsKeySurviveTheProcess) {
  const state::TemporaryDirectory directory;
  std::ofstream(directory.file("secrets.key")) << std::string(64, 'a') << '\n';
  config::Diagnostics diagnostics;
  const auto config = config::parse(
      "[daemon]\nstate = \"a\"\nsecrets_key = { file = \"" + directory.file("secrets.key") + "\" }\n",
      directory.file("paynamed.toml"), diagnostics);
  const auto before = token("shop", "key-of-shop");
  auth.use(config);
  EXPECT_FALSE(check(before)) << "made under a key of the process";
  const auto text = token("shop", "key-of-shop");
  AuthService next({[this] { return keys; }, clock, random, observe::Log::none(), metrics});
  service = next.service();
  EXPECT_FALSE(check(text)) << "the next process has not read the key yet";
  next.use(config);
  EXPECT_TRUE(check(text));
}

}  // namespace
}  // namespace paynamed::process
