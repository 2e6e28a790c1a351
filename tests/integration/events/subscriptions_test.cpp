// Who connects, what is subscribed, what comes.
#include <chrono>
#include <fstream>
#include <map>
#include <thread>

#include "scene.hpp"
#include "tests/fakes/tls/tls_authority.hpp"

namespace paynamed {
namespace {

namespace json = boost::json;
using fakes::WebSocketClient;
using ::testing::HasSubstr;

std::vector<std::uint64_t> from_to(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> out;
  for (; first <= last; ++first) out.push_back(first);
  return out;
}

std::int64_t in_seconds(int seconds) {
  const auto now = std::chrono::system_clock::now() + std::chrono::seconds(seconds);
  return std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
}

class Subscriptions : public WebSocketScene {};

TEST_F(Subscriptions, FromNowOnEventsCome) {
  start();
  host().append(3);
  auto one = subscriber();
  host().append(2);
  EXPECT_EQ(next_seqs(one, 2), from_to(4, 5));
}

TEST_F(Subscriptions, AnEventIsWhatRestServes) {
  start();
  auto one = subscriber();
  host().append({{"custom.payment.tested", "bob@example.com", R"({"a":1})"}});
  const json::object message = one.read_json();
  EXPECT_EQ(message.at("subscription"), json::value(1));
  const json::object& event = message.at("event").as_object();
  EXPECT_EQ(event.at("specversion"), json::value("1.0"));
  EXPECT_EQ(event.at("type"), json::value("custom.payment.tested"));
  EXPECT_EQ(event.at("subject"), json::value("bob@example.com"));
  EXPECT_EQ(event.at("position"), json::value("1-1"));
  EXPECT_EQ(event.at("data").at("a"), json::value(1));
}

TEST_F(Subscriptions, FromAPositionAllThatFollowsComesAndThenWhatIsNew) {
  start();
  host().append(1'000);
  auto one = client();
  one.send(subscribe(R"("position":"1-100")"));
  const json::object reply = one.read_json();
  EXPECT_EQ(json::serialize(reply),
            R"({"id":1,"subscribed":{"subscription":1,"recovered":true,"position":"1-100"}})");
  EXPECT_EQ(next_seqs(one, 900), from_to(101, 1'000));
  host().append(2);
  EXPECT_EQ(next_seqs(one, 2), from_to(1'001, 1'002));
}

TEST_F(Subscriptions, EarliestIsEverything) {
  start();
  host().append(5);
  auto one = subscriber(R"("position":"earliest")");
  EXPECT_EQ(next_seqs(one, 5), from_to(1, 5));
}

TEST_F(Subscriptions, APositionThatIsNotOfThisLogGivesNothing) {
  start();
  host().append(5);
  auto one = client();
  for (const char* position : {"1-6", "2-3"}) {
    one.send(subscribe(std::string(R"("position":")") + position + '"'));
    EXPECT_EQ(json::serialize(one.read_json()), R"({"id":1,"subscribed":{"recovered":false,"head":"1-5"}})");
  }
  host().append(1);
  one.send(R"({"id":2,"ping":{}})");
  EXPECT_EQ(json::serialize(one.read_json()), R"({"id":2,"pong":{}})") << "no event came before it";
}

TEST_F(Subscriptions, ARestoredLogHasOtherPositions) {
  start();
  host().append(5);
  host().change_epoch();
  host().start();
  auto one = client();
  one.send(subscribe(R"("position":"1-3")"));
  EXPECT_EQ(json::serialize(one.read_json()), R"({"id":1,"subscribed":{"recovered":false,"head":"2-5"}})");
  one.send(subscribe(R"("position":"2-3")"));
  EXPECT_TRUE(one.read_json().contains("subscribed"));
  EXPECT_EQ(next_seqs(one, 2), from_to(4, 5));
}

TEST_F(Subscriptions, SeveralHaveNumbersAndFilters) {
  start();
  auto one = subscriber(R"("types":["custom.payment.*"])");
  one.send(R"({"id":2,"subscribe":{"names":["Alice@Example.com"]}})");
  EXPECT_EQ(json::serialize(one.read_json()),
            R"({"id":2,"subscribed":{"subscription":2,"recovered":true,"position":"1-0"}})");
  host().append({{"custom.payment.tested", "bob@example.com"},
                 {"custom.order.tested", "bob@example.com"},
                 {"custom.order.tested", "alice@example.com"},
                 {"custom.payment.tested", "alice@example.com"}});
  std::map<int, std::vector<std::string>> seen;
  for (int i = 0; i < 4; ++i) {
    const json::object message = one.read_json();
    seen[static_cast<int>(message.at("subscription").as_int64())].emplace_back(
        message.at("event").at("seq").as_string());
  }
  EXPECT_EQ(seen[1], (std::vector<std::string>{"1", "4"}));
  EXPECT_EQ(seen[2], (std::vector<std::string>{"3", "4"}));
  one.send(R"({"id":3,"unsubscribe":1})");
  EXPECT_EQ(json::serialize(one.read_json()), R"({"id":3,"unsubscribed":{"subscription":1}})");
  host().append({{"custom.payment.tested", "bob@example.com"}, {"custom.order.tested", "alice@example.com"}});
  EXPECT_EQ(next_seq(one), 6U);
  one.send(R"({"id":4,"unsubscribe":1})");
  EXPECT_EQ(text_in(one.read_json(), "error", "code"), "not_found");
}

TEST_F(Subscriptions, AConnectionHasOnlySoMany) {
  start({{"max_subscriptions", 2}});
  auto one = subscriber();
  one.send(subscribe(""));
  EXPECT_TRUE(one.read_json().contains("subscribed"));
  one.send(subscribe(""));
  EXPECT_EQ(text_in(one.read_json(), "error", "code"), "resource_exhausted");
}

TEST_F(Subscriptions, OneTenantNeverSeesAnother) {
  start();
  host().set_caller("other", {"other"});
  auto mine = subscriber();
  WebSocketClient theirs(host().port());
  ASSERT_EQ(theirs.open({{"Authorization", "Bearer other"}}), 101);
  EXPECT_EQ(text_in(theirs.read_json(), "connected", "tenant"), "other");
  theirs.send(subscribe(R"("position":"earliest")"));
  EXPECT_TRUE(theirs.read_json().contains("subscribed"));
  host().append(1);
  host().append({{"custom.tested", "eve@example.org", R"({"of":"other"})"}}, "other");
  EXPECT_EQ(theirs.read_json().at("event").at("subject"), json::value("eve@example.org"));
  EXPECT_EQ(mine.read_json().at("event").at("subject"), json::value("alice@example.com"));
  // And nothing else: whatever was sent before comes before this.
  for (WebSocketClient* each : {&mine, &theirs}) {
    each->send(R"({"id":9,"ping":{}})");
    EXPECT_EQ(json::serialize(each->read_json()), R"({"id":9,"pong":{}})");
  }
}

TEST_F(Subscriptions, ATokenSeesWhatItIsBoundTo) {
  start();
  host().set_caller("token", {"default", {"alice@example.com"}, {"custom.payment.*"}, in_seconds(600)});
  WebSocketClient one(host().port());
  ASSERT_EQ(one.open({{"Sec-WebSocket-Protocol", "paynamed.v1, paynamed.bearer.token"}}), 101);
  EXPECT_THAT(one.answer(), HasSubstr("Sec-WebSocket-Protocol: paynamed.v1\r\n"));
  EXPECT_EQ(one.answer().find("bearer"), std::string::npos) << "the token does not come back";
  EXPECT_EQ(one.read_json().at("connected").at("names"), json::value({"alice@example.com"}));
  one.send(subscribe(R"("names":["bob@example.com"])"));
  EXPECT_EQ(text_in(one.read_json(), "error", "code"), "permission_denied");
  one.send(subscribe(""));
  EXPECT_TRUE(one.read_json().contains("subscribed"));
  host().append({{"custom.payment.tested", "bob@example.com"},
                 {"custom.order.tested", "alice@example.com"},
                 {"custom.payment.tested", "alice@example.com"}});
  EXPECT_EQ(next_seq(one), 3U);
}

TEST_F(Subscriptions, WhoBringsNothingSaysInTimeWhoItIs) {
  start({{"auth_timeout", "1s"}});
  WebSocketClient one(host().port());
  ASSERT_EQ(one.open(), 101);
  one.send(subscribe(""));
  EXPECT_EQ(text_in(one.read_json(), "error", "code"), "unauthenticated");
  one.send(R"({"id":9,"auth":"key"})");
  EXPECT_EQ(json::serialize(one.read_json()), R"({"id":9,"connected":{"tenant":"default"}})");
  one.send(subscribe(""));
  EXPECT_TRUE(one.read_json().contains("subscribed"));
  WebSocketClient silent(host().port());
  ASSERT_EQ(silent.open(), 101);
  EXPECT_EQ(silent.read_close(), 3502);
}

TEST_F(Subscriptions, AWrongCredentialIsRefused) {
  start();
  WebSocketClient header(host().port());
  EXPECT_EQ(header.open({{"Authorization", "Bearer wrong"}}), 401);
  EXPECT_THAT(header.answer(), HasSubstr("WWW-Authenticate: Bearer\r\n"));
  WebSocketClient message(host().port());
  ASSERT_EQ(message.open(), 101);
  message.send(R"({"id":1,"auth":"wrong"})");
  EXPECT_EQ(text_in(message.read_json(), "error", "code"), "unauthenticated");
  EXPECT_EQ(message.read_close(), 3500);
  EXPECT_EQ(host().log().find("wrong"), std::string::npos);
}

TEST_F(Subscriptions, ATokenThatEndsCanBeReplaced) {
  start();
  host().set_caller("short", {"default", {}, {}, in_seconds(2)});
  host().set_caller("long", {"default", {}, {}, in_seconds(600)});
  host().set_caller("other", {"other"});
  const auto open = [&] {
    WebSocketClient one(host().port());
    EXPECT_EQ(one.open({{"Authorization", "Bearer short"}}), 101);
    one.read_json();
    return one;
  };
  auto left = open();
  auto renewed = open();
  auto changed = open();
  renewed.send(R"({"id":1,"auth":"long"})");
  EXPECT_TRUE(renewed.read_json().contains("connected"));
  changed.send(R"({"id":1,"auth":"other"})");
  EXPECT_EQ(changed.read_close(), 3503);
  EXPECT_EQ(left.read_close(), 3005);
  EXPECT_THAT(left.last_reason(), HasSubstr("expired"));
  renewed.send(R"({"ping":{}})");
  EXPECT_TRUE(renewed.read_json().contains("pong"));
}

// A key that was taken away, or one whose tokens end with it, reads no further.
TEST_F(Subscriptions, ACredentialIsLookedAtAgainAndAgain) {
  start({{"check_interval", "1s"}});
  host().set_caller("revoked", {"default"});
  host().set_caller("token", {"default", {}, {}, in_seconds(600)});
  const auto open = [&](const std::string& credential) {
    WebSocketClient one(host().port());
    EXPECT_EQ(one.open({{"Authorization", "Bearer " + credential}}), 101);
    one.read_json();
    return one;
  };
  auto stays = open("key");
  auto by_key = open("revoked");
  auto by_token = open("token");
  host().forget_caller("revoked");
  host().forget_caller("token");
  EXPECT_EQ(by_key.read_close(), 3500);
  EXPECT_EQ(by_token.read_close(), 3005);
  stays.send(R"({"ping":{}})");
  EXPECT_TRUE(stays.read_json().contains("pong"));
}

TEST_F(Subscriptions, WhoCannotBeLookedAtNowStays) {
  for (const auto code : {base::Code::kUnavailable, base::Code::kResourceExhausted}) {
    start({{"check_interval", "1s"}});
    auto one = client();
    host().fail_checks(code);
    const std::size_t before = host().checks();
    for (int i = 0; i < 2'000 && host().checks() < before + 2; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_GE(host().checks(), before + 2);
    one.send(R"({"ping":{}})");
    EXPECT_TRUE(one.read_json().contains("pong"));
    host().fail_checks(std::nullopt);
    host().forget_caller("key");
    EXPECT_EQ(one.read_close(), 3500) << "it is asked on";
    host().set_caller("key", {});
    host_.reset();
  }
}

TEST_F(Subscriptions, PagesOfListedOriginsMayConnect) {
  start({{"origins", {"https://shop.example"}}});
  WebSocketClient good(host().port());
  EXPECT_EQ(good.open({{"Origin", "https://shop.example"}, {"Authorization", "Bearer key"}}), 101);
  WebSocketClient bad(host().port());
  EXPECT_EQ(bad.open({{"Origin", "https://evil.example"}, {"Authorization", "Bearer key"}}), 403);
}

TEST_F(Subscriptions, OneAddressHasOnlySoManyConnections) {
  start({{"max_per_peer", 2}});
  auto first = client();
  {
    auto second = client();
    WebSocketClient third(host().port());
    EXPECT_EQ(third.open({{"Authorization", "Bearer key"}}), 429);
  }
  await_connections(1);
  auto again = client();
}

TEST_F(Subscriptions, ATenantHasOnlySoManyConnections) {
  start({{"max_per_tenant", 1}});
  host().set_caller("other", {"other"});
  auto first = client();
  WebSocketClient second(host().port());
  EXPECT_EQ(second.open({{"Authorization", "Bearer key"}}), 429);
  WebSocketClient theirs(host().port());
  EXPECT_EQ(theirs.open({{"Authorization", "Bearer other"}}), 101);
}

TEST_F(Subscriptions, OverTlsToo) {
  fakes::TlsAuthority authority;
  const auto identity = authority.issue({"IP:127.0.0.1"});
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(directory_.file(name)) << text;
    return directory_.file(name);
  };
  start({{"certificate", write("cert.pem", identity.certificate)}, {"key", write("key.pem", identity.key)}});
  WebSocketClient one(host().port(), true);
  ASSERT_EQ(one.open({{"Authorization", "Bearer key"}}), 101);
  one.read_json();
  one.send(subscribe(R"("position":"earliest")"));
  one.read_json();
  host().append(std::vector<fakes::LoggedEvent>(
      300, {"custom.tested", "a@b.org", R"({"x":")" + std::string(500, 'x') + "\"}"}));
  EXPECT_EQ(next_seqs(one, 300), from_to(1, 300));
  EXPECT_THAT(identity.certificate, HasSubstr(one.certificate()));
  // A renewed certificate counts for who comes next.
  const auto renewed = authority.issue({"IP:127.0.0.1"});
  write("key.pem", renewed.key);
  write("cert.pem", renewed.certificate);
  WebSocketClient next(host().port(), true);
  EXPECT_EQ(next.open({{"Authorization", "Bearer key"}}), 101);
  EXPECT_THAT(renewed.certificate, HasSubstr(next.certificate()));
  // A broken one leaves the one before.
  write("cert.pem", "no certificate");
  WebSocketClient two(host().port(), true);
  EXPECT_EQ(two.open({{"Authorization", "Bearer key"}}), 101);
  EXPECT_EQ(two.certificate(), next.certificate());
  EXPECT_THAT(host().log(), HasSubstr("the certificate before stays"));
}

}  // namespace
}  // namespace paynamed
